"""Tables come back from CSV and ZIP to the last bit."""

from __future__ import annotations

import csv
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from kernlab.engine.contract.parameters import Field
from kernlab.engine.contract.table import Table
from kernlab.export import Bundle, ExportError, read_recipe, save


def _read(path: Path) -> tuple[list[str], list[list[str]]]:
    with path.open(newline="", encoding="utf-8") as file:
        assert file.readline().startswith("# kernlab: {")
        rows = list(csv.reader(file))
    return rows[0], rows[1:]


def test_floats_come_back_to_the_last_bit(recipe: dict[str, object], tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    bits = rng.integers(0, 2**64, 60_000, dtype=np.uint64).view(np.float64)
    special = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 5e-324, 0.1, 1 / 3])
    values = np.concatenate([special, bits[~np.isnan(bits)]])
    bundle = Bundle(tables={"t": Table({"value": values})}, recipe=recipe)
    _, rows = _read(save(tmp_path / "t.csv", bundle))
    back = np.array([float(row[0]) for row in rows])
    np.testing.assert_array_equal(back.view(np.uint64), values.view(np.uint64))


def test_the_header_has_units_and_text_is_quoted(bundle: Bundle, tmp_path: Path) -> None:
    header, rows = _read(save(tmp_path / "t.csv", bundle, table="error"))
    assert header == ["m", "iid", "gh", "seconds [s]"]
    assert rows[0][0] == "8"
    _, rows = _read(save(tmp_path / "t.csv", bundle, table="summary"))
    assert rows[1][0] == 'i.i.d., "D" = 48'


def test_the_first_table_in_the_order_given_is_the_csv(bundle: Bundle, tmp_path: Path) -> None:
    header, rows = _read(save(tmp_path / "t.csv", bundle))
    assert header == ["x [rad]", "mean", "low", "high"] and len(rows) == 300


def test_a_zip_holds_every_table_the_claims_and_the_recipe(bundle: Bundle, tmp_path: Path) -> None:
    with zipfile.ZipFile(save(tmp_path / "t.zip", bundle)) as archive:
        names = set(archive.namelist())
        assert names == {f"{name}.csv" for name in bundle.tables} | {"recipe.json", "claims.json"}
        archive.extract("error.csv", tmp_path)
        claims = json.loads(archive.read("claims.json"))
    assert read_recipe(tmp_path / "error.csv") == bundle.recipe
    assert claims[0]["id"] == "G1" and claims[0]["predicted"] == "inf"


def test_names_of_tables_cannot_leave_the_archive(
    recipe: dict[str, object], tmp_path: Path
) -> None:
    table = Table({"x": np.zeros(2)})
    bundle = Bundle(tables={"../up": table, "UP": table, "up": table}, recipe=recipe)
    with zipfile.ZipFile(save(tmp_path / "t.zip", bundle)) as archive:
        assert archive.namelist() == ["recipe.json", "up.csv", "UP-2.csv", "up-3.csv"]


def test_an_exported_table_can_be_read_as_own_data(bundle: Bundle, tmp_path: Path) -> None:
    from kernlab.data_files import read_columns

    wanted = ("x", "mean")
    field = Field("data_file", "data", None, "", "", "", "", None, {}, wanted, 10**9, None)
    data = read_columns(save(tmp_path / "t.csv", bundle), field)
    np.testing.assert_array_equal(data.columns["mean"], bundle.tables["posterior"]["mean"])


def test_missing_tables_are_named(bundle: Bundle, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="no table 'nothing'; allowed: posterior, error"):
        save(tmp_path / "t.csv", bundle, table="nothing")
    with pytest.raises(ExportError, match="no table to save yet"):
        save(tmp_path / "t.csv", Bundle())
    assert not list(tmp_path.iterdir())

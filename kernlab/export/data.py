"""Tables as CSV, all of them as a ZIP."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import math
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, BinaryIO, TextIO

from kernlab.engine.contract.claim import Claim
from kernlab.engine.contract.table import Table
from kernlab.export.bundle import Bundle
from kernlab.export.recipes import CSV_PREFIX, as_text

CHUNK = 50_000
"""Rows turned into text at a time."""
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date of a ZIP: equal contents, equal bytes


def write_csv(file: BinaryIO, table: Table, recipe: Mapping[str, Any]) -> None:
    """Write a table: the recipe as a comment, a header with units in brackets, the rows.

    Numbers are written with as many digits as bring back the same float64.
    """
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    try:
        text.write(f"{CSV_PREFIX}{as_text(recipe)}\n")
        _write_rows(text, table)
        text.flush()
    finally:
        _detach(text)


def _detach(text: io.TextIOWrapper) -> None:
    """Leave the file open for its owner; a failed write has already been raised."""
    try:
        text.detach()
    except (OSError, ValueError):
        return


def _write_rows(text: TextIO, table: Table) -> None:
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(heading(name, table.units.get(name, "")) for name in table.columns)
    for start in range(0, len(table), CHUNK):
        stop = start + CHUNK
        columns = [column[start:stop].tolist() for column in table.columns.values()]
        rows.writerows(zip(*columns, strict=True))


def heading(name: str, unit: str) -> str:
    """A column's heading: `seconds [s]`."""
    return f"{name} [{unit}]" if unit else name


def write_zip(file: BinaryIO, bundle: Bundle) -> None:
    """Write all tables as CSV, the recipe and, where there are any, the claims as JSON."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, "recipe.json", as_text(bundle.recipe, indent=1) + "\n")
        if bundle.claims:
            _add(archive, "claims.json", claims_text(bundle.claims))
        taken: set[str] = set()
        for name in bundle.table_names():
            member = _member(name, taken)
            with archive.open(_info(member), "w", force_zip64=True) as entry:
                write_csv(entry, bundle.tables[name], bundle.recipe)  # type: ignore[arg-type]


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    return info


def _add(archive: zipfile.ZipFile, name: str, text: str) -> None:
    archive.writestr(_info(name), text.encode())


def _member(name: str, taken: set[str]) -> str:
    """A file name for a table, distinct also where letter case does not count."""
    stem = re.sub(r"[^\w.-]+", "-", name).strip("-.") or "table"
    member, number = f"{stem}.csv", 2
    while member.lower() in taken:
        member, number = f"{stem}-{number}.csv", number + 1
    taken.add(member.lower())
    return member


def claims_text(claims: Sequence[Claim]) -> str:
    """Claims as JSON."""
    plain = [_finite(dataclasses.asdict(claim).items()) for claim in claims]
    return json.dumps(plain, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _finite(items: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """JSON knows no NaN and no infinity: they become text."""
    return {
        name: str(value) if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in items
    }

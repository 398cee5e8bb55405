"""Presets: what is written is read back, and a damaged one is one sentence."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernlab.engine import catalogue
from kernlab.engine.contract.parameters import fields_of, own_data
from kernlab.engine.contract.presets import read, write
from kernlab.engine.contract.snippets import changed

GAPPED = catalogue.get("gapped-sine").Parameters
GOOD = '[[preset]]\ntitle = "a"\nlook_at = "b"\n[preset.parameters]\nridge = 0.1\n'


@given(
    title=st.text(min_size=1).filter(str.strip),
    look_at=st.text(),
    n=st.integers(50, 10_000_000),
    ridge=st.floats(1e-8, 10),
    landmarks=st.sampled_from(["cholesky", "kmeans", "uniform"]),
    methods=st.lists(st.sampled_from(["exact", "iid", "unit"]), min_size=1, unique=True),
)
def test_what_is_written_is_read_back(title: str, look_at: str, **values: Any) -> None:
    values["methods"] = tuple(values["methods"])
    (preset,) = read(write(title, look_at, values), GAPPED)
    assert (preset.title, preset.look_at) == (title, look_at)
    assert GAPPED(**preset.parameters) == GAPPED(**values)


@pytest.mark.parametrize("key", catalogue.keys())
def test_shipped_presets_survive_a_round_trip(key: str) -> None:
    experiment = catalogue.get(key)
    fields = {field.name: field for field in fields_of(experiment.Parameters)}
    for preset in experiment.presets:
        (again,) = read(
            write(preset.title, preset.look_at, preset.parameters), experiment.Parameters
        )
        assert again == preset
        assert changed(experiment.Parameters(**preset.parameters)).keys() <= fields.keys()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a = ", "not TOML"),
        ("", "something else than tables"),
        ('other = 1\n[[preset]]\ntitle = "a"', "something else than tables"),
        ("preset = 3", "something else than tables"),
        ("preset = [3]", "a preset has 3; allowed: exactly title"),
        ('[[preset]]\ntitle = "a"', "a preset has title; allowed: exactly title"),
        (GOOD.replace('"a"', '" "'), "the title not empty"),
        (GOOD.replace('"b"', "4"), "must be texts"),
        (GOOD.replace("[preset.parameters]\nridge = 0.1", "parameters = 1"), "is no table"),
        (GOOD.replace("ridge", "rigde"), "unknown parameter 'rigde'"),
        (GOOD.replace("0.1", '"x"'), "ridge is 'x'; allowed"),
        (GOOD.replace("0.1", "1e9"), "ridge is 1000000000.0; allowed"),
        (GOOD.replace("ridge = 0.1", 'dataset = "file"'), "no data_file"),
        ("[" * 100_000, "not TOML"),
        ("#" * 2_000_000, "2000000 characters; allowed"),
    ],
)
def test_a_damaged_preset_is_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ValueError) as caught:
        read(text, GAPPED)
    assert sentence in str(caught.value) and len(str(caught.value)) < 300


def test_own_data_do_not_fit_into_a_preset() -> None:
    with pytest.raises(ValueError, match="own data do not fit"):
        write("a", "b", {"data_file": own_data({"x": [0, 1], "y": [0, 1]}, "x.csv")})

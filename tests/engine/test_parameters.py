"""Declared parameters: what is accepted, what is refused, and how text becomes a value."""

from __future__ import annotations

import math
from dataclasses import MISSING, dataclass, make_dataclass
from typing import Annotated, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernlab.engine.contract import text
from kernlab.engine.contract.parameters import (
    Columns,
    Field,
    Group,
    Help,
    Label,
    OnlyIf,
    Options,
    OwnData,
    Span,
    check,
    fields_of,
    own_data,
    parse,
    validate,
)


@dataclass(frozen=True)
class Parameters:
    n: Annotated[int, Span(50, 10_000_000, log=True), Label("Points", "n"), Group("Data")] = 2500
    noise: Annotated[float, Span(0, 10, unit="V"), Help("sd of the noise")] = 0.1
    ridge: Annotated[float, Span(1e-8, 10, log=True), Group("Model")] = 1e-2
    shift: Annotated[float, Span(-1e12, 1e12)] = 0.0
    intercept: Annotated[bool, Help("adds one")] = True
    norm: Annotated[str, Options({"1": "one", "2": "two"})] = "2"
    methods: Annotated[tuple[str, ...], Options({"exact": "Exact", "iid": "i.i.d."})] = ("exact",)
    data_file: Annotated[OwnData | None, Columns(("x", "y"))] = None

    def __post_init__(self) -> None:
        validate(self)


FIELDS: dict[str, Field] = {field.name: field for field in fields_of(Parameters)}


def test_declaration_is_read_in_order_with_groups_and_flags() -> None:
    assert [field.kind for field in FIELDS.values()] == [
        "int", "float", "float", "float", "bool", "choice", "flags", "data",
    ]  # fmt: skip
    assert [field.group for field in FIELDS.values()] == ["Data"] * 2 + ["Model"] * 6
    assert FIELDS["data_file"].flag == "--data-file"
    assert FIELDS["n"].label == "Points"
    assert FIELDS["ridge"].label == "Ridge"


@pytest.mark.parametrize(
    "values",
    [
        {"n": 49},
        {"n": 2500.5},
        {"n": "2500"},
        {"n": True},
        {"n": 10**400},
        {"noise": math.nan},
        {"noise": math.inf},
        {"noise": -1e-300},
        {"ridge": 0},
        {"ridge": None},
        {"intercept": 1},
        {"norm": "3"},
        {"methods": ()},
        {"methods": ("exact", "magic")},
        {"methods": 5},
        {"data_file": "data.csv"},
    ],
)
def test_bad_value_is_refused_with_its_name_and_what_is_allowed(values: dict) -> None:
    (name,) = values
    with pytest.raises(ValueError, match=rf"{name} is .*; allowed: ") as caught:
        Parameters(**values)
    assert len(str(caught.value)) < 300


def test_good_values_are_normalised_to_the_declared_type() -> None:
    p = Parameters(n=np.float64(100), noise=1, methods=["iid", "exact", "iid"], norm="1")
    assert (type(p.n), type(p.noise)) == (int, float)
    assert p.methods == ("exact", "iid")
    assert Parameters(intercept=np.bool_(False)).intercept is False


def test_choice_between_numbers_takes_a_number() -> None:
    assert Parameters(norm=2).norm == Parameters(norm=2.0).norm == "2"


WORDS = Options({"a": "A", "b": "B"})


@pytest.mark.parametrize(
    ("annotation", "default", "sentence"),
    [
        (Annotated[int, Span(1, 5)], MISSING, "it has no default"),
        (Annotated[int, Span(1, 5)], 9, "default is not allowed: wrong is 9"),
        (Annotated[int, Span(1, 5)], 2.5, "default is not allowed"),
        (Annotated[float, Help("…")], math.nan, "default is not allowed"),
        (Annotated[str, WORDS], "c", "allowed: one of a, b"),
        (Annotated[tuple[str, ...], WORDS], ("a", "c"), "allowed: one or more of a, b"),
        (Annotated[str, Options({})], "a", "its Options hold no word"),
        (Annotated[str, Help("…")], "a", "its type needs Annotated"),
        (str, "a", "its type needs Annotated"),
        (tuple[str, ...], ("a",), "its type needs Annotated"),
        (bool, 1, "allowed: true or false"),
        (Annotated[bool, OnlyIf("absent", ("a",))], True, "OnlyIf names 'absent'; .*wrong"),
    ],
)
def test_wrong_declaration_names_its_class_and_field(
    annotation: Any, default: Any, sentence: str
) -> None:
    item = (annotation,) if default is MISSING else (annotation, default)
    made = make_dataclass("Wrong", [("wrong", *item)], frozen=True)
    for _ in range(2):
        with pytest.raises(TypeError, match=rf"^Wrong\.wrong: .*{sentence}"):
            fields_of(made)


def test_plain_types_need_no_annotation() -> None:
    made = make_dataclass("Plain", [("a", int, 1), ("b", float, 2), ("c", bool, True)])
    fields = fields_of(made)
    assert [(field.kind, field.label) for field in fields] == [
        ("int", "A"), ("float", "B"), ("bool", "C"),
    ]  # fmt: skip
    assert type(fields[1].default) is float
    assert [field.allowed for field in fields] == ["a whole number", "a number", "true or false"]
    assert fields_of(made) is fields


@pytest.mark.parametrize(
    ("name", "typed", "value"),
    [
        ("ridge", "3e-7", 3e-7),
        ("n", "1 000 000", 1_000_000),
        ("n", "1e6", 1_000_000),
        ("n", "10⁶", 1_000_000),
        ("n", "2·10³", 2000),
        ("ridge", "2.5·10⁻³", 2.5e-3),
        ("ridge", "2×10⁻³", 2e-3),
        ("ridge", "10⁻³", 1e-3),
        ("ridge", "10^-3", 1e-3),
        ("noise", " 0.5 V ", 0.5),
        ("shift", "−10⁻³", -1e-3),
        ("shift", "−2.5", -2.5),
        ("intercept", "No", False),
        ("methods", "iid, exact", ("exact", "iid")),
        ("norm", "1", "1"),
    ],
)
def test_text_is_read_as_people_type_it(name: str, typed: str, value: object) -> None:
    assert parse(FIELDS[name], typed) == value


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("n", "many"),
        ("n", "100.5"),
        ("n", "110⁻³"),
        ("n", ""),
        ("noise", "nan"),
        ("noise", "1e999"),
        ("ridge", "1,5"),
        ("intercept", "maybe"),
        ("methods", ""),
        ("norm", "inf"),
        ("data_file", "x.csv"),
        ("n", "9" * 5000),
    ],
)
def test_unreadable_text_is_refused(name: str, typed: str) -> None:
    with pytest.raises(ValueError, match="allowed: ") as caught:
        parse(FIELDS[name], typed)
    assert len(str(caught.value)) < 300


@given(st.floats(-1e12, 1e12))
def test_number_is_read_back_as_it_was_shown(value: float) -> None:
    shown = text.number(value, 6)
    assert parse(FIELDS["shift"], shown) == pytest.approx(value, rel=1e-5, abs=1e-300)


@given(st.floats(-1e12, 1e12))
def test_full_precision_survives_text(value: float) -> None:
    assert parse(FIELDS["shift"], repr(value)) == value


@given(st.integers(50, 10_000_000))
def test_count_is_read_back_exactly(value: int) -> None:
    assert parse(FIELDS["n"], text.count(value)) == value


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(typed: str) -> None:
    for field in FIELDS.values():
        try:
            value = parse(field, typed)
        except ValueError:
            continue
        assert check(field, value) == value


class TestOwnData:
    def test_equal_contents_are_equal_data(self) -> None:
        first, second = (own_data({"x": [1, 2], "y": [3, 4]}, path) for path in "ab")
        assert first == second and hash(first) == hash(second)
        assert first != own_data({"x": [1, 2], "y": [3, 5]})
        assert Parameters(data_file=first) == Parameters(data_file=second)

    def test_arrays_are_copied_and_read_only(self) -> None:
        x = np.array([1.0, 2.0])
        data = own_data({"x": x})
        x[0] = 5
        assert data.columns["x"][0] == 1
        with pytest.raises(ValueError, match="read-only"):
            data.columns["x"][0] = 7

    @pytest.mark.parametrize(
        "columns",
        [{"x": []}, {"x": [[1.0]]}, {"x": [1, math.nan]}, {"x": [1], "y": [1, 2]}, {"x": ["a"]}],
    )
    def test_bad_columns_are_refused(self, columns: dict) -> None:
        with pytest.raises(ValueError):
            own_data(columns)

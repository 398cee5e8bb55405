"""Texts and matrices as parameters: declared, checked, in recipes, presets, code and help."""

from __future__ import annotations

import base64
import json
import shlex
from dataclasses import make_dataclass, replace
from typing import Annotated, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernlab.engine import catalogue
from kernlab.engine.contract import memory, presets, snippets, sweep_values
from kernlab.engine.contract import recipe as recipes
from kernlab.engine.contract.help import as_text, page_of
from kernlab.engine.contract.memory import Memory, MemoryRefused
from kernlab.engine.contract.own_data import own_data, own_matrix
from kernlab.engine.contract.parameters import (
    Field,
    Matrix,
    Text,
    check,
    fields_of,
    parse,
)
from kernlab.engine.contract.quantity import Quantity
from kernlab.engine.contract.sweep import Plan, check_plan, held


def declared(annotation: Any, default: Any) -> Field:
    return fields_of(make_dataclass("Made", [("made", annotation, default)], frozen=True))[0]


def no_vowels(text: str) -> None:
    if any(letter in "aeiou" for letter in text):
        raise ValueError("it has a vowel; allowed: consonants")


@pytest.fixture
def parameters(written: str) -> Any:
    return catalogue.get(written).Parameters


@pytest.fixture
def fields(parameters: Any) -> dict[str, Field]:
    return {field.name: field for field in fields_of(parameters)}


def through_recipe(p: Any) -> Any:
    line = recipes.dumps(recipes.make("written", p, {}))
    restored = recipes.restore(recipes.loads(line), type(p))
    assert restored.warnings == ()
    return type(p)(**restored.parameters)


class TestText:
    def test_a_text_is_stripped_and_told_of(self) -> None:
        field = declared(Annotated[str, Text(most=5, check=no_vowels, example="xyz")], "b")
        assert field.kind == "text" and not field.sweepable and field.suffixes == ()
        assert field.allowed == "one line of up to 5 characters, such as xyz"
        assert check(field, "  x y ") == "x y" == parse(field, "x y\t")
        assert check(field, "") == ""
        assert type(check(field, np.str_("x"))) is str

    @pytest.mark.parametrize(
        ("value", "sentence"),
        [
            ("xxxxxx", "made has 6 characters; allowed: one line of up to 5 characters"),
            ("a", "made is 'a': it has a vowel; allowed: consonants"),
            ("x\ny", "made holds the invisible U+000A; allowed: one line"),
            ("x\u2028y", "the invisible U+2028"),
            ("x\u202ey", "the invisible U+202E"),
            ("x\0", "the invisible U+0000"),
            ("\ud800", "the invisible U+D800"),
            (3, "made is 3; allowed: one line"),
            (None, "made is None; allowed"),
            (["x"], "allowed: one line"),
        ],
    )
    def test_what_is_not_allowed_is_one_sentence(self, value: Any, sentence: str) -> None:
        field = declared(Annotated[str, Text(most=5, check=no_vowels)], "b")
        with pytest.raises(ValueError) as caught:
            check(field, value)
        assert sentence in str(caught.value) and "\n" not in str(caught.value)

    @pytest.mark.parametrize(
        ("annotation", "default", "sentence"),
        [
            (Annotated[str, Text(check=no_vowels)], "a", "default is not allowed: wrong is 'a'"),
            (Annotated[str, Text()], None, "default is not allowed"),
            (Annotated[int, Text()], 3, None),
            (Annotated[tuple[str, ...], Text()], ("a",), "its type needs Annotated"),
        ],
    )
    def test_a_wrong_declaration(self, annotation: Any, default: Any, sentence: str | None) -> None:
        made = make_dataclass("Wrong", [("wrong", annotation, default)], frozen=True)
        if sentence is None:
            assert fields_of(made)[0].kind == "int"
            return
        with pytest.raises(TypeError, match=rf"^Wrong\.wrong: .*{sentence}"):
            fields_of(made)

    def test_a_text_is_checked_once_however_often_its_set_is_made(self) -> None:
        seen: list[str] = []
        kind = Annotated[str, Text(check=seen.append)]
        field = declared(kind, "x")
        for _ in range(3):
            assert check(field, "fresh") == "fresh"
        assert seen.count("fresh") == 1

    @given(text=st.text(max_size=60))
    def test_any_text_survives_recipe_preset_and_command(self, written: str, text: str) -> None:
        experiment = catalogue.get(written)
        field = declared(Annotated[str, Text(most=200)], "x")
        try:
            value = check(field, text)
        except ValueError:
            return
        made = make_dataclass("Made", [("made", Annotated[str, Text(most=200)], "x")], frozen=True)
        assert through_recipe(made(value)) == made(value)
        (preset,) = presets.read(presets.write("a", "b", {"made": value}), made)
        assert preset.parameters == {"made": value}
        words = shlex.split(snippets.as_command("key", made(value)))
        assert value == "x" or f"--made={value}" in words or value in words
        assert experiment.Parameters().formula == "exp(-d2)"

    def test_code_that_makes_the_run_again(self, parameters: Any) -> None:
        p = parameters(formula="--d2")
        assert "--formula=--d2" in snippets.as_command("written", p)
        assert "formula='--d2'" in snippets.as_python("written", p)
        p = parameters(formula="exp(-d2) / 2", caption="it's")
        assert "--formula 'exp(-d2) / 2'" in snippets.as_command("written", p)

    def test_a_text_is_not_swept(self, written: str, fields: dict[str, Field]) -> None:
        with pytest.raises(ValueError, match="formula is a text; choose a number"):
            sweep_values.parse_values(fields["formula"], "d2, dot")
        experiment = catalogue.get(written)
        plan = Plan("formula", ("d2",), 1, Quantity("a", "a", (), lambda *_: 1.0))
        with pytest.raises(ValueError, match="'formula'; allowed: one of source, n, seed"):
            check_plan(experiment, experiment.Parameters(), plan)

    def test_a_sweep_says_which_text_it_holds(self, written: str) -> None:
        experiment = catalogue.get(written)
        plan = Plan("n", (3, 4), 1, Quantity("a", "a", (), lambda *_: 1.0))
        assert "Formula exp(-d2)" in held(experiment, experiment.Parameters(), plan)

    def test_the_help_page_tells_of_both(self, written: str) -> None:
        page = " ".join(as_text(page_of(catalogue.get(written))).split())
        assert (
            "Allowed: one line of up to 80 characters, such as exp(-d2) Default: exp(-d2)" in page
        )
        assert "Only if: Source is formula" in page
        assert "a .npy or CSV file with a matrix of numbers, at least 2 by 2" in page


class TestMatrix:
    def test_a_matrix_is_a_copy_that_nobody_changes(self) -> None:
        values = np.arange(6).reshape(2, 3)
        data = own_matrix(values)
        values[0, 0] = 9
        assert data.matrix is not None and data.matrix.tolist() == [[0, 1, 2], [3, 4, 5]]
        assert not data.matrix.flags.writeable and data.nbytes == 48
        assert data == own_matrix([[0, 1, 2], [3, 4, 5]]) != own_matrix([[0, 1], [2, 3], [4, 5]])

    @pytest.mark.parametrize(
        ("values", "sentence"),
        [
            ([1, 2], "has 1 dimension; allowed: 2, rows and columns"),
            ([[1, 2]], "has 1 row and 2 columns; at least 2 of each"),
            ([[1, 2], [3]], "rows of different lengths"),
            ([["a", "b"], ["c", "d"]], "holds str32 values; allowed: real numbers"),
            ([[1j, 1], [1, 1]], "complex128"),
            ([[1, 2], [3, float("nan")]], "holds nan in row 2, column 2"),
            ([[object(), 1], [1, 1]], "holds object values"),
        ],
    )
    def test_what_is_no_matrix(self, values: Any, sentence: str) -> None:
        with pytest.raises(ValueError, match=sentence):
            own_matrix(values)

    def test_the_field(self, fields: dict[str, Field]) -> None:
        field = fields["matrix_file"]
        assert (field.kind, field.matrix, field.max_bytes) == ("data", True, 1_000_000)
        assert field.suffixes == (".npy", ".csv") and not field.sweepable
        assert Matrix().most_bytes == 200_000_000

    def test_columns_are_no_matrix(self, fields: dict[str, Field]) -> None:
        with pytest.raises(ValueError, match=r"matrix_file does not fit: <arrays>; allowed: a \.n"):
            check(fields["matrix_file"], own_data({"x": [1, 2]}))

    def test_a_small_one_travels_in_the_recipe(self, parameters: Any) -> None:
        values = np.random.default_rng(0).standard_normal((100, 7))
        p = parameters(source="file", matrix_file=own_matrix(values, "/a/b.npy"))
        again = through_recipe(p)
        np.testing.assert_array_equal(again.matrix_file.matrix, values)
        assert again == p and again.matrix_file.path == "/a/b.npy"
        plain = recipes.make("written", p, {})["parameters"]["matrix_file"]
        assert plain["matrix"]["shape"] == [100, 7] and "columns" not in plain
        json.dumps(plain)

    @given(names=st.lists(st.text(max_size=5), min_size=2, max_size=2))
    def test_its_names_travel_with_it(self, parameters: Any, names: list[str]) -> None:
        data = own_matrix(np.eye(2), "/a/b.csv", names)
        again = through_recipe(parameters(source="file", matrix_file=data)).matrix_file
        assert again == data and again.names == data.names == tuple(names)
        assert data != own_matrix(np.eye(2), "/a/b.csv")

    def test_one_name_a_column(self) -> None:
        with pytest.raises(ValueError, match="has 2 columns and 3 names; give one name each"):
            own_matrix(np.eye(2), names=("a", "b", "c"))

    def test_a_large_one_stays_at_home(self, parameters: Any) -> None:
        p = parameters(source="file", matrix_file=own_matrix(np.ones((200, 200)), "/large.npy"))
        recipe = recipes.make("written", p, {})
        assert "matrix" not in recipe["parameters"]["matrix_file"]
        assert "did not travel" in recipes.restore(recipe, parameters).warnings[0]

    @pytest.mark.parametrize(
        "part",
        [
            None, [], {}, {"shape": [2, 2]}, {"shape": [2], "values": ""},
            {"shape": [2, 2], "values": "AAAA"}, {"shape": [2, 2], "values": 3},
            {"shape": [10**12, 10**12], "values": ""}, {"shape": [-1, -4], "values": ""},
            {"shape": ["2", 2], "values": ""}, {"shape": [0, 0], "values": ""},
            {"shape": [2, 2], "values": base64.b64encode(b"\xff" * 32).decode()},
            {"shape": [2, 2], "values": base64.b64encode(b"\0" * 32).decode(), "names": ["a"]},
            {"shape": [2, 2], "values": base64.b64encode(b"\0" * 32).decode(), "names": "ab"},
            {"shape": [2, 2], "values": base64.b64encode(b"\0" * 32).decode(), "names": [1, 2]},
        ],
    )  # fmt: skip
    def test_damaged_ones_take_the_default(self, parameters: Any, part: Any) -> None:
        recipe = recipes.make("written", parameters(), {})
        recipe["parameters"]["matrix_file"] = {"path": "x", "sha256": "0", "matrix": part}
        restored = recipes.restore(recipe, parameters)
        assert "matrix_file" not in restored.parameters and len(restored.warnings) == 1

    def test_it_does_not_fit_into_a_preset(self) -> None:
        with pytest.raises(ValueError, match="own data do not fit into a preset"):
            presets.write("a", "b", {"matrix_file": own_matrix(np.ones((2, 2)))})

    def test_of_a_large_one_a_smaller_file_is_asked_for(
        self, written: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        experiment = catalogue.get(written)
        p = replace(experiment.Parameters(), matrix_file=own_matrix(np.ones((2000, 3))))
        need = Memory(10**15, "matrix_file")
        monkeypatch.setattr(experiment, "memory", lambda *_: need, raising=False)
        with pytest.raises(MemoryRefused, match=r"2.000 by 3 numbers needs .* smaller file"):
            memory.check(experiment, p, "full")

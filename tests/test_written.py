"""A text and a matrix on the command line and in `import kernlab`, and back out of every file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kernlab
from kernlab import cli

from .test_cli import ran, refused

VALUES = np.array([[3.0, 1.0, 2.0], [4.0, 5.0, 6.0]])


@pytest.fixture
def matrix_file(tmp_path: Path) -> Path:
    path = tmp_path / "own.npy"
    np.save(path, VALUES)
    return path


class TestCommandLine:
    @pytest.mark.parametrize(
        ("formula", "first"),
        [("exp(-d2) / 2", "0.5"), ("-1 * dot", "-1"), ("-d2", "-0"), ("7", "7")],
    )
    def test_a_formula(
        self, written: str, capsys: pytest.CaptureFixture[str], formula: str, first: str
    ) -> None:
        assert f"The first entry is {first}." in ran(capsys, "run", written, "--formula", formula)

    def test_a_matrix(
        self, written: str, matrix_file: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        arguments = ("--source", "file", "--matrix-file", matrix_file)
        assert "The first entry is 3." in ran(capsys, "run", written, *arguments)

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            (("--formula", "exp("), "formula is 'exp(': at character 4, '(' is not closed"),
            (("--formula", ""), "formula is '': the formula is empty; allowed: d2, dot"),
            (("--formula", "d2 + 1" * 20), "formula has 120 characters; allowed: one line of up"),
            (("--formula", "__import__('os')"), "the name '__import__' is unknown"),
            (("--caption", "two\nlines"), "caption holds the invisible U+000A; allowed: one line"),
            (("--formula", "1/d2"), "is infinite or undefined in 9 of 81 entries"),
            (("--source", "file"), "there is no matrix_file"),
            (("--matrix-file", "/no/such.npy"), "/no/such.npy does not exist"),
        ],
    )
    def test_bad_input_is_one_sentence(
        self, written: str, capsys: pytest.CaptureFixture[str], arguments: Any, sentence: str
    ) -> None:
        assert sentence in refused(capsys, "run", written, *arguments)

    def test_two_gigabytes(
        self, written: str, matrix_file: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        os.truncate(matrix_file, 2_000_000_000)
        sentence = refused(capsys, "run", written, "--matrix-file", matrix_file)
        assert "2000000000 bytes; allowed: at most 1000000" in sentence

    def test_help_and_list_name_both(
        self, written: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit):
            cli.main(["run", written, "--help"])
        told = " ".join(capsys.readouterr().out.split())
        assert "--formula TEXT of the entries (one line of up to 80 characters, such as" in told
        assert "--matrix-file FILE your own (a .npy or CSV file with a matrix" in told
        assert "default exp(-d2)" in ran(capsys, "list", written)

    @pytest.mark.parametrize("suffix", ["pdf", "svg", "png", "csv", "zip", "json"])
    def test_every_file_brings_both_back(
        self,
        written: str,
        tmp_path: Path,
        matrix_file: Path,
        capsys: pytest.CaptureFixture[str],
        suffix: str,
    ) -> None:
        out, again = tmp_path / f"a.{suffix}", tmp_path / "again.json"
        given = ("--source", "file", "--matrix-file", matrix_file, "--formula", "dot * 2")
        ran(capsys, "run", written, *given, "--out", out)
        matrix_file.unlink()
        assert "entry is 3." in ran(capsys, "run", written, "--from", out, "--out", again)
        experiment, parameters = kernlab.open_recipe(again)
        np.testing.assert_array_equal(parameters["matrix_file"].matrix, VALUES)
        assert (experiment, parameters["formula"]) == (written, "dot * 2")

    def test_the_preset(self, written: str, capsys: pytest.CaptureFixture[str]) -> None:
        assert "entry is 1." in ran(capsys, "run", written, "--preset", "Cauchy")


class TestPython:
    def test_an_array_a_file_and_own_data_are_the_same(
        self, written: str, matrix_file: Path
    ) -> None:
        given: list[Any] = [VALUES, VALUES.tolist(), str(matrix_file), matrix_file]
        for matrix in [*given, kernlab.own_matrix(VALUES)]:
            result = kernlab.run(written, source="file", matrix_file=matrix)
            np.testing.assert_array_equal(result.tables["row"]["value"], VALUES[0])

    @pytest.mark.parametrize(
        ("values", "sentence"),
        [
            ({"matrix_file": {"x": [1, 2]}}, r"matrix_file is .*; allowed: a \.npy or CSV file"),
            ({"matrix_file": 7}, r"matrix_file is 7; allowed: a \.npy or CSV file"),
            ({"matrix_file": [1, 2]}, "matrix_file: the matrix has 1 dimension"),
            ({"matrix_file": np.full((2, 2), np.nan)}, "matrix_file: the matrix holds nan"),
            ({"matrix_file": kernlab.own_data({"x": [1]})}, "matrix_file does not fit"),
            ({"formula": 7}, "formula is 7; allowed: one line"),
            ({"formula": "d2 +"}, r"formula is 'd2 \+': at character 4, the formula ends"),
        ],
    )
    def test_bad_arguments_are_refused_at_once(
        self, written: str, values: dict[str, Any], sentence: str
    ) -> None:
        with pytest.raises(ValueError, match=sentence):
            kernlab.stream(written, **values)

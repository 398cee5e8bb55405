"""The command line: what it computes, what it writes, and how it refuses."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import kernlab
from kernlab import cli
from kernlab.engine import catalogue
from kernlab.engine.contract.parameters import Field, fields_of


def refused(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """The one sentence with which a command refuses."""
    status = cli.main([str(argument) for argument in arguments])
    out, error = capsys.readouterr()
    assert status == 2
    assert out == ""
    assert error.count("\n") == 1 and error.startswith("kernlab: ")
    assert "Traceback" not in error
    return error.removeprefix("kernlab: ").strip()


def ran(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    status = cli.main([str(argument) for argument in arguments])
    out, error = capsys.readouterr()
    assert (status, error) == (0, "")
    return out


def rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.reader(line for line in file if not line.startswith("#")))


class TestRun:
    def test_answer_and_claims_go_to_standard_output(
        self, toy: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        out = ran(capsys, "run", toy, "--level", "20", "--n", "1e3").splitlines()
        assert out[0] == "The level is 20 V."
        assert out[1].split() == ["claim", "verdict", "predicted", "measured", "reason"]
        assert out[2].split() == ["T1", "fails", "7.500", "20", "as", "measured"]
        assert len(out) == 6

    def test_every_file_is_written(
        self, toy: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        files = [tmp_path / f"out.{kind}" for kind in ("pdf", "svg", "png", "csv", "zip")]
        ran(capsys, "run", toy, "--out", *files)
        assert [path.read_bytes()[:4] for path in files[::2]] == [b"%PDF", b"\x89PNG", b"PK\3\4"]
        assert len(rows(files[3])) == 101
        assert sorted(tmp_path.iterdir()) == sorted(files)

    @pytest.mark.parametrize(
        ("arguments", "expected"),
        [
            (["--shift", "-1.5e-3"], {"shift": -1.5e-3}),
            (["--shift=-1"], {"shift": -1}),
            (["--noisy"], {"noisy": True}),
            (["--noisy", "no"], {"noisy": False}),
            (["--methods", "b,a"], {"methods": ("a", "b")}),
            (["--level", "2.5·10⁻³"], {"level": 2.5e-3}),
            (["--preset", "left"], {"shift": -2, "level": 3}),
            (["--preset", "High level", "--shift", "1"], {"shift": 1, "level": 100}),
            (["--level", "9", "--preset", "Left"], {"shift": -2, "level": 9}),
        ],
    )
    def test_flags_and_presets(
        self,
        toy: str,
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
        arguments: list[str],
        expected: dict[str, Any],
    ) -> None:
        file = tmp_path / "out.json"
        ran(capsys, "run", toy, *arguments, "--out", file)
        parameters = kernlab.open_recipe(file)[1]
        assert {name: parameters[name] for name in expected} == expected

    @pytest.mark.parametrize("suffix", ["pdf", "svg", "png", "csv", "zip"])
    def test_from_a_file_gives_the_same_numbers(
        self, toy: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], suffix: str
    ) -> None:
        file, first, again = (tmp_path / name for name in (f"a.{suffix}", "1.csv", "2.csv"))
        ran(capsys, "run", toy, "--noisy", "--seed", 7, "--level", 0.3, "--out", file, first)
        ran(capsys, "run", toy, "--from", file, "--out", again)
        assert first.read_bytes() == again.read_bytes()

    def test_flags_override_the_file(
        self, toy: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = tmp_path / "a.csv"
        ran(capsys, "run", toy, "--level", 3, "--n", 20, "--out", file)
        ran(capsys, "run", toy, "--from", file, "--level", 4, "--out", file)
        parameters = kernlab.open_recipe(file)[1]
        assert (parameters["level"], parameters["n"]) == (4, 20)

    def test_data_that_did_not_travel_have_to_be_given(
        self, toy: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        data, file = tmp_path / "data.csv", tmp_path / "out.json"
        data.write_text("x,y\n" + "".join(f"{i},{i}\n" for i in range(20_000)))
        ran(capsys, "run", toy, "--data-file", data, "--out", file)
        assert "add --data-file FILE" in refused(capsys, "run", toy, "--from", file)
        assert cli.main(["run", toy, "--from", str(file), "--data-file", str(data)]) == 0

    def test_help_lists_ranges_and_defaults(
        self, toy: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit) as left:
            cli.main(["run", toy, "--help"])
        out = " ".join(capsys.readouterr().out.split())
        assert left.value.code == 0
        assert "--level VALUE 100 % of <it> (a number from 0.001 to 1000 V; default 1 V)" in out
        assert "(one or more of a, b; default a)" in out
        assert "(true or false; default no)" in out
        assert '--preset NAME start from a preset: Left, "High level"' in out

    def test_progress_is_shown_on_a_terminal_only(
        self, toy: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
        assert cli.main(["run", toy]) == 0
        error = capsys.readouterr().err
        assert "30% the curve" in error
        assert error.endswith("\r\x1b[K")


class TestRefusal:
    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            (["run", "tyo"], "experiment is 'tyo'; allowed: .*did you mean toy"),
            (["tyo"], "no experiment or command 'tyo'; allowed: list, run, open, .*mean toy"),
            (["run", "toy", "--levle", "1"], "--levle"),
            (["run", "toy", "--lev", "1"], "--lev"),
            (["run", "toy", "--level"], "--level: expected one argument"),
            (["run", "toy", "--level", "0"], "level is 0.*; allowed: a number from 0.001 to 1000"),
            (["run", "toy", "--level", "nan"], "level is nan; allowed"),
            (["run", "toy", "--level", "high"], "level is 'high'; allowed: a number"),
            (["run", "toy", "--n", "10.5"], "n is 10.5; allowed: a whole number"),
            (["run", "toy", "--shape", "cube"], "shape is 'cube'; allowed: one of sine, line"),
            (["run", "toy", "--methods", "a,z"], "methods is .*; allowed: one or more of a, b"),
            (["run", "toy", "--noisy", "maybe"], "noisy is 'maybe'; allowed: true or false"),
            (["run", "toy", "--level", "900", "--shape", "line"], "at most 500 for a line"),
            (["run", "toy", "--preset", "none"], "preset is 'none'; allowed: Left, \"High level\""),
            (["run", "toy", "--data-file", "/no/such.csv"], "/no/such.csv does not exist"),
            (["run", "toy", "--from", "/no/such.pdf"], "/no/such.pdf does not exist"),
            (["run", "toy", "--out", "figure.xls"], "figure.xls ends in '.xls'; allowed: .pdf"),
            (["run", "toy", "--out", "/no/such/a.pdf"], "/no/such is not a folder"),
            (["run", "toy", "--out"], "--out: expected at least one argument"),
            (["run", "toy", "stray"], "unrecognized arguments: stray"),
            (["open"], "required: file"),
            (["open", "/no/such.pdf"], "/no/such.pdf does not exist"),
            (["list", "tyo"], "experiment is 'tyo'"),
            (["--magic"], "no option '--magic'"),
            (["magic", "toy"], "no command 'magic'"),
        ],
    )
    def test_bad_input_is_one_sentence(
        self, toy: str, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
    ) -> None:
        import re

        assert re.search(sentence, refused(capsys, *arguments))

    @pytest.mark.parametrize(
        "content", ["", "x,y\n", "x\n1\n", "x,y\n1,two\n", "x,y\n1,nan\n", "a,b\n1,2\n"]
    )
    def test_bad_data_file(
        self, toy: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str
    ) -> None:
        file = tmp_path / "data.csv"
        file.write_text(content)
        assert "data.csv" in refused(capsys, "run", toy, "--data-file", file)

    def test_huge_data_file_is_refused_by_its_size(
        self, toy: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = tmp_path / "huge.csv"
        file.touch()
        os.truncate(file, 2_000_000_000)
        assert "2000000000 bytes" in refused(capsys, "run", toy, "--data-file", file)

    def test_target_whose_parent_is_a_file(
        self, toy: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "file").touch()
        refused(capsys, "run", toy, "--out", tmp_path / "file" / "a.pdf")

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
    def test_full_disk(self, toy: str, capsys: pytest.CaptureFixture[str]) -> None:
        assert "disk is full" in refused(capsys, "run", toy, "--out", "/dev/full")

    @pytest.mark.parametrize("content", [b"", b"%PDF-1.4", b"\x89PNG\r\n\x1a\n", b"{}", b"hello"])
    def test_damaged_recipe(
        self, toy: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes
    ) -> None:
        file = tmp_path / "damaged.pdf"
        file.write_bytes(content)
        refused(capsys, "run", toy, "--from", file)
        refused(capsys, "open", file)

    def test_recipe_of_another_experiment(
        self, toy: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = tmp_path / "other.json"
        file.write_text('{"schema": 1, "experiment": "other", "parameters": {}}')
        assert "comes from 'other', not toy" in refused(capsys, "run", toy, "--from", file)

    def test_interrupt_leaves_quietly(
        self, toy: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def interrupted(*_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(catalogue.get(toy), "run", interrupted)
        assert cli.main(["run", toy]) == 130
        assert capsys.readouterr() == ("", "")


def refusals() -> list[Any]:
    """For each parameter of gapped sine: values out of range and of the wrong type."""
    cases = []
    for field in fields_of(catalogue.get("gapped-sine").Parameters):
        if field.span:
            wrong = [f"{2 * field.span.high + 1:.12g}", f"{field.span.low - 1:.12g}"]
            wrong += ["many", "nan", "inf", ""] + (["1.5"] if field.kind == "int" else [])
        elif field.kind == "data":
            wrong = ["/no/such/file.csv", "/"]
        else:
            wrong = ["nothing like it", "", "3"]
        cases += [pytest.param(field, text, id=f"{field.flag} {text!r}") for text in wrong]
    return cases


class TestGappedSine:
    """Every bad input of the first panel is refused with one sentence, before it computes."""

    @pytest.mark.parametrize(("field", "text"), refusals())
    def test_a_value_that_is_not_allowed(
        self, capsys: pytest.CaptureFixture[str], field: Field, text: str
    ) -> None:
        sentence = refused(capsys, "run", "gapped-sine", f"{field.flag}={text}")
        if field.kind == "data":
            assert sentence.startswith(text)
        else:
            assert sentence.startswith(f"{field.name} is ") and field.allowed in sentence

    @pytest.mark.parametrize(
        ("content", "sentence"),
        [
            ("x,y\n1,2\nthree,4\n", "line 3, column 'x': 'three' is not a number"),
            ("x,y\n1,2\n3,nan\n", "line 3, column 'y': nan is not a finite number"),
            ("x,y\n1,2\n3,\n", "line 3, column 'y': the field is empty"),
            ("x,y\n1,2\n", "one data row"),
            ("", "is empty"),
            ("x,z\n1,2\n", "the column 'y' is missing"),
            ("x,y\n" + "1,2\n" * 40, "every x is 1"),
        ],
    )
    def test_a_bad_file(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, sentence: str
    ) -> None:
        file = tmp_path / "own.csv"
        file.write_text(content)
        arguments = ("--dataset", "file", "--data-file", file)
        assert sentence in refused(capsys, "run", "gapped-sine", *arguments)

    def test_a_file_of_2_gb_is_refused_by_its_size(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = tmp_path / "own.csv"
        file.touch()
        os.truncate(file, 2_000_000_000)
        sentence = refused(capsys, "run", "gapped-sine", "--data-file", file)
        assert "2000000000 bytes; allowed: at most" in sentence

    def test_values_that_do_not_go_together(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert "choose a CSV file" in refused(capsys, "run", "gapped-sine", "--dataset", "file")
        narrow = ("--n", 50, "--domain", 1, "--gap-width", 12)
        assert "make gap_width smaller" in refused(capsys, "run", "gapped-sine", *narrow)

    @pytest.mark.parametrize(
        ("target", "sentence"),
        [
            ("file/a.pdf", "is not a folder"),
            ("missing/a.pdf", "is not a folder"),
            ("a.xls", "ends in '.xls'"),
            ("a", "ends in 'nothing'"),
            (".", "folder"),
        ],
    )
    def test_a_target_that_cannot_be_written(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], target: str, sentence: str
    ) -> None:
        (tmp_path / "file").write_text("keep")
        path = tmp_path / target
        assert sentence in refused(capsys, "run", "gapped-sine", "--out", path)
        assert (tmp_path / "file").read_text() == "keep"

    def test_a_full_disk(self, capsys: pytest.CaptureFixture[str]) -> None:
        arguments = ("--n", 50, "--methods", "exact", "--out", "/dev/full")
        assert "disk is full" in refused(capsys, "run", "gapped-sine", *arguments)


class TestListAndOpen:
    def test_list_shows_parameters_ranges_and_presets(
        self, toy: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        out = ran(capsys, "list", toy)
        assert "toy: Toy & co" in out
        assert "--level" in out and "a number from 0.001 to 1000 V; default 1 V" in out
        assert '--preset "High level"' in out

    def test_open_without_a_window_prints_the_recipe(
        self, toy: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = tmp_path / "a.svg"
        ran(capsys, "run", toy, "--level", 4, "--out", file)
        assert '"level": 4.0' in ran(capsys, "open", file, "--headless")

    def test_open_hands_the_recipe_to_the_window(
        self,
        toy: str,
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        opened: list[Any] = []
        monkeypatch.setattr(cli, "_window", lambda *given: opened.append(given) or 0)
        file = tmp_path / "a.png"
        ran(capsys, "run", toy, "--level", 4, "--out", file)
        ran(capsys, "open", file)
        ran(capsys, toy)
        (none, restored), second = opened
        assert none is None and restored.parameters["level"] == 4
        assert second == (toy, None)

    def test_window_without_a_display_is_refused(
        self, toy: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(cli, "has_display", lambda: False)
        assert "there is no display" in refused(capsys, toy)


def test_the_installed_command_works_in_a_process_of_its_own() -> None:
    command = [sys.executable, "-m", "kernlab.cli"]
    version = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True)
    assert version.stdout == f"kernlab {kernlab.__version__}\n"
    bad = subprocess.run([*command, "run", "nothing"], capture_output=True, text=True, check=False)
    assert (bad.returncode, bad.stdout) == (2, "")
    assert bad.stderr.count("\n") == 1 and "Traceback" not in bad.stderr

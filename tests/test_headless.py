"""`import kernlab`: running, streaming, saving and restoring without a window."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest

import kernlab
from kernlab import headless
from kernlab.engine.contract.breaks import NoBreak


def test_experiments_are_found_by_their_file(toy: str) -> None:
    assert toy in kernlab.experiments()


def test_public_names_are_there_and_no_others() -> None:
    assert {name for name in kernlab.__all__ if hasattr(kernlab, name)} == set(kernlab.__all__)
    assert set(kernlab.__all__) <= set(dir(kernlab))
    with pytest.raises(AttributeError, match="no attribute 'magic'"):
        _ = kernlab.magic


class TestRun:
    def test_result_holds_everything(self, toy: str) -> None:
        result = kernlab.run(toy, n=50, level=3.0)
        assert list(result.tables) == ["curve", "summary", "measured"]
        assert result.tables["curve"].columns["y"].size == 50
        assert result.tables["curve"].units == {"y": "V"}
        assert [figure.key for figure in result.figures] == ["curve", "numbers"]
        assert {claim.id: claim.verdict for claim in result.claims} == {
            "T1": "holds",
            "T2": "holds",
            "T3": "holds",
            "T4": "holds",
        }
        assert result.answer == "The level is 3 V."
        assert result.recipe["parameters"]["level"] == 3
        assert result.recipe["threads"]["blas"] == 1
        assert result.parameters.n == 50

    def test_same_parameters_give_the_same_numbers(self, toy: str) -> None:
        first, second = (kernlab.run(toy, noisy=True, seed=5) for _ in range(2))
        np.testing.assert_array_equal(first.tables["curve"]["y"], second.tables["curve"]["y"])

    def test_only_the_views_asked_for(self, toy: str) -> None:
        result = kernlab.run(toy, views=["Numbers"])
        assert list(result.tables) == ["summary"]
        assert [figure.key for figure in result.figures] == ["numbers"]
        assert {claim.verdict for claim in result.claims} == {"inconclusive"}

    def test_coarse_is_the_same_with_fewer_rows(self, toy: str) -> None:
        assert len(kernlab.run(toy, fidelity="coarse").tables["curve"]) == 20

    @pytest.mark.parametrize(
        ("call", "message"),
        [
            ({"name": "tyo"}, "experiment is 'tyo'; allowed: .*did you mean toy?"),
            ({"name": "toy", "levle": 1}, "no parameter 'levle'; allowed: n, level.*mean level?"),
            ({"name": "toy", "level": 0}, "level is 0; allowed: a number from 0.001 to 1000 V"),
            ({"name": "toy", "level": "1"}, "level is '1'; allowed"),
            ({"name": "toy", "views": ["Magic"]}, "views holds 'Magic'; allowed: Curve, Numbers"),
            ({"name": "toy", "fidelity": "best"}, "fidelity is 'best'; allowed: one of coarse"),
            ({"name": "toy", "data_file": {"x": [1.0]}}, "allowed: a CSV file with the columns x"),
            ({"name": "toy", "data_file": 7}, "data_file is 7; allowed: a CSV file"),
        ],
    )
    def test_bad_arguments_are_refused_at_once(self, toy: str, call: dict, message: str) -> None:
        with pytest.raises(ValueError, match=message):
            kernlab.stream(**call)


class TestOwnData:
    def test_arrays_a_file_and_own_data_are_the_same(self, toy: str, tmp_path: Path) -> None:
        x, y = np.linspace(0, 1, 7), np.linspace(3, 4, 7)
        file = tmp_path / "data.csv"
        np.savetxt(file, np.stack([x, y], 1), delimiter=",", header="x,y", comments="")
        given = [{"x": x, "y": y}, str(file), file, kernlab.own_data({"x": x, "y": y})]
        results = [kernlab.run(toy, data_file=data) for data in given]
        for result in results:
            np.testing.assert_array_equal(result.tables["curve"]["x"], x)

    def test_missing_file_is_a_value_error(self, toy: str, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match=r"absent\.csv does not exist"):
            kernlab.run(toy, data_file=tmp_path / "absent.csv")


def test_stream_gives_partial_results_and_ends_with_the_whole(toy: str) -> None:
    steps = list(kernlab.stream(toy))
    assert [step.fraction for step in steps] == [0.3, 0.6, 0.9, 1.0]
    assert [len(step.result.tables) for step in steps] == [1, 2, 3, 3]
    assert [figure.key for figure in steps[0].result.figures] == ["curve"]
    assert steps[0].result.claims[0].reason == "not yet measured"
    assert steps[-1].result.claims[0].verdict == "holds"


class TestSave:
    @pytest.mark.parametrize("suffix", ["pdf", "svg", "png", "csv", "zip", "json"])
    def test_file_gives_back_experiment_and_parameters(
        self, toy: str, tmp_path: Path, suffix: str
    ) -> None:
        result = kernlab.run(toy, n=30, level=2.5, methods=["b"], data_file={"x": [0], "y": [1]})
        path = result.save(tmp_path / f"file.{suffix}")
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            experiment, parameters = kernlab.open_recipe(path)
        assert experiment == toy
        again = kernlab.run(experiment, **parameters)
        assert again.parameters == result.parameters
        np.testing.assert_array_equal(again.tables["curve"]["y"], result.tables["curve"]["y"])

    def test_unknown_ending_is_refused(self, toy: str, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match=r"'\.xls'; allowed: \.pdf"):
            kernlab.run(toy).save(tmp_path / "file.xls")
        assert list(tmp_path.iterdir()) == []

    def test_odd_recipe_warns(self, toy: str, tmp_path: Path) -> None:
        path = tmp_path / "odd.json"
        path.write_text('{"schema": 1, "experiment": "toy", "parameters": {"magic": 1}}')
        with pytest.warns(UserWarning, match="unknown parameter 'magic'"):
            assert kernlab.open_recipe(path) == ("toy", {})

    def test_file_without_a_recipe_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "plain.csv"
        path.write_text("x,y\n1,2\n")
        with pytest.raises(ValueError, match=r"plain\.csv"):
            kernlab.open_recipe(path)


class TestNotebook:
    def test_figures_and_claims_are_shown(self, toy: str) -> None:
        shown = kernlab.run(toy)._repr_html_()
        assert '<img src="data:image/png;base64,iVBOR' in shown
        assert "<td>T1</td><td>holds</td>" in shown

    def test_text_is_escaped(self, toy: str) -> None:
        shown = kernlab.run(toy)._repr_html_()
        assert "the level is &lt;low&gt;" in shown
        assert "Toy &amp; co" in shown

    def test_before_the_first_table_there_is_no_picture(self, toy: str) -> None:
        first = next(iter(kernlab.stream(toy, views=["claims"]))).result
        assert "<img" not in first._repr_html_()


class TestFindBreak:
    def test_value_and_bracket(self, toy: str) -> None:
        found = kernlab.find_break(toy, "T1", "level", n=20)
        assert found.value == pytest.approx(7.5, rel=1e-4)
        assert found.low <= found.value <= found.high

    def test_no_flip(self, toy: str) -> None:
        with pytest.raises(NoBreak):
            kernlab.find_break(toy, "T4", "level")


def test_all_views_end_with_the_claims(toy: str) -> None:
    experiment = headless.catalogue.get(toy)
    assert headless.all_views(experiment) == ("Curve", "Numbers", "claims")

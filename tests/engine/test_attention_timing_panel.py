"""The attention-timing panel: what may run, errors, times, peaks, claims, presets, own Q, K, V."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import numpy as np
import pytest

import kernlab
from kernlab.engine.contract.cache import Cache
from kernlab.engine.contract.claim import Claim
from kernlab.engine.contract.drawing import draw
from kernlab.engine.contract.experiment import CLAIMS, Step, Tables, merge
from kernlab.engine.contract.formula import readable
from kernlab.engine.contract.memory import MemoryRefused, check
from kernlab.engine.contract.table import Table
from kernlab.engine.experiments.attention_timing import (
    errors,
    experiment,
    methods,
    overview,
    peaks,
    table3,
    times,
)
from kernlab.engine.experiments.attention_timing.bench import Bench
from kernlab.engine.experiments.attention_timing.claims import READS
from kernlab.engine.experiments.attention_timing.figures import ESTIMATES, MATRIX, OVERVIEW, STYLES
from kernlab.engine.experiments.attention_timing.parameters import METHODS, Parameters
from kernlab.engine.numerics.timing import Sample

SMALL: dict[str, Any] = {"lengths": ("256",), "heads": 2, "head_dim": 16, "m": 32, "landmarks": 16}


def bench(full: bool = True, **given: Any) -> Bench:
    return Bench(Parameters(**{**SMALL, **given}), full, Cache())


def drained(steps: Any) -> Any:
    """What a generator returns at its end."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def tables_of(steps: Iterator[Step]) -> Tables:
    found: dict[str, Table] = {}
    for step in steps:
        found = merge(found, step)
    return found


@cache
def judged(*given: Any) -> dict[str, Claim]:
    """The claims at some parameters, given as pairs, from the reserved view alone."""
    p = Parameters(**{**SMALL, **dict(given)})
    tables = tables_of(experiment.run(p, "full", Cache(), (CLAIMS,)))
    return {claim.id: claim for claim in experiment.claims(p, tables)}


class TestParameters:
    def test_lengths_may_be_numbers(self) -> None:
        assert Parameters(lengths=(512, 256)).grid == (256, 512)  # type: ignore[arg-type]

    def test_the_baseline_is_the_fused_softmax_where_it_is_there(self) -> None:
        assert Parameters().baseline == "fused"
        assert Parameters(methods=("nystrom", "mean")).baseline == "nystrom"

    @pytest.mark.parametrize(
        ("given", "sentence"),
        [
            ({"lengths": ()}, "lengths is (); allowed: one or more of 256, 512"),
            ({"lengths": ("300",)}, "lengths is ('300',); allowed"),
            ({"lengths": ("32768",)}, "lengths holds 32768 and device is 'cpu'"),
            ({"dtype": "bfloat16"}, "dtype is 'bfloat16' and device 'cpu'; allowed there: float32"),
            ({"methods": ("linformer",)}, "methods is ('linformer',); allowed"),
            ({"rounds": 6}, "rounds is 6; allowed: a whole number from 7"),
            ({"input": "file"}, "there is no input_file; choose a file"),
            ({"memory_limit": 0.0}, "memory_limit is 0.0; allowed"),
            ({"m": 2.5}, "m is 2.5; allowed: a whole number"),
            ({"input_scale": math.nan}, "input_scale is nan"),
        ],
    )
    def test_bad_values(self, given: dict[str, Any], sentence: str) -> None:
        with pytest.raises(ValueError) as caught:
            Parameters(**given)
        assert sentence in str(caught.value)

    def test_a_missing_gpu_is_one_sentence(self) -> None:
        import torch

        if torch.cuda.is_available():
            pytest.skip("there is a GPU")
        run = experiment.run(Parameters(device="cuda"), "full", Cache(), experiment.views)
        with pytest.raises(ValueError, match="device is 'cuda', and PyTorch finds no NVIDIA GPU"):
            list(run)


class TestOwnInput:
    def given(self, *shape: int) -> Any:
        rng = np.random.default_rng(0)
        return kernlab.own_arrays({name: rng.standard_normal(shape) for name in "qkv"})

    @pytest.mark.parametrize("shape", [(300, 8), (2, 300, 8), (1, 2, 300, 8)])
    def test_it_has_sizes_and_a_length_of_its_own(self, shape: tuple[int, ...]) -> None:
        p = Parameters(input="file", input_file=self.given(*shape))
        assert p.grid == (256, 300)
        assert p.sizes == (1, 2 if len(shape) > 2 else 1, 8)

    def test_its_values_are_used(self) -> None:
        data = self.given(40, 8)
        b = bench(input="file", input_file=data, input_scale=2.0, dtype="float64")
        q, k, _ = b.tensors(40)
        np.testing.assert_array_equal(q[0, 0].numpy(), 2 * data.arrays["q"])
        np.testing.assert_array_equal(k[0, 0].numpy(), data.arrays["k"])

    def test_a_run_of_it(self) -> None:
        p = Parameters(**SMALL | {"input": "file", "input_file": self.given(40, 8)})
        tables = tables_of(experiment.run(p, "coarse", Cache(), experiment.views))
        assert tables["errors"]["n"].tolist() == [40]
        assert tables["matrix_summary"]["n"][0] == 40

    @pytest.mark.parametrize(
        ("arrays", "sentence"),
        [
            ({"q": np.ones((3, 4)), "k": np.ones((3, 4)), "v": np.ones((4, 4))}, "the same shape"),
            (dict.fromkeys("qkv", np.ones((1, 4))), "sequences of length 1; allowed: from 2"),
        ],
    )
    def test_shapes_that_do_not_fit(self, arrays: Any, sentence: str) -> None:
        with pytest.raises(ValueError, match=sentence):
            Parameters(input="file", input_file=kernlab.own_arrays(arrays))


class TestLimits:
    def test_naive_at_16384_is_refused_and_confirmed_by_a_higher_limit(self) -> None:
        p = Parameters(lengths=("16384",), heads=1)
        assert methods.refused(p, "naive", 16_384)
        assert not methods.refused(Parameters(lengths=("16384",), heads=1, memory_limit=3.0),
                                   "naive", 16_384)  # fmt: skip
        assert not errors.may_run(p, "naive", 16_384)
        assert errors.may_run(p, "fused", 16_384)

    def test_a_refused_method_is_in_no_table_but_the_predictions(self) -> None:
        b = bench(lengths=("512",), heads=16, memory_limit=0.1, methods=("naive", "mean"),
                  batch=8)  # fmt: skip
        assert methods.refused(b.p, "naive", 512)
        table = errors.table(b.p, b.p.grid, {})
        assert np.isnan(table["naive"]).all()
        done = drained(times.timed(b, 512, {}))
        assert set(done.summaries) == {"mean"}
        assert peaks.table(b.p, {})["naive_predicted"][0] > 100

    def test_a_call_that_would_take_too_long_is_left_out(self) -> None:
        p = Parameters(lengths=("16384",), heads=64, batch=64, methods=("fused",))
        assert not errors.may_run(p, "fused", 16_384)
        assert not times.may_time(p, "fused", 16_384, {"fused": (8192, 40.0)})

    def test_the_limit_is_what_a_run_is_refused_by(self) -> None:
        p = Parameters(memory_limit=100.0, heads=64, lengths=("4096", "16384"))
        panel: Any = experiment
        with pytest.raises(MemoryRefused, match="lower memory_limit"):
            check(panel, p, "full", limit=4_000_000_000)
        check(panel, Parameters(), "full", limit=4_000_000_000)

    @pytest.mark.parametrize("method", METHODS)
    def test_predictions_grow_with_the_length(self, method: str) -> None:
        p = Parameters(lengths=("256", "16384"))
        assert methods.predicted_bytes(p, method, 16_384) > methods.predicted_bytes(p, method, 256)


class TestErrors:
    def test_the_exact_methods_are_exact(self) -> None:
        b = bench(dtype="float64", input="gaussian")
        for name in ("naive", "fused"):
            error, low, high = drained(errors.error_of(b, name, 256))
            assert low <= error <= high < 1e-13

    def test_sampled_rows_estimate_the_error_of_all(self) -> None:
        import torch

        b = bench(lengths=("1024",), input="gaussian")
        found, _, _ = drained(errors.error_of(b, "favor", 1024))
        q, k, v = b.tensors(1024)
        exact = torch.softmax(q.double() @ k.double().mT / 4, -1) @ v.double()
        whole = float((b.call("favor", 1024)().double() - exact).norm() / exact.norm())
        assert found == pytest.approx(whole, rel=0.05)

    def test_favor_is_worse_than_the_mean_of_v_on_normal_inputs(self) -> None:
        b = bench(lengths=("512",), head_dim=64, heads=1, m=256, input="gaussian")
        favor, mean = (drained(errors.error_of(b, name, 512))[0] for name in ("favor", "mean"))
        assert favor > 1 > mean > 0.7

    def test_a_zero_scale_makes_the_mean_exact(self) -> None:
        b = bench(input_scale=0.01)
        assert drained(errors.error_of(b, "mean", 256))[0] < 0.05

    def test_coarse_errors_lie_between_the_heads_of_a_full_run(self) -> None:
        for method in ("nystrom", "mean"):
            coarse = drained(errors.error_of(bench(full=False, heads=1), method, 256))[0]
            full = drained(errors.error_of(bench(heads=1), method, 256))[0]
            assert coarse == pytest.approx(full, rel=0.2)


def _overflowing() -> Parameters:
    """Own Q and K whose products are beyond float32, and not beyond float64."""
    q, k, v = np.random.default_rng(1).standard_normal((3, 40, 8))
    data = kernlab.own_arrays({"q": 1e25 * q, "k": 1e25 * k, "v": v})
    chosen = ("naive", "taylor", "mean")
    return Parameters(**SMALL | {"input": "file", "input_file": data, "methods": chosen})


class TestDivergence:
    def test_it_is_an_infinite_error_and_is_named_with_the_errors(self) -> None:
        p = _overflowing()
        tables = tables_of(experiment.run(p, "coarse", Cache(), (OVERVIEW,)))
        assert tables["errors"]["taylor"].tolist() == [math.inf]
        assert np.isfinite(tables["errors"]["mean"]).all()
        shown = {figure.key: figure for figure in experiment.figures(p, tables)}
        for key in ("error-length", "table-3"):
            assert "Taylor diverged at n = 40" in shown[key].note
        draw(shown["error-length"], tables)
        answer = experiment.answer(p, tables)
        assert "mean of V **" in answer and "Taylor **" not in answer
        assert answer.endswith("Taylor diverged at n = 40.")

    def test_the_answer_ranks_only_what_was_measured(self) -> None:
        p = Parameters(lengths=("256", "512"), methods=("fused", "favor", "nystrom", "mean"))
        done = _done(p, {name: (1.0, 2.0) for name in p.methods})
        cells = {(name, n): (0.3,) * 3 for name in p.methods for n in p.grid}
        cells["nystrom", 512] = (math.inf,) * 3
        tables = drained(overview.tables(Bench(p, True, Cache()), cells, done))
        tables["errors"] = errors.table(p, p.grid, cells)
        answer = experiment.answer(p, tables)
        assert answer.startswith("At n = 512 **FAVOR+** errs least of the approximations measured")
        assert answer.endswith("Nyström diverged at n = 512.")
        assert "Nyström diverged at n = 512" in next(
            sheet.note for sheet in experiment.figures(p, tables) if sheet.key == "table-3"
        )

    def test_errors_in_the_answer_are_all_of_one_length(self) -> None:
        p = Parameters(lengths=("256", "512"), methods=("naive", "nystrom", "mean"))
        cells = {("nystrom", 256): (0.25,) * 3, ("mean", 256): (0.5,) * 3,
                 ("mean", 512): (0.75,) * 3}  # fmt: skip
        tables = {"errors": errors.table(p, p.grid, cells)}
        expected = "Relative errors at n = 256: Nyström **0.25**, mean of V **0.50**."
        assert experiment.answer(p, tables) == expected


class TestBench:
    def test_the_forms_of_favor_share_one_projection_which_the_budget_counts(self) -> None:
        b = bench(m=64)
        before = b.cache.used
        for name in ("favor", "favor-centred", "favor-chunked"):
            b.call(name, 256)
        tensors = sum(t.nbytes for t in b.tensors(256))
        projection = 4 * 64 * 16
        assert projection <= b.cache.used - before - tensors < 2 * projection

    def test_a_setting_of_another_method_does_not_draw_it_again(self) -> None:
        b = bench()
        other = Bench(Parameters(**SMALL | {"temperature": 0.3}), True, b.cache)
        assert b.projection(16) is other.projection(16)
        assert bench(seed=2).projection(16).ne(b.projection(16)).any()

    def test_what_takes_long_to_load_is_announced(self) -> None:
        done = subprocess.run([sys.executable, "-c", LOADING], capture_output=True, text=True)
        assert done.stderr == ""
        assert done.stdout.splitlines() == [
            "torch: loading PyTorch, about 2 s",
            "numba: loading compiled routines, about 0.5 s",
            "pivots: loading the coreset's compiled routine, about 0.5 s",
        ]


LOADING = """
import os
import sys
from kernlab.engine.contract.cache import Cache
from kernlab.engine.experiments.attention_timing import experiment

p = experiment.Parameters(lengths=("256",), heads=1, methods=("coreset",))
missing = ["torch", "numba", "pivots"]
said = "nothing"


def loaded(name):
    if name != "pivots":
        return name in sys.modules
    module = sys.modules.get("kernlab.engine.numerics.attention_pivots")
    return module is not None and bool(module.take_pivots.signatures)


for step in experiment.run(p, "coarse", Cache(), experiment.views[:1]):
    for name in [name for name in missing if loaded(name)]:
        print(f"{name}: {said}", flush=True)
        missing.remove(name)
    if not missing:
        os._exit(0)
    said = step.note
"""


def _sample(method: str, at: int, seconds: float, probe: float = 1e-4) -> Sample:
    return Sample(method, at, at, seconds, seconds, probe)


def _done(p: Parameters, seconds: Mapping[str, tuple[float, ...]]) -> dict[int, times.Timed]:
    """Times as if measured, the same in each round."""
    done = {}
    for place, n in enumerate(p.grid):
        rows = [_sample(name, at, row[place]) for name, row in seconds.items() for at in range(7)]
        done[n] = times.Timed(n, tuple(rows), (0.1, 0.2))
    return done


class TestTimes:
    PAPER = Parameters(
        lengths=tuple(map(str, table3.LENGTHS)), methods=("fused", "favor", "nystrom")
    )

    def test_the_tables_of_table_3(self) -> None:
        p, done = self.PAPER, _done(self.PAPER, table3.SECONDS)
        assert times.times_table(p, done)["favor"].tolist() == list(table3.SECONDS["favor"])
        fits = drained(times.fits_table(p, done))
        crossings = dict(zip(fits["method"].tolist(), fits["crossover"].tolist(), strict=True))
        assert crossings["favor"] == pytest.approx(1640, rel=0.01)
        assert crossings["nystrom"] == pytest.approx(1280, rel=0.01)
        assert fits["crossover_text"][0] == "the baseline"
        beside = times.beside_table(p, done, None)
        np.testing.assert_allclose(beside["favor"], beside["favor_paper"])
        ratios = times.ratio_table(p, done)
        assert ratios["fused"].tolist() == [1.0] * 7

    def test_a_run_can_stop_between_the_bootstraps_of_two_methods(self) -> None:
        steps = list(times.fits_table(self.PAPER, _done(self.PAPER, table3.SECONDS)))
        assert len(steps) == len(self.PAPER.methods)

    def test_times_are_volatile(self) -> None:
        p, done = self.PAPER, _done(self.PAPER, table3.SECONDS)
        for table in (times.times_table(p, done), times.ratio_table(p, done)):
            assert set(table.columns) - table.volatile == {"n"}

    def test_an_unsettled_exponent_says_so(self) -> None:
        p = Parameters(lengths=("256", "512", "1024"), methods=("fused", "mean"))
        done = _done(p, {"fused": (1.0, 2.0, 8.0), "mean": (1.0, 2.0, 4.0)})
        texts = drained(times.fits_table(p, done))["exponent_text"].tolist()
        assert texts[0].endswith("not yet asymptotic") and texts[1] == "1.00 (1.00 to 1.00)"

    def test_a_fit_to_disturbed_samples_says_so(self) -> None:
        p = Parameters(lengths=("256", "512"), methods=("fused",))
        done = {}
        for n in p.grid:
            rows = [_sample("fused", at, 1.0, 1e-4 if at < 3 else 1e-3) for at in range(9)]
            done[n] = times.Timed(n, tuple(rows), (0.0, 0.0))
        text = str(drained(times.fits_table(p, done))["exponent_text"][0])
        assert text.endswith("disturbed: 3 clean samples")

    def test_disturbed_samples_stay_visible(self) -> None:
        p = Parameters(**SMALL | {"methods": ("fused",)})
        rows = [_sample("fused", at, 1.0) for at in range(7)] + [_sample("fused", 7, 3.0, 1e-3)]
        table = times.samples_table(p, times.Timed(256, tuple(rows), (0.0, 0.0)))
        assert np.isnan(table["fused"]).tolist() == [False] * 7 + [True]
        assert table["marked"][7] == 3.0

    def test_a_real_measurement_is_kept_for_other_inputs(self) -> None:
        b = bench(methods=("fused", "mean"))
        steps = list(times.timed(b, 256, {}))
        assert any("timing mean of V at n = 256" in step.note for step in steps)
        again = Bench(Parameters(**SMALL | {"methods": ("fused", "mean"), "input": "gaussian"}),
                      True, b.cache)  # fmt: skip
        done = drained(times.timed(again, 256, {}))
        assert len(done.samples) >= 14 and all(s.median > 0 for s in done.summaries.values())


class TestPeaks:
    def test_the_child_confirms_the_prediction_and_nothing_is_measured_twice(self) -> None:
        b = bench(lengths=("2048",), heads=2, methods=("naive", "fused"))
        cells = drained(peaks.measured(b, b.p.methods, (2048,)))
        naive = cells["naive", 2048]
        if math.isnan(naive):
            pytest.skip("this system does not tell")
        predicted = methods.predicted_bytes(b.p, "naive", 2048)
        assert 0.5 < naive / predicted < 2
        assert cells["fused", 2048] < naive / 5
        assert list(peaks.measured(b, b.p.methods, (2048,))) == []

    def test_closing_the_run_ends_the_child(self) -> None:
        steps = peaks.measured(bench(), ("mean",), (256,))
        assert next(steps).note.startswith("peak memory")
        child = steps.gi_frame.f_locals["answers"].gi_frame.f_locals["child"]  # type: ignore[attr-defined]
        steps.close()
        assert child._process.poll() is not None and not child._reader.is_alive()


class TestClaims:
    def test_at_small_parameters(self) -> None:
        claims = judged()
        verdicts = {name: claim.verdict for name, claim in claims.items()}
        assert verdicts["A1"] == "holds"
        assert [verdicts[name] for name in ("A2", "A3", "A4", "A5", "A7")] == ["fails"] * 5
        assert verdicts["A8"] == verdicts["A9"] == "inconclusive"
        assert claims["A8"].preset == table3.PRESET

    def test_a4_holds_where_the_matrix_is_symmetric(self) -> None:
        same = np.random.default_rng(0).standard_normal((64, 8))
        zero = kernlab.own_arrays({"q": 0 * same, "k": same, "v": same})
        given = (("input", "file"), ("input_file", zero))
        claims = judged(*given)
        assert claims["A4"].verdict == "holds"
        assert claims["A7"].verdict == "inconclusive"

    def test_a6_holds_where_landmarks_are_far_apart(self) -> None:
        far = 40.0 * np.eye(32)
        data = kernlab.own_arrays({"q": far, "k": far, "v": far})
        claims = judged(("input", "file"), ("input_file", data), ("landmarks", 31))
        assert claims["A6"].verdict == "holds"
        assert judged()["A6"].verdict == "fails"

    def test_a8_at_the_setting_of_the_table(self) -> None:
        preset = next(p for p in experiment.presets if p.title == table3.PRESET)
        p = Parameters(**preset.parameters)
        row = {name: math.nan for name in ("growth_favor", "growth_nystrom")}
        found = experiment.claims(p, {"claims": _claims_row(row)})
        claim = next(claim for claim in found if claim.id == "A8")
        assert claim.verdict == "fails"
        assert claim.predicted == pytest.approx(3.74, abs=0.005)
        assert claim.measured == pytest.approx(3.76, abs=0.005)

    @pytest.mark.parametrize(
        ("power", "wanted", "chosen"),
        [(2.0, "holds", ("naive",)), (1.0, "fails", ("naive",)), (2.0, "inconclusive", ("fused",))],
    )
    def test_a9(self, power: float, wanted: str, chosen: tuple[str, ...]) -> None:
        row = {"memory_n": 4096.0, "naive_power": power, "fused_power": 1.0,
               "naive_bytes": 1e9, "fused_bytes": 1e7}  # fmt: skip
        found = experiment.claims(Parameters(methods=chosen), {"claims": _claims_row(row)})
        claim = next(claim for claim in found if claim.id == "A9")
        assert claim.verdict == wanted
        assert ("materialized" in claim.reason) or wanted == "inconclusive"

    @pytest.mark.parametrize(("favor", "nystrom", "wanted", "said"), [
        (0.001, math.inf, "fails", "Nyström diverged"),
        (math.inf, 0.001, "fails", "FAVOR+ diverged"),
        (0.001, math.nan, "inconclusive", "not finite"),
        (math.nan, 0.001, "inconclusive", "not finite"),
        (0.001, 0.002, "holds", "Nyström errs by 0.002"),
    ])  # fmt: skip
    def test_a10_holds_only_where_both_errors_are_finite(
        self, favor: float, nystrom: float, wanted: str, said: str
    ) -> None:
        row = {"favor_error": favor, "nystrom_error": nystrom, "mean_error": 0.5}
        found = experiment.claims(Parameters(), {"claims": _claims_row(row)})
        claim = next(claim for claim in found if claim.id == "A10")
        assert claim.verdict == wanted and said in claim.reason

    def test_a10_names_what_diverged_in_a_run(self) -> None:
        p = _overflowing()
        tables = tables_of(experiment.run(p, "full", Cache(), (CLAIMS,)))
        claim = next(claim for claim in experiment.claims(p, tables) if claim.id == "A10")
        assert claim.verdict == "fails" and "FAVOR+ diverged" in claim.reason

    @pytest.mark.parametrize(("claim_id", "column"), [
        (claim_id, name) for claim_id, names in READS.items() for name in names
    ])  # fmt: skip
    def test_a_number_that_is_missing_leaves_a_claim_open(self, claim_id: str, column: str) -> None:
        found = experiment.claims(Parameters(), {"claims": _claims_row({column: math.nan})})
        verdicts = {claim.id: claim.verdict for claim in found}
        assert verdicts[claim_id] == "inconclusive"

    def test_a7_judges_one_rank_where_every_token_is_a_landmark(self) -> None:
        claim = judged(("input", "gaussian"), ("landmarks", 256), ("iterations", 30),
                       ("head_dim", 64))["A7"]  # fmt: skip
        assert claim.verdict == "fails"
        assert isinstance(claim.predicted, float) and isinstance(claim.measured, float)
        assert claim.measured > claim.predicted > 1e-8

    def test_a10_in_its_preset(self) -> None:
        given = {"input": "gaussian", "head_dim": 64, "m": 256, "lengths": ("512",), "heads": 1}
        claim = judged(*given.items())["A10"]
        assert claim.verdict == "fails" and isinstance(claim.measured, float)
        assert claim.measured > 1

    def test_a10_holds_for_nearly_equal_weights(self) -> None:
        given = {"input_scale": 0.05, "m": 4096, "head_dim": 8, "landmarks": 64}
        assert judged(*given.items())["A10"].verdict == "holds"


@cache
def _small_claims() -> Table:
    return tables_of(experiment.run(Parameters(**SMALL), "full", Cache(), (CLAIMS,)))["claims"]


def _claims_row(given: dict[str, float]) -> Table:
    """A row of measures in which the others are what a small run has."""
    columns = {name: np.array(column) for name, column in _small_claims().columns.items()}
    return Table(columns | {name: np.array([value]) for name, value in given.items()})


class TestViews:
    @pytest.mark.parametrize("method", [name for name in METHODS if name not in ("naive", "fused")])
    def test_every_approximation_is_shown_as_a_matrix(self, method: str) -> None:
        p = Parameters(**SMALL | {"shown": method})
        tables = tables_of(experiment.run(p, "coarse", Cache(), (MATRIX,)))
        exact = tables["matrix"]["exact"].reshape(128, 128)
        np.testing.assert_allclose(exact.sum(1), 128, rtol=1e-12)
        rows = tables["approximation"]["value"].reshape(128, 128).sum(1)
        if method not in ("coreset", "nystrom"):
            np.testing.assert_allclose(rows, 128, rtol=1e-9)
        for figure in experiment.figures(p, tables):
            if figure.view == MATRIX:
                draw(figure, tables)

    def test_estimates_scatter_as_the_closed_forms_say(self) -> None:
        p = Parameters(**SMALL)
        tables = tables_of(experiment.run(p, "full", Cache(), (ESTIMATES,)))
        kernel, drawn = tables["kernel"], tables["kernel_draws"]
        for kind in ("positive", "trigonometric", "hyperbolic"):
            sd = np.repeat(kernel[kind], len(drawn) // len(kernel))
            near = sd < 0.3
            z = (drawn[kind] - 1)[near] / sd[near]
            assert abs(z.mean()) < 0.35 and 0.7 < z.std() < 1.4
        haar, raw = tables["orthogonal"]["haar"], tables["orthogonal"]["raw"]
        assert abs(haar[2] - 1) < 0.01 and raw[4] < 0.9

    @pytest.mark.parametrize(("fidelity", "draws"), [("coarse", 8), ("full", 24)])
    def test_estimates_say_how_many_were_drawn_of_how_many_features(
        self, fidelity: Any, draws: int
    ) -> None:
        for m, scaled in ((512, False), (513, True)):
            p = Parameters(**SMALL | {"m": m})
            tables = tables_of(experiment.run(p, fidelity, Cache(), (ESTIMATES,)))
            shown = {figure.key: figure.note for figure in experiment.figures(p, tables)}
            assert shown["estimates"].startswith(f"{draws} draws; ")
            for key in ("estimates", "variance"):
                said = "drawn with 512 features, spread scaled" in shown[key]
                assert said == scaled

    def test_no_times_while_a_slider_moves(self) -> None:
        p = Parameters(**SMALL)
        tables = tables_of(experiment.run(p, "coarse", Cache(), experiment.views))
        drawn = [f for f in experiment.figures(p, tables) if f.tables <= set(tables)]
        assert drawn and not any(f.timing for f in drawn)

    def test_a_method_keeps_its_style(self) -> None:
        p = Parameters(methods=tuple(METHODS))
        styles = [STYLES[name] for name in METHODS]
        assert len({(s.role, s.dash, s.marker) for s in styles}) == len(METHODS)
        assert len(experiment.figures(p, {})) == len({f.key for f in experiment.figures(p, {})})

    def test_formulas_can_be_read(self) -> None:
        for formula in experiment.formulas(Parameters(), {}):
            assert readable(formula.latex) and readable(formula.numbers)

    @pytest.mark.parametrize("preset", experiment.presets, ids=lambda preset: preset.title)
    def test_presets_run_coarse(self, preset: Any) -> None:
        p = Parameters(**preset.parameters)
        tables = tables_of(experiment.run(p, "coarse", Cache(), experiment.views))
        assert experiment.answer(p, tables)

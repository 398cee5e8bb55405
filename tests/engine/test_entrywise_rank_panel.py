"""The entrywise-rank experiment: its arrays, bounds and warm starts, its claims, its edges."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from scipy.stats import ks_2samp

from kernlab.engine import catalogue
from kernlab.engine.contract.cache import Cache
from kernlab.engine.contract.drawing import Drawing, draw
from kernlab.engine.contract.parameters import own_matrix
from kernlab.engine.contract.table import Table
from kernlab.engine.experiments.entrywise_rank import devices, matrices, solving
from kernlab.engine.experiments.entrywise_rank import tables as table_makers
from kernlab.engine.experiments.entrywise_rank.bench import Bench
from kernlab.engine.numerics import low_rank, max_norm
from kernlab.engine.numerics.steps import drain
from kernlab.engine.numerics.tensor_chain import contract

experiment = catalogue.get("entrywise-rank")
SMALL: dict[str, Any] = {"n": 40, "m": 20, "rank": 5, "repeats": 1}


def tables_of(
    views: tuple[str, ...], fidelity: Any = "full", cache: Cache | None = None, **parameters: Any
) -> dict[str, Table]:
    tables: dict[str, Table] = {}
    p = experiment.Parameters(**{**SMALL, **parameters})
    for step in experiment.run(p, fidelity, cache or Cache(), views):
        tables.update(step.tables)
    return tables


def made_by(p: Any, cache: Cache | None = None, *, rotated: bool = False) -> matrices.Made:
    return drain(matrices.make(p, cache or Cache(), rotated=rotated))


# -- arrays -------------------------------------------------------------------------------------


@pytest.mark.parametrize("sampling", ["symmetric", "independent"])
@pytest.mark.parametrize("function", ["gaussian", "quartic", "exponential", "cauchy", "attention"])
@pytest.mark.parametrize("rows", [200, 4_000_000])
def test_slices_make_the_same_matrix(
    function: str, sampling: str, rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matrices, "SLICE", rows)
    p = experiment.Parameters(function=function, sampling=sampling, n=30, m=7, rank=3, seed=5)
    made = made_by(p)
    oracle = max_norm.function_matrix(function, 30, 7, sampling=sampling, rng=5)
    assert np.allclose(made.array, oracle, rtol=1e-12, atol=1e-14)
    assert made.symmetric == (sampling == "symmetric")
    if made.symmetric:
        assert np.array_equal(made.array, made.array.T)
    assert made.size == pytest.approx(np.abs(oracle).max())
    assert made.constant == pytest.approx(max_norm.constant_error(oracle))


def test_tensors_and_their_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matrices, "SLICE", 300)
    p = experiment.Parameters(function="sinh", order="3", n=12, m=4, rank=3, seed=2)
    assert np.allclose(made_by(p).array, max_norm.function_tensor("sinh", 12, 4, rng=2))


def test_the_randomized_svd_is_close() -> None:
    p = experiment.Parameters(n=350, m=3, rank=20)
    made, cache = made_by(p), Cache()
    steps = matrices.spectrum(made, 20, False, cache)
    for _ in steps:
        pass
    found = cache.peek("spectrum", made.key)
    exact = np.linalg.svd(made.array, compute_uv=False)
    assert not found.exact
    assert np.allclose(found.values[:20], exact[:20], rtol=1e-3)
    left, right = found.factors(20)
    assert np.linalg.norm(made.array - left @ right) <= 1.01 * np.linalg.norm(exact[20:])


@pytest.mark.parametrize("rows", [200, 4_000_000])
@pytest.mark.parametrize("sampling", ["symmetric", "independent"])
def test_a_formula_of_ones_own(sampling: str, rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matrices, "SLICE", rows)
    p = experiment.Parameters(
        function="formula", formula="1 / (1 + d2)", sampling=sampling, n=30, m=7, rank=3
    )
    oracle = max_norm.function_matrix("cauchy", 30, 7, sampling=sampling, rng=0)
    made = made_by(p)
    assert np.allclose(made.array, oracle)
    assert made.symmetric == (sampling == "symmetric")


@pytest.mark.parametrize("formula", ["__import__('os')", "x.shape", "f(", "", "x"])
def test_hostile_formulas_are_refused(formula: str) -> None:
    with pytest.raises(ValueError, match="formula"):
        experiment.Parameters(function="formula", formula=formula)


def test_a_formula_that_divides_by_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="division by zero"):
        tables_of(("Solve",), function="formula", formula="1 / d2")


def test_a_matrix_of_ones_own() -> None:
    values = np.random.default_rng(0).standard_normal((30, 50))
    parameters: dict[str, Any] = {"function": "file", "matrix_file": own_matrix(values)}
    tables = tables_of((*experiment.views, "claims"), **parameters)
    u, s, v = np.linalg.svd(values, full_matrices=False)
    svd = np.abs((u[:, :5] * s[:5]) @ v[:5] - values).max()
    sheet = tables["solvers"]
    assert sheet["error"][1] == pytest.approx(svd)
    assert 0 < sheet["lower"][0] <= sheet["relative"][0] < sheet["relative"][1]
    assert tables["residual"].grid == (30, 50)
    p = experiment.Parameters(**{**SMALL, **parameters})
    for figure in experiment.figures(p, tables):
        draw(figure, tables)


def test_queries_and_keys_of_ones_own() -> None:
    q, k = np.random.default_rng(0).standard_normal((2, 30, 9))
    files = {"q_file": own_matrix(q), "k_file": own_matrix(k[:25])}
    made = made_by(experiment.Parameters(function="attention", rank=3, **files))
    assert np.allclose(made.array, np.exp(q @ k[:25].T / 3.0))
    with pytest.raises(ValueError, match="k_file"):
        experiment.Parameters(function="attention", q_file=own_matrix(q))
    with pytest.raises(ValueError, match="give both the same"):
        experiment.Parameters(
            function="attention", q_file=own_matrix(q), k_file=own_matrix(k[:, :5])
        )


# -- solvers and bounds -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"sampling": "independent", "points": "sphere"},
        {"function": "quartic", "points": "normal", "m": 2},
        {"function": "identity"},
        {"function": "attention", "rank": 1},
        {"function": "sinh", "order": "3", "n": 14, "rank": 3},
    ],
)
def test_no_error_is_below_the_bound(parameters: dict[str, Any]) -> None:
    tables = tables_of(("Solve",), solver=("ours", "published", "svd", "sketch"), **parameters)
    sheet = tables["solvers"]
    assert (sheet["relative"] >= sheet["lower"][0]).all()
    assert sheet["error"][0] == sheet["error"].min()
    bounds = tables["trace_bound"]["bound"]
    assert (np.diff(bounds[np.isfinite(bounds)]) >= 0).all()


def test_the_svd_is_the_svd() -> None:
    sheet = tables_of(("Solve",), solver=("svd",))["solvers"]
    matrix = max_norm.function_matrix("gaussian", 40, 20, rng=0)
    u, s, v = np.linalg.svd(matrix)
    assert sheet["error"][0] == pytest.approx(np.abs((u[:, :5] * s[:5]) @ v[:5] - matrix).max())


def test_the_bound_of_the_identity_is_welchs() -> None:
    tables = tables_of(
        ("Solve", "Against n and rank"), function="identity", n=32, rank=4, repeats=1
    )
    welch = max_norm.welch_bound(32, 4)
    assert tables["solvers"]["lower"][0] == pytest.approx(welch, rel=1e-6)
    assert tables["solvers"]["error"][0] >= welch
    ranks = tables["ranks"]
    assert (ranks["ours"] >= ranks["welch"]).all()


def test_a_block_bounds_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = tables_of(("Solve",), n=60)["solvers"]["lower"][0]
    monkeypatch.setattr(solving, "CERTIFIED", 30)
    block = tables_of(("Solve",), n=60)["solvers"]
    assert 0 < block["lower"][0] <= block["relative"][0]
    assert block["lower"][0] <= 1.02 * whole


@pytest.mark.parametrize("near", [4, 7])
def test_dragging_the_rank_never_ends_worse_than_a_cold_solve(near: int) -> None:
    cache = Cache()
    for rank in (near, 5):
        tables_of(("Solve",), "coarse", cache, rank=rank)
    warm = tables_of(("Solve",), cache=cache)["solvers"]["error"][0]
    cold = tables_of(("Solve",))["solvers"]["error"][0]
    assert warm <= cold


def test_a_moving_slider_shows_more_than_the_svd() -> None:
    sheet = tables_of(("Solve",), "coarse", n=100, m=50)["solvers"]
    assert sheet["error"][0] < 0.7 * sheet["error"][1]


@pytest.mark.parametrize("kind", ["ball", "sphere", "normal"])
@pytest.mark.parametrize("sampling", ["symmetric", "independent"])
@pytest.mark.parametrize("function", ["cauchy", "attention"])
def test_points_of_a_stand_in_have_the_law_of_those_drawn(
    function: str, sampling: str, kind: str
) -> None:
    samples = np.empty((2, 1500, 3))
    for seed in range(samples.shape[1]):
        p = experiment.Parameters(
            function=function, sampling=sampling, points=kind, n=10, m=30, rank=3, seed=seed
        )
        F = max_norm.function_matrix(function, 10, 30, sampling=sampling, points=kind, rng=seed + 1)
        for at, matrix in enumerate((made_by(p, rotated=True).array, F)):
            log = np.log(matrix)
            samples[at, seed] = log[0, 1], log[9, 7] + log[8, 9], np.linalg.det(matrix[:3, 6:9])
    for stand_in, drawn in zip(*samples.transpose(0, 2, 1), strict=True):
        assert ks_2samp(stand_in, drawn).pvalue > 1e-4


def test_a_moving_slider_keeps_the_rows_in_many_dimensions_and_says_what_it_shows() -> None:
    for n, m, told in ((200, 10_000, "preview with other points of the same law"),
                       (1000, 10_000, "preview with n = 360 and other points of the same law"),
                       (1000, 30, "preview with n = 360"),
                       (200, 300, "")):  # fmt: skip
        tables, cache = tables_of(("Solve",), "coarse", n=n, m=m), Cache()
        assert tables["residual_summary"]["rows"][0] == min(n, 360)
        p = experiment.Parameters(**{**SMALL, "n": n, "m": m})
        note = next(f.note for f in experiment.figures(p, tables) if f.key == "residual")
        assert note == told if told else "preview" not in note
    tables_of(("Solve",), "full", cache, m=10_000)
    at_hand = tables_of(("Solve",), "coarse", cache, m=10_000)
    assert not at_hand["residual_summary"]["rotated"][0]


def test_an_exact_start_is_drawn_once() -> None:
    p = experiment.Parameters(m=1)
    steps = experiment.run(p, "coarse", Cache(), ("Solve",))
    assert sum("residual" in step.tables for step in steps) == 1


LOADING = """
import sys
from kernlab.engine import catalogue
from kernlab.engine.contract.cache import Cache

experiment = catalogue.get("entrywise-rank")
p = experiment.Parameters(n=20, m=5, rank=2, solver=("ours", "published", "svd", "sketch"))
steps = experiment.run(p, sys.argv[1], Cache(), ("Solve",))
first = next(steps)
assert "loading" in first.note and "numba" not in sys.modules, first
assert not next(steps).note
loaded = set(sys.modules)
list(steps)
slow = {name for name in set(sys.modules) - loaded if name.startswith(("kernlab", "scipy."))}
assert not slow, slow
again = next(experiment.run(p, sys.argv[1], Cache(), ("Solve",)))
assert not again.note, again
"""


@pytest.mark.parametrize("fidelity", ["coarse", "full"])
def test_the_first_run_announces_what_it_loads(fidelity: str) -> None:
    found = subprocess.run([sys.executable, "-c", LOADING, fidelity], capture_output=True,
                           text=True, check=False)  # fmt: skip
    assert found.returncode == 0, found.stderr


@pytest.mark.parametrize("fidelity", ["coarse", "full"])
def test_the_smallest_error_so_far_never_rises(fidelity: Any) -> None:
    trace = tables_of(("Solve",), fidelity, n=120, m=50)["trace_ours"]
    assert (np.diff(trace["seconds"]) >= 0).all()
    assert (np.diff(trace["error"]) <= 0).all()


def test_the_residual_shows_its_clipped_entries() -> None:
    tables = tables_of(("Solve",))
    image, clipped = tables["residual"], tables["clipped"]
    values = image["residual"].reshape(image.grid)
    largest = np.abs(values).max()
    assert largest == pytest.approx(tables["solvers"]["relative"][0], rel=1e-6)
    i, j = clipped["row"].astype(int) - 1, clipped["column"].astype(int) - 1
    assert (np.abs(values[i, j]) >= 0.99 * largest).all()
    assert i.size == tables["residual_summary"]["clipped"][0] == (
        np.abs(values) >= 0.99 * largest
    ).sum()  # fmt: skip


def test_a_cell_of_the_image_shows_the_largest_entry_of_its_block(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(table_makers, "PIXELS", 20)
    tables = tables_of(("Solve",), solver=("svd",))
    matrix = max_norm.function_matrix("gaussian", 40, 20, rng=0)
    u, s, v = np.linalg.svd(matrix)
    rest = matrix - (u[:, :5] * s[:5]) @ v[:5]
    block = rest[2:4, 6:8].ravel()
    image = tables["residual"]["residual"].reshape(20, 20)
    assert image[1, 3] == pytest.approx(block[np.abs(block).argmax()])


@pytest.mark.parametrize("tensor", [False, True])
def test_a_picture_in_blocks_of_rows_is_that_of_the_whole(
    tensor: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind: dict[str, Any] = {"function": "sinh", "order": "3"} if tensor else {}
    parameters = {**kind, "n": 24, "solver": ("svd",)}
    whole = tables_of(("Solve",), **parameters)
    monkeypatch.setattr(low_rank, "_ROWS", 5 * 24 * 55)
    blocks = tables_of(("Solve",), **parameters)
    for name in ("residual", "clipped", "residual_summary"):
        for column, values in whole[name].columns.items():
            assert np.allclose(blocks[name][column], values, rtol=1e-12, atol=1e-13)


def test_singular_values_of_an_unfolded_approximation() -> None:
    kind: dict[str, Any] = {"function": "sinh", "order": "3", "n": 15, "rank": 3}
    tables = tables_of(("Solve",), solver=("svd",), **kind)
    T = made_by(experiment.Parameters(**{**SMALL, **kind})).array
    train = max_norm.truncated_tensor_train(T, 3)
    flat = contract(train.cores).reshape(15, -1)
    found = tables["singular"]["approximation"]
    assert np.allclose(found[:3], np.linalg.svd(flat, compute_uv=False)[:3], rtol=1e-10)
    assert np.isnan(found[3:]).all()


# -- devices ------------------------------------------------------------------------------------


def precisions(**parameters: Any) -> set[str]:
    p = experiment.Parameters(**{**SMALL, **parameters})
    return {s.precision for s in experiment.run(p, "full", Cache(), ("Solve",)) if s.precision}


def test_the_precision_names_the_device_and_what_is_missing_becomes_the_cpu() -> None:
    for device in ("auto", "cpu"):
        assert "errors computed in float64; descent in float32 on the CPU" in precisions(
            device=device
        )
    smooth = precisions(m=2, rank=15, device="cpu")
    assert "errors computed in float64; descent in float64 on the CPU" in smooth
    assert precisions(solver=("svd",)) == {"errors computed in float64"}


def device_of(entries: int, **parameters: Any) -> tuple[list[str], str | None]:
    steps = devices.chosen(experiment.Parameters(**parameters), entries)
    notes = []
    while True:
        try:
            notes.append(next(steps).note)
        except StopIteration as end:
            return notes, end.value


def test_torch_is_asked_only_where_there_may_be_a_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "may_have", lambda name: False)
    assert device_of(10**6) == device_of(10**6, device="cuda") == ([], None)
    monkeypatch.setattr(devices, "may_have", lambda name: True)
    assert device_of(10**5) == device_of(10**6, device="cpu") == ([], None)
    import torch

    notes, found = device_of(10**6)
    assert notes == [""]  # it is loaded already
    assert found == ("cuda" if torch.cuda.is_available() else None)


# -- sweeps -------------------------------------------------------------------------------------


def test_sweeps_stay_between_their_bounds() -> None:
    tables = tables_of(("Against m", "Against n and rank"), n=100, repeats=2)
    for name in ("dimension", "sizes", "ranks"):
        table = tables[name]
        assert (table["lower"] <= table["ours_high"]).all()
        assert (table["ours_low"] <= table["ours"]).all()
        assert (table["ours"] <= table["svd"]).all()
    ranks = tables["ranks"]
    assert (np.diff(ranks["ours"]) < 0).all()
    known = np.isfinite(ranks["bound"])
    assert (ranks["ours"][known] <= ranks["bound"][known]).all() and (
        ranks["bound"][known] < 1
    ).all()
    required = tables["required"]
    assert (required["proved"] <= required["found"]).all()


def test_a_larger_matrix_is_proved_to_need_as_much() -> None:
    proved = []
    for n in (200, 400):
        steps = solving.certified(
            made := made_by(experiment.Parameters(n=n)), 3, 40, cache := Cache()
        )
        for _ in steps:
            if solving.known_bound(made, 3, cache) > 0.3 * made.size:
                break
        proved.append(solving.known_bound(made, 3, cache) / made.size)
    assert min(proved) > 0.3


def test_the_rank_that_is_needed_is_bracketed() -> None:
    p = experiment.Parameters(n=40, m=20, rank=5, target_error=0.2)
    proved, found = drain(Bench(p, True, Cache()).required())
    F = max_norm.function_matrix("gaussian", 40, 20, rng=0)
    assert 1 < proved <= found
    assert max_norm.certify(F, int(proved) - 1) > 0.2
    assert max_norm.low_rank(F, int(found)).error <= 0.205


def test_the_limit_of_high_dimension_is_approached() -> None:
    table = tables_of(("Against m",))["dimension"]
    assert table["limit"][0] == pytest.approx(max_norm.gaussian_limit_bound(40, 5))
    assert table["ours"][-1] >= 0.95 * table["limit"][-1]
    assert np.isnan(tables_of(("Against m",), sampling="independent")["dimension"]["limit"]).all()


# -- edges --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        ({"rank": 300, "n": 200}, "rank up to n"),
        ({"function": "file"}, "matrix_file"),
        ({"function": "file", "matrix_file": own_matrix(np.eye(10))}, "rank up to n"),
        ({"order": "3"}, "sinh"),
        ({"order": "3", "function": "sinh", "n": 1000}, "n up to 120"),
    ],
)
def test_bad_combinations_are_refused(parameters: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        experiment.Parameters(**parameters)


def test_entries_that_overflow_are_refused() -> None:
    with pytest.raises(ValueError, match="overflows"):
        tables_of(("Solve",), function="sinh", points="normal", m=10_000)


@pytest.mark.parametrize(
    "parameters",
    [{"n": 10, "rank": 10}, {"rank": 1, "m": 1}, {"function": "sinh", "points": "normal"}],
)
def test_extremes_give_every_figure(parameters: dict[str, Any]) -> None:
    p = experiment.Parameters(**{**SMALL, **parameters})
    tables = tables_of((*experiment.views, "claims"), **parameters)
    for figure in experiment.figures(p, tables):
        drawing = draw(figure, tables)
        assert isinstance(drawing, Drawing) or figure.key == "solvers"
    assert len(experiment.claims(p, tables)) == 10
    assert len(experiment.formulas(p, tables)) == 5


def test_memory_grows_with_the_entries() -> None:
    p = experiment.Parameters()
    four, ten = (
        experiment.memory(dataclasses.replace(p, n=n), "full")  # type: ignore[attr-defined]
        for n in (4000, 10_000)
    )
    assert 16_000_000 * 24 < four.bytes < 1.5e9
    assert ten.bytes > 2.4e9 and ten.parameter == "n"
    assert experiment.memory(dataclasses.replace(p, m=10_000), "full").parameter == "m"  # type: ignore[attr-defined]

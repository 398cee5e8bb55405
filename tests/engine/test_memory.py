"""The memory guard: a run that cannot fit is refused with the value that would."""

from __future__ import annotations

import pickle
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import kernlab
from kernlab import cli
from kernlab.engine import catalogue
from kernlab.engine.contract import free_memory
from kernlab.engine.contract.memory import Memory, MemoryRefused, check, size
from kernlab.engine.contract.parameters import Columns, OwnData, Span, fields_of, validate
from kernlab.engine.experiments.gapped_sine import memory as gapped_sine
from kernlab.engine.numerics.condensation import CHUNK

GB = 1_000_000_000


@dataclass(frozen=True)
class Parameters:
    n: Annotated[int, Span(10, 100_000_000, log=True)] = 1000
    width: Annotated[float, Span(0, 10)] = 1.0
    rows: Annotated[OwnData | None, Columns(("x",))] = None

    def __post_init__(self) -> None:
        validate(self)


class Needs:
    """An experiment of which only the prediction matters."""

    def __init__(self, per_point: float, base: int = 0, parameter: str = "n") -> None:
        self.per_point, self.base, self.parameter = per_point, base, parameter

    def memory(self, p: Any, fidelity: str) -> Memory:
        points = p.n if fidelity == "full" else min(p.n, 1000)
        return Memory(int(self.base + self.per_point * points * p.width), self.parameter)


def refusal(experiment: Any, p: Any, limit: int) -> str:
    with pytest.raises(MemoryRefused) as refused:
        check(experiment, p, "full", limit)
    return str(refused.value).replace("\u202f", " ")


def test_a_refusal_names_the_figures_and_the_value_that_fits() -> None:
    sentence = refusal(Needs(320), Parameters(n=10_000_000), 2_100_000_000)
    assert sentence == (
        "n = 10 000 000 needs about 3.2 GB, and the limit is 2.1 GB; lower n (to about 6 500 000)"
    )


def test_what_fits_is_not_refused() -> None:
    check(Needs(320), Parameters(n=10_000_000), "full", 3_200_000_000)
    check(Needs(320), Parameters(n=10_000_000), "coarse", 1_000_000)
    check(object(), Parameters(), "full", 0)  # type: ignore[arg-type]  (it predicts nothing)


def test_without_a_limit_a_share_of_the_free_memory_is_the_limit() -> None:
    free = free_memory.measure()
    check(Needs(0, base=int(0.5 * free)), Parameters(), "full")
    with pytest.raises(MemoryRefused, match="can be spared"):
        check(Needs(0, base=free), Parameters(), "full")
    check(Needs(0, base=free), Parameters(), "full", held=free)  # a cache would give way


def test_where_no_value_fits_none_is_promised() -> None:
    sentence = refusal(Needs(1, base=2 * GB), Parameters(n=1_000_000), GB)
    assert sentence.endswith("; lower n")


@given(
    st.floats(0.5, 1000), st.integers(20, 100_000_000), st.integers(0, 10**6), st.integers(1, 10**6)
)
def test_the_value_that_is_promised_fits_and_is_almost_the_largest(
    per_point: float, n: int, base: int, room: int
) -> None:
    experiment = Needs(per_point, base)
    try:
        check(experiment, Parameters(n=n), "full", room)  # type: ignore[arg-type]
    except MemoryRefused as refused:
        sentence = str(refused).replace("\u202f", "")
    else:
        assert int(base + per_point * n) <= room
        return
    largest = (room + 1 - base) / per_point  # of n, as long as `int` does not round up
    if "to about" not in sentence:
        assert largest < 11
        return
    promised = int(sentence.partition("to about ")[2].rstrip(")"))
    check(experiment, Parameters(n=promised), "full", room)  # type: ignore[arg-type]
    assert promised >= 0.89 * min(largest, n) - 1


def test_a_real_number_with_a_linear_range_is_lowered_too() -> None:
    sentence = refusal(Needs(1000, parameter="width"), Parameters(n=1_000_000, width=8.0), 2 * GB)
    assert sentence.startswith("width = 8 needs about 8.0 GB")
    assert float(sentence.partition("to about ")[2].rstrip(")")) in (1.9, 2.0)


def test_of_own_data_a_smaller_file_is_asked_for() -> None:
    rows = kernlab.own_data({"x": np.arange(2000.0)})
    sentence = refusal(Needs(1e6, parameter="rows"), Parameters(rows=rows), 10_000_000)
    assert sentence == (
        "rows with 2 000 rows needs about 1.0 GB, and the limit is 10 MB; choose a smaller file"
    )


def test_a_refusal_travels_between_processes() -> None:
    refused = pickle.loads(pickle.dumps(MemoryRefused("a sentence")))
    assert isinstance(refused, MemoryRefused) and str(refused) == "a sentence"


@pytest.mark.parametrize(
    ("count", "text"),
    [(850_000_000, "850 MB"), (999_600_000, "1.0 GB"), (3_249_000_000, "3.2 GB"), (16e9, "16 GB")],
)
def test_sizes_are_short(count: float, text: str) -> None:
    assert size(int(count)).replace("\u202f", " ") == text


# -- the experiments' predictions ---------------------------------------------------------------


@pytest.mark.parametrize("key", catalogue.keys())
def test_every_prediction_is_positive_and_names_what_can_be_lowered(key: str) -> None:
    experiment: Any = catalogue.get(key)
    fields = {field.name: field for field in fields_of(experiment.Parameters)}
    for preset in [{}, *(dict(preset.parameters) for preset in experiment.presets)]:
        p = experiment.Parameters(**preset)
        coarse, full = experiment.memory(p, "coarse"), experiment.memory(p, "full")
        assert 0 < coarse.bytes <= full.bytes < 4 * GB
        assert fields[full.parameter].span or fields[full.parameter].kind == "data"


def test_gapped_sine_predicts_the_points_that_it_keeps() -> None:
    experiment: Any = catalogue.get("gapped-sine")
    sizes = {n: experiment.memory(experiment.Parameters(n=n), "full").bytes for n in (10**6, 10**7)}
    assert sizes[10**7] - sizes[10**6] == pytest.approx(9_000_000 * 16, rel=0.2)
    assert experiment.memory(experiment.Parameters(n=10**7), "full").parameter == "n"
    assert experiment.memory(experiment.Parameters(m=500), "full").parameter == "m"
    assert gapped_sine.CHUNK == CHUNK


def test_gapped_sine_keeps_no_more_than_the_noise_and_the_place_of_a_point() -> None:
    from kernlab.engine.contract.cache import Cache
    from kernlab.engine.experiments.gapped_sine import data

    cache = Cache()
    p = catalogue.get("gapped-sine").Parameters(n=CHUNK)
    for _ in data.prepare(p, "full", cache):
        pass
    chunk = cache.peek("chunk", ((p.seed, p.domain), 0))
    held = [array if array.base is None else array.base for array in (chunk.x, chunk.values)]
    assert sum(array.nbytes for array in held) == CHUNK * 16


# -- before a run starts --------------------------------------------------------------------------

LIMITED = """
import resource, sys
import psutil, numpy
import kernlab
from kernlab.engine import catalogue
catalogue.get("gapped-sine")
now = psutil.Process().memory_info().vms
resource.setrlimit(resource.RLIMIT_AS, (now + 150_000_000,) * 2)
"""


def child(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", LIMITED + code], capture_output=True, text=True)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no ulimit")
def test_with_little_memory_a_script_is_refused_at_once() -> None:
    done = child(
        "try:\n"
        "    kernlab.stream('gapped-sine', n=10_000_000)\n"
        "except ValueError as error:\n"
        "    print(error)\n"
        "print('numba' in sys.modules)\n"
    )
    assert done.stderr == ""
    sentence, compiled = done.stdout.splitlines()
    sentence = sentence.replace("\u202f", " ")
    assert sentence.startswith("n = 10 000 000 needs about 2")
    assert "can be spared; lower n (to about " in sentence
    assert compiled == "False"


@pytest.mark.skipif(sys.platform == "win32", reason="there is no ulimit")
def test_with_little_memory_the_command_line_says_it_in_one_sentence() -> None:
    done = child(
        "from kernlab import cli\n"
        "sys.exit(cli.main(['run', 'gapped-sine', '--n', '1e7', '--out', '/dev/null']))\n"
    )
    assert done.returncode == cli.BAD_INPUT
    assert done.stderr.startswith("kernlab: n = 10 000 000 needs about 2")
    assert done.stderr.count("\n") == 1 and done.stdout == ""


# -- what is free ---------------------------------------------------------------------------------


def test_what_is_free_is_read_and_plausible() -> None:
    assert 10_000_000 < free_memory.measure() < 100_000 * GB
    assert free_memory.available() > 0


@pytest.mark.parametrize(
    ("limit", "usage", "stat", "left"),
    [
        ("1000\n", "400\n", "anon 300\ninactive_file 100\n", 700),
        ("1000\n", "400\n", "anon 400\n", 600),
        ("1000\n", "1200\n", "", -200),
        ("max\n", "400\n", "inactive_file 100\n", None),
        ("1000\n", None, "", None),
    ],
    ids=["cached", "nothing cached", "above", "no limit", "not readable"],
)
def test_a_control_group_leaves_its_limit_without_what_is_used_for_good(
    tmp_path: Path, limit: str, usage: str | None, stat: str, left: int | None
) -> None:
    (tmp_path / "memory.max").write_text(limit)
    (tmp_path / "memory.stat").write_text(stat)
    if usage is not None:
        (tmp_path / "memory.current").write_text(usage)
    names = ("memory.max", "memory.current", "inactive_file")
    assert free_memory.group_leaves(tmp_path, *names) == left

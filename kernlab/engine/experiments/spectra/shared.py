"""What several areas of the spectra panel need: the operator's eigenvalues, kept."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

from kernlab.engine.contract.experiment import Step
from kernlab.engine.experiments.spectra.bench import Bench
from kernlab.engine.numerics.steps import relay

if TYPE_CHECKING:  # numba is imported at the first run, on the lane
    from kernlab.engine.numerics.sphere import Eigenvalues


def operator_eigenvalues(
    bench: Bench,
    depth: int | None = None,
    max_degree: int | None = None,
    dimension: int | None = None,
) -> Generator[Step, None, Eigenvalues]:
    """Eigenvalues on the sphere S^{d-1} of these parameters, kept; yields while it computes.

    Args:
        depth: L, or None for that of the parameters.
        max_degree: ℓ_max, or None for that of the parameters.
        dimension: d, or None for that of the parameters.

    Raises: ValueError: the dimension is 1 (allowed on other domains only).
    """
    from kernlab.engine.numerics import sphere

    p = bench.p
    layers = p.depth if depth is None else depth
    largest = p.max_degree if max_degree is None else max_degree
    d = p.dimension if dimension is None else dimension
    key = (layers, d, largest, p.activation, p.bias)
    known: Eigenvalues | None = bench.cache.peek("eigenvalues", key)
    if known is not None:
        return known
    steps = sphere.eigenvalues_in_steps(layers, d, largest, activation=p.activation, bias=p.bias)
    found = yield from relay(steps, Step(None, "eigenvalues of the operator"))
    return bench.cache.put("eigenvalues", key, found)

"""Random-feature estimates of exp(x·y): their closed-form mean and variance, and draws.

With w_1, …, w_m ~ N(0, I), z = x + y and δ = x - y, all with mean exp(x·y):

- positive: mean of exp(w·x - |x|²/2) exp(w·y - |y|²/2), the features of FAVOR+
- trigonometric: e^{(|x|² + |y|²)/2} times the mean of cos(w·δ), which FAVOR+ replaces
- hyperbolic: positive features at w and at -w, 2m features
- optimal: positive features with the exponent A|w|² added, A the best for this z (FAVOR++)

No torch in here. Sources: Choromanski et al. 2021, Lemma 2 and Theorem 2; Likhosherstov et al.
2022 ("optimal").
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from kernlab.engine.numerics.features import Rng, gaussian_frequencies
from kernlab.engine.numerics.weight_space import FloatArray, require_count

KINDS = ("positive", "trigonometric", "hyperbolic", "optimal")

_CHUNK = 2**20  # normal numbers at a time


def feature_variance(x: npt.ArrayLike, y: npt.ArrayLike, m: int, *, kind: str) -> float:
    """Variance of the estimate of exp(x·y) by m independent frequencies.

    positive: (e^{|z|²} - 1) e^{2x·y}/m; trigonometric: e^{|x|² + |y|²} (1 - e^{-|δ|²})²/(2m);
    hyperbolic: ½(1 - e^{-|z|²}) times positive; optimal: see `optimal_exponent`.

    Args:
        x, y: shape (d,), finite.
        m: frequencies, at least 1.
        kind: one of `KINDS`.

    Returns:
        The variance; inf above the largest float.

    Raises:
        ValueError: if an argument is out of range.
    """
    first, second = _pair(x, y)
    if first.ndim != 1:
        raise ValueError(f"x has shape {first.shape}: must be (d,)")
    with np.errstate(over="ignore"):
        return float(np.exp(log_feature_variance(first, second, m, kind=kind)))


def log_feature_variance(x: npt.ArrayLike, y: npt.ArrayLike, m: int, *, kind: str) -> FloatArray:
    """Natural logarithm of `feature_variance` of many pairs: (..., d) → (...), -inf for none.

    Less 2 x·y it is the logarithm of the relative variance, about e^{2√d}/m for the positive
    features of N(0, 1) queries and keys of d entries, which FAVOR+ divides by d^¼.
    """
    first, second = _pair(x, y)
    require_count("m", m)
    both = (first * second).sum(-1)
    z2, delta2 = ((first + second) ** 2).sum(-1), ((first - second) ** 2).sum(-1)
    with np.errstate(divide="ignore"):
        if kind == "trigonometric":
            log = z2 - 2.0 * both + 2.0 * np.log(-np.expm1(-delta2)) - math.log(2.0)
        elif kind == "optimal":
            log = 2.0 * both + _log_expm1(_optimal_growth(z2, first.shape[-1]))
        elif kind in ("positive", "hyperbolic"):
            log = 2.0 * both + _log_expm1(z2)
            if kind == "hyperbolic":
                log = log + np.log(-np.expm1(-z2)) - math.log(2.0)
        else:
            raise ValueError(f"kind = {kind!r}: must be one of {', '.join(KINDS)}")
    return np.asarray(log - math.log(m))


def optimal_exponent(square: npt.ArrayLike, d: int) -> FloatArray:
    """A ≤ 0 for which features with the exponent A|w|² vary least, given |x + y|².

    A = (1 - 1/ρ)/8 with ρ = (√((2s + d)² + 8ds) - 2s - d)/(4s), s = |x + y|²; 0 at s = 0.
    """
    s = np.asarray(square, dtype=np.float64)
    root = np.sqrt((2.0 * s + d) ** 2 + 8.0 * d * s)
    # The difference in ρ's numerator, multiplied out so that nothing cancels.
    rho = 2.0 * d / (root + 2.0 * s + d)
    return np.asarray(0.125 * (1.0 - 1.0 / rho))


def feature_estimates(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    m: int,
    *,
    kind: str,
    draws: int,
    rng: Rng,
    frequencies: str = "iid",
) -> FloatArray:
    """Draw estimates of exp(x·y), each from m frequencies of its own.

    Args:
        x, y: shape (d,), finite.
        m: frequencies an estimate, at least 1.
        kind: one of `KINDS`.
        draws: estimates, at least 1.
        rng: a generator, or an int that seeds one.
        frequencies: "iid", or another kind of `features.gaussian_frequencies` such as
            "orthogonal", which leaves the mean and lowers the variance.

    Returns:
        Shape (draws,).

    Raises:
        ValueError: if an argument is out of range.

    Cost: draws·m·d normals.
    """
    first, second = _pair(x, y)
    if first.ndim != 1:
        raise ValueError(f"x has shape {first.shape}: must be (d,)")
    require_count("draws", draws)
    require_count("m", m)
    if kind not in KINDS:
        raise ValueError(f"kind = {kind!r}: must be one of {', '.join(KINDS)}")
    d = first.size
    generator = np.random.default_rng(rng)
    estimates = np.empty(draws)
    step = max(1, _CHUNK // (m * d)) if frequencies == "iid" else 1
    for start in range(0, draws, step):
        count = min(step, draws - start)
        if frequencies == "iid":
            w = generator.standard_normal((count, m, d))
        else:
            w = gaussian_frequencies(m, d, 1.0, kind=frequencies, rng=generator).values[None]
        estimates[start : start + count] = _terms(w, first, second, kind).mean(-1)
    return estimates


def _terms(w: FloatArray, x: FloatArray, y: FloatArray, kind: str) -> FloatArray:
    """What an estimate averages: (..., m, d) → (..., m)."""
    norms = 0.5 * (x @ x + y @ y)
    if kind == "trigonometric":
        return np.asarray(np.cos(w @ (x - y)) * np.exp(norms))
    z = x + y
    if kind == "hyperbolic":
        return np.asarray(np.cosh(w @ z) * np.exp(-norms))
    if kind == "positive":
        return np.asarray(np.exp(w @ z - norms))
    a, d = float(optimal_exponent(z @ z, x.size)), x.size
    growth = 2.0 * a * (w * w).sum(-1) + math.sqrt(1.0 - 4.0 * a) * (w @ z)
    return np.asarray(np.exp(growth - norms + 0.5 * d * math.log1p(-4.0 * a)))


def _optimal_growth(z2: FloatArray, d: int) -> FloatArray:
    """log of E[f²]/E[f]² of one optimal frequency."""
    a = optimal_exponent(z2, d)
    logs = d * np.log1p(-4.0 * a) - 0.5 * d * np.log1p(-8.0 * a)
    return np.asarray(logs + z2 / (1.0 - 8.0 * a))


def _log_expm1(value: FloatArray) -> FloatArray:
    """log(eˣ - 1) for x ≥ 0, also where eˣ overflows."""
    return np.asarray(value + np.log(-np.expm1(-value)))


def _pair(x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    first, second = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if first.shape != second.shape or first.ndim == 0 or first.shape[-1] == 0:
        raise ValueError(f"x has shape {first.shape}, y {second.shape}: must be equal, (..., d)")
    for name, values in (("x", first), ("y", second)):
        if not np.isfinite(values).all():
            raise ValueError(f"{name} holds values that are not finite: must be finite numbers")
    return first, second

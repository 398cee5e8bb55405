"""The matrices and tensors of the entrywise-rank panel, made in slices and kept."""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from kernlab.engine.contract.cache import Cache
from kernlab.engine.contract.experiment import Step
from kernlab.engine.experiments.entrywise_rank.parameters import Parameters

Array = npt.NDArray[np.float64]

SLICE = 4_000_000
"""Numbers drawn, or multiplications of millions, between two yields."""
EXACT = 1500
"""Rows up to which a run at rest takes all singular values."""
QUICK = 300
"""Rows up to which a moving slider does."""
ROTATED = "rotated"


class EntriesOverflow(ValueError):
    """An entry is beyond every float."""


@dataclass(frozen=True)
class Made:
    """A matrix or tensor.

    Attributes:
        key: what it depends on.
        array: its entries.
        size: its largest absolute entry.
        constant: the largest error of the best constant array.
        nearest: the smallest distance of a row's point to a column's, or NaN.
    """

    key: tuple[Any, ...]
    array: Array
    size: float
    constant: float
    nearest: float

    @property
    def rotated(self) -> bool:
        """Whether its points are others of the same law; see `_rotated`."""
        return bool(self.key[-1] == ROTATED)

    @property
    def symmetric(self) -> bool:
        """Whether it is a symmetric matrix."""
        if "symmetric" in self.key:
            return True
        rows, columns = self.array.shape[0], self.array.shape[-1]
        checked = self.key[0] in ("file", "formula") and rows == columns
        return checked and bool(np.array_equal(self.array, self.array.T))


@dataclass(frozen=True)
class Spectrum:
    """Leading singular triplets, all of them where `exact`, and the seconds that they took."""

    u: Array
    values: Array
    v: Array
    exact: bool
    seconds: float = 0.0

    def factors(self, rank: int) -> tuple[Array, Array]:
        """The truncated SVD: left (n₁, r) and right (r, n₂)."""
        return self.u[:, :rank] * self.values[:rank], self.v[:rank]


class Clock:
    """Seconds of work, without what passed between two slices."""

    def __init__(self) -> None:
        self.spent = 0.0
        self._begun = time.perf_counter()

    def pause(self) -> float:
        """Stop; returns the seconds so far."""
        self.spent += time.perf_counter() - self._begun
        return self.spent

    def go_on(self) -> None:
        """Start again."""
        self._begun = time.perf_counter()


def key_of(p: Parameters, n: int, m: int, repeat: int) -> tuple[Any, ...]:
    """What an array depends on."""
    if p.function == "identity":
        return ("identity", "symmetric", "", n, 0, 0, "2")
    if p.given:
        files = [data.sha256 for data in (p.matrix_file, p.q_file, p.k_file) if data]
        return (p.function, "files", *files, n)
    if p.function == "formula":
        return (p.function, p.formula, f"{p.sampling} points", p.points, n, m, p.seed + repeat)
    sampling = p.sampling if p.order == "2" else "independent"
    return (p.function, sampling, p.points, n, m, p.seed + repeat, p.order)


def can_rotate(p: Parameters, n: int) -> bool:
    """Whether n points suffice to be drawn by their inner products; see `_rotated`."""
    return p.order == "2" and p.function not in ("formula", "identity") and p.m > n


def make(
    p: Parameters,
    cache: Cache,
    *,
    n: int | None = None,
    m: int | None = None,
    repeat: int = 0,
    rotated: bool = False,
) -> Generator[Step, None, Made]:
    """The array of a draw, at the panel's size and dimension or at others.

    Args:
        rotated: with other points of the same law, in n coordinates; see `can_rotate`.
    """
    rows, dimension = n or p.size, m or p.m
    key = key_of(p, rows, dimension, repeat)
    key = (*key[:-1], ROTATED) if rotated else key
    known: Made | None = cache.peek("matrix", key)
    if known is not None:
        return known
    array, nearest = yield from (_given(p, n) if p.given else _entries(key, p.formula))
    high = float(array.max())
    yield Step()
    low = float(array.min())
    if not np.isfinite([high, low]).all():
        raise EntriesOverflow(
            f"F overflows: function {p.function} at m = {dimension} with points {p.points!r}; "
            "allowed: finite entries; choose points in the ball or on the sphere"
        )
    size = max(high, -low)
    if size == 0.0:
        raise ValueError("every entry of F is 0; allowed: some entry that is not")
    made = Made(key, array, size, 0.5 * (high - low), nearest)
    yield Step()
    return cache.put("matrix", key, made)


def _given(p: Parameters, n: int | None) -> Generator[Step, None, tuple[Array, float]]:
    """The matrix of a file, or of its queries and keys; its leading block where n is given."""
    yield Step()
    if p.function == "file" and p.matrix_file is not None:
        whole = p.matrix_file.matrix
        assert whole is not None
        return np.array(whole[:n, :n]), np.nan
    assert p.q_file is not None and p.k_file is not None
    q, k = p.q_file.matrix, p.k_file.matrix
    assert q is not None and k is not None
    q, k = q[:n], k[:n]
    matrix = np.empty((q.shape[0], k.shape[0]))
    rows = max(1, SLICE * 25 // (k.shape[0] * (k.shape[1] + 20)))
    for low in range(0, q.shape[0], rows):
        with np.errstate(over="ignore"):
            product = q[low : low + rows] @ k.T / np.sqrt(k.shape[1])
            matrix[low : low + rows] = np.exp(product)
        yield Step()
    return matrix, np.nan


def _formula(text: str, x: Array, y: Array) -> Generator[Step, None, tuple[Array, float]]:
    """The entries of the user's own formula, a few rows at a time."""
    from kernlab.engine.numerics.expression import compile_expression

    expression = compile_expression(text)
    n, m = x.shape
    matrix = np.empty((n, n))
    rows = max(1, SLICE * 10 // (n * (m + 20)))
    for low in range(0, n, rows):
        part = x[low : low + rows]
        values: dict[str, Any] = {"x": part, "y": y, "m": m, "n": n}
        if expression.names & {"d2", "dot"}:
            values["dot"] = part @ y.T
            squares = (part * part).sum(axis=1)[:, None] + (y * y).sum(axis=1)
            values["d2"] = np.maximum(squares - 2.0 * values["dot"], 0.0)
            if x is y:
                values["d2"][np.arange(len(part)), low + np.arange(len(part))] = 0.0
        try:
            matrix[low : low + rows] = expression.evaluate(**values)
        except ValueError as error:
            raise EntriesOverflow(str(error)) from None
        yield Step()
    return matrix, np.nan


def _entries(key: tuple[Any, ...], formula: str) -> Generator[Step, None, tuple[Array, float]]:
    if key[0] == "formula":
        _, _, sampling, kind, n, m, seed = key
        rng = np.random.default_rng(seed)
        x = yield from _points(n, m, kind, rng)
        y = x if sampling == "symmetric points" else (yield from _points(n, m, kind, rng))
        return (yield from _formula(formula, x, y))
    name, sampling, kind, n, m, seed, order = key
    if name == "identity":
        return np.eye(n), 0.0
    rng = np.random.default_rng(seed)
    if order == ROTATED:
        x, y = _rotated(n, m, kind, rng, symmetric=sampling == "symmetric")
        if name == "attention":  # which divides by √ of their width, not of m
            x, y = _scaled(x, y, (x.shape[1] / m) ** 0.25)
        return (yield from _matrix(name, x, y))
    x = yield from _points(n, m, kind, rng)
    y = x if sampling == "symmetric" else (yield from _points(n, m, kind, rng))
    if order == "3":
        z = yield from _points(n, m, kind, rng)
        return (yield from _tensor(x, y, z)), np.nan
    return (yield from _matrix(name, x, y))


def _points(n: int, m: int, kind: str, rng: np.random.Generator) -> Generator[Step, None, Array]:
    """The same points as `function_matrices.draw_points`, in slices."""
    points = np.empty((n, m))
    rows = max(1, SLICE // (10 * m))
    for low in range(0, n, rows):
        part = points[low : low + rows]
        part[:] = rng.standard_normal(part.shape)
        if kind != "normal":
            part /= np.linalg.norm(part, axis=1, keepdims=True)
        yield Step()
    if kind == "ball":
        points *= (rng.random(n) ** (1.0 / m))[:, None]
    return points


def _rotated(
    n: int, m: int, kind: str, rng: np.random.Generator, *, symmetric: bool
) -> tuple[Array, Array]:
    """Points with inner products of the law of `_points`, in n + 1 coordinates instead of m > n.

    A rotation that turns n normal points x into a lower triangle leaves normal numbers below its
    diagonal and roots of χ² on it (Bartlett 1933); it leaves n normal coordinates of each y, and
    the length of the rest, which no x meets.
    """
    x = np.tril(rng.standard_normal((n, n + 1)), -1)
    np.fill_diagonal(x, np.sqrt(rng.chisquare(m - np.arange(n))))
    y = x
    if not symmetric:
        y = rng.standard_normal((n, n + 1))
        y[:, n] = np.sqrt(rng.chisquare(m - n, n))
    for points in (x,) if symmetric else (x, y):
        if kind != "normal":
            points /= np.linalg.norm(points, axis=1, keepdims=True)
        if kind == "ball":
            points *= (rng.random(n) ** (1.0 / m))[:, None]
    return x, y


def _scaled(x: Array, y: Array, scale: float) -> tuple[Array, Array]:
    scaled = scale * x
    return scaled, scaled if x is y else scale * y


def _matrix(name: str, x: Array, y: Array) -> Generator[Step, None, tuple[Array, float]]:
    n, m = x.shape
    nearest = 0.0 if x is y else np.inf
    rows = max(1, SLICE * 10 // (n * (m + 20)))
    if rows >= n:
        return _entries_of(name, x, y), (0.0 if x is y else _nearest(x, y))
    matrix = np.empty((n, n))
    for low in range(0, n, rows):
        part = slice(low, min(n, low + rows))
        if x is y:
            matrix[part, :low] = matrix[:low, part].T
            matrix[part, low:] = _entries_of(name, x[part], x[low:])
            own = x[part]
            matrix[part, part] = _entries_of(name, own, own)
        else:
            matrix[part] = _entries_of(name, x[part], y)
            nearest = min(nearest, _nearest(x[part], y))
        yield Step(None, f"entries: {round(100 * part.stop / n)} %")
    return matrix, nearest


def _entries_of(name: str, x: Array, y: Array) -> Array:
    from kernlab.engine.numerics.function_matrices import matrix_of_points

    with np.errstate(over="ignore"):
        return np.asarray(np.sinh(x @ y.T)) if name == "sinh" else matrix_of_points(name, x, y)


def _nearest(x: Array, y: Array) -> float:
    squares = (x * x).sum(axis=1)[:, None] + (y * y).sum(axis=1) - 2.0 * (x @ y.T)
    return float(np.sqrt(max(0.0, float(squares.min()))))


def _tensor(x: Array, y: Array, z: Array) -> Generator[Step, None, Array]:
    """sinh⟨x, y, z⟩, a few rows at a time."""
    n, m = x.shape
    tensor = np.empty((n, n, n))
    rows = max(1, SLICE * 5 // (n * n * m))
    for low in range(0, n, rows):
        part = x[low : low + rows, None, :] * y[None, :, :]
        with np.errstate(over="ignore"):
            tensor[low : low + rows] = np.sinh(part.reshape(-1, m) @ z.T).reshape(-1, n, n)
        yield Step()
    return tensor


def spectrum(made: Made, rank: int, full: bool, cache: Cache) -> Generator[Step, None, Spectrum]:
    """Singular triplets of a matrix, all or enough of them for this rank."""
    n = min(made.array.shape)
    known: Spectrum | None = cache.peek("spectrum", made.key)
    wanted = full and n <= EXACT
    if known is not None and (known.exact or (not wanted and known.values.size >= rank)):
        return known
    if n <= QUICK or wanted:
        yield Step(None, _announced(made, n))
        begun = time.perf_counter()
        if made.key[0] == "identity":  # any basis will do; that of the axes is a saddle
            u = np.linalg.qr(np.random.default_rng(0).standard_normal((n, n)))[0]
            found = Spectrum(u, np.ones(n), u.T.copy(), True)
        elif made.symmetric:
            values, u = np.linalg.eigh(made.array)
            order = np.argsort(-np.abs(values))
            values, u = values[order], u[:, order]
            found = Spectrum(u, np.abs(values), np.sign(values)[:, None] * u.T, True)
        else:
            u, values, v = np.linalg.svd(made.array, full_matrices=False)
            found = Spectrum(u, values, v, True)
        found = replace(found, seconds=time.perf_counter() - begun)
    else:
        found = yield from randomized(made.array, rank)
    yield Step()
    return cache.put("spectrum", made.key, found)


def _announced(made: Made, n: int) -> str:
    """What a decomposition that cannot be cut will take, where it takes long."""
    return _piece("singular values", (1.8e-10 if made.symmetric else 3.3e-10) * n**3)


def _piece(what: str, seconds: float) -> str:
    return f"{what}, about {seconds:.1g} s in one piece" if seconds > 0.02 else ""


def unfolded(made: Made) -> str:
    """The same of the unfolding of a tensor."""
    n = made.array.shape[0]
    return _piece("a tensor's singular values", 1e-9 * n**4)


def randomized(matrix: Array, rank: int, powers: int = 2) -> Generator[Step, None, Spectrum]:
    """Subspace iteration (Halko, Martinsson, Tropp 2011), its products in blocks of rows."""
    clock, size = Clock(), min(*matrix.shape, rank + rank // 4 + 10)
    basis = np.random.default_rng(0).standard_normal((matrix.shape[1], size))
    for _ in range(powers):
        ahead = yield from _product(matrix, basis, clock)
        back = yield from _product(matrix, np.linalg.qr(ahead)[0], clock, transposed=True)
        basis = np.linalg.qr(back)[0]
        clock.pause()
        yield Step(None, "singular values")
        clock.go_on()
    basis = np.linalg.qr((yield from _product(matrix, basis, clock)))[0]
    small = yield from _product(matrix, basis, clock, transposed=True)
    v, values, u = np.linalg.svd(small, full_matrices=False)
    return Spectrum(basis @ u.T, values, v.T, False, clock.pause())


def _product(
    matrix: Array, factor: Array, clock: Clock, *, transposed: bool = False
) -> Generator[Step, None, Array]:
    rows = max(1, 25 * SLICE // (matrix.shape[1] * factor.shape[1]))
    product = np.zeros((matrix.shape[1 if transposed else 0], factor.shape[1]))
    for low in range(0, matrix.shape[0], rows):
        part = slice(low, low + rows)
        if transposed:
            product += matrix[part].T @ factor[part]
        else:
            product[part] = matrix[part] @ factor
        clock.pause()
        yield Step()
        clock.go_on()
    return product

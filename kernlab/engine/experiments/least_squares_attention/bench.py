"""One run of the least-squares panel: its rows, its model, and the path of its parameter."""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from kernlab.engine.contract.cache import Cache
from kernlab.engine.contract.experiment import Step
from kernlab.engine.experiments.least_squares_attention import data_sets
from kernlab.engine.experiments.least_squares_attention.data_sets import Array, Problem
from kernlab.engine.experiments.least_squares_attention.parameters import Parameters
from kernlab.engine.numerics.spectral_smoother import Embedding
from kernlab.engine.numerics.steps import relay

KERNEL_ROWS = 1000
"""Training rows of a kernel or of softmax attention, at most: they need an n × n matrix."""
DIRECT = 8e6
"""n p min(n, p) up to which one SVD is quick enough for a moving slider."""
WHOLE = 2e8
"""n p min(n, p) up to which the features are factored by one SVD at all."""
PREVIEW_KERNEL = 150
PATH, QUICK_PATH = 61, 21
RATES = {"softmax": "τ", "pcr": "r"}


@dataclass(frozen=True)
class Model:
    """Rows with what a method makes of them.

    Attributes:
        key: what it depends on.
        problem: its rows.
        keys, queries, asked: features of training rows as keys, and of training and test rows
            as queries; centred where there is an intercept.
        embedding: of every method but softmax.
    """

    key: tuple[Any, ...]
    problem: Problem
    keys: Array
    queries: Array
    asked: Array
    embedding: Embedding | None

    @property
    def nbytes(self) -> int:
        """Bytes beyond those of the rows, which the cache keeps by themselves."""
        pairs = ((self.keys, self.problem.train), (self.asked, self.problem.test))
        own = [part for part, given in pairs if part is not given]
        if self.queries is not self.keys:
            own.append(self.queries)
        if self.embedding is not None:
            own.append(self.embedding.test)
            if isinstance(self.embedding.keys, np.ndarray):
                own.append(self.embedding.keys)
        return sum(part.nbytes for part in own)


class Path(NamedTuple):
    """The values of λ, r or τ at which a method is judged; filters (L, r), empty for softmax."""

    values: Array
    shrinkage: Array
    residue: Array


@dataclass(frozen=True)
class Bench:
    """One set of parameters with what every stage needs."""

    p: Parameters
    full: bool
    cache: Cache

    @property
    def kernel(self) -> bool:
        """Whether the method needs an n × n matrix."""
        return self.p.mode in ("kernel-ridge", "softmax")

    @property
    def most(self) -> int | None:
        """Training rows that the method takes, at most."""
        return KERNEL_ROWS if self.kernel else None

    def problem_key(self, most: int | None) -> tuple[Any, ...]:
        n, _, _ = data_sets.counts(self.p)
        return (*self.p.source, None if most is None or most >= n else most)

    def model_key(self, most: int | None) -> tuple[Any, ...]:
        p = self.p
        how: tuple[Any, ...] = ("linear",)
        if p.mode == "kernel-ridge":
            how = ("kernel", p.lengthscale)
        elif p.mode == "softmax":
            how = ("softmax",)
        return (self.problem_key(most), p.intercept, p.projections, *how)

    def limit(self) -> int | None:
        """Training rows of this run: fewer than all while a slider moves over cold data."""
        n, _, columns = data_sets.counts(self.p)
        most = self.most
        if self.full or self.cache.peek("model", self.model_key(most)) is not None:
            return most
        if self.p.mode == "kernel-ridge":
            return PREVIEW_KERNEL
        rows = min(n, most or n)
        if rows * columns * min(rows, columns) <= DIRECT:
            return most
        return max(100, int(DIRECT / 2 / columns**2))

    def problem(self, most: int | None) -> Generator[Step, None, Problem]:
        """The rows, out of the cache where they are there."""
        key = self.problem_key(most)
        known: Problem | None = self.cache.peek("problem", key)
        if known is not None:
            return known
        made = yield from data_sets.make(self.p, key[-1])
        return self.cache.put("problem", key, made)

    def model(self) -> Generator[Step, None, Model]:
        """The factored model; it serves every λ, every r and every τ."""
        most = self.limit()
        key = self.model_key(most)
        known: Model | None = self.cache.peek("model", key)
        if known is not None:
            return known
        problem = yield from self.problem(most)
        yield Step(None, f"factoring the features, about {self._seconds(problem):.2f} s")
        found = yield from self._fit(key, problem)
        return self.cache.put("model", key, found)

    def _seconds(self, problem: Problem) -> float:
        """About how long the longest call of a factorization takes that cannot be cut."""
        size = problem.n * problem.p * min(problem.n, problem.p)
        return 5e-10 * size if size <= WHOLE else 4e-10 * problem.p**3

    def _fit(self, key: tuple[Any, ...], problem: Problem) -> Generator[Step, None, Model]:
        from kernlab.engine.numerics import kernel_smoother
        from kernlab.engine.numerics import spectral_smoother as smoother

        p = self.p
        w_q, w_k = maps(p, problem.p)
        train, test = problem.train, problem.test
        keys, queries, asked = _mapped(train, w_k), _mapped(train, w_q), _mapped(test, w_q)
        if p.mode == "softmax":
            return Model(key, problem, keys, queries, asked, None)
        if p.mode == "kernel-ridge":
            yield Step(None, f"eigenvalues of the {problem.n} × {problem.n} kernel, about "
                       f"{3.5e-10 * problem.n**3:.1f} s")  # fmt: skip
            gram = kernel_smoother.gaussian_kernel(keys, keys, p.lengthscale)
            cross = kernel_smoother.gaussian_kernel(asked, keys, p.lengthscale)
            embedding = kernel_smoother.kernel_embedding(gram, cross, intercept=p.intercept)
            return Model(key, problem, keys, queries, asked, embedding)
        if w_q is not w_k and p.intercept:  # both around the same rows
            shift = queries.mean(axis=0) - keys.mean(axis=0)
            queries, asked = queries - shift, asked - shift
        own = None if w_q is w_k else queries
        if problem.n * problem.p * min(problem.n, problem.p) <= WHOLE:
            found = smoother.factor(keys, intercept=p.intercept)
            embedding = smoother.embedding_of(found, asked, queries=own)
        else:
            steps = smoother.factor_in_slices(keys, intercept=p.intercept, precise=self.full)
            found = yield from relay(steps, Step(None, "factoring the features"))
            embedding = smoother.turned_embedding(found, keys, asked, queries=own)
        return Model(key, problem, keys, queries, asked, embedding)


def maps(p: Parameters, columns: int) -> tuple[Array | None, Array | None]:
    """W_Q and W_K (p, p), the same object where they are the same; None for the identity."""
    if p.projections == "none":
        return None, None
    drawn = np.random.default_rng([p.seed, 4]).standard_normal((2, columns, columns))
    drawn /= math.sqrt(columns)
    return (drawn[0], drawn[0]) if p.projections == "shared" else (drawn[0], drawn[1])


def _mapped(features: Array, weights: Array | None) -> Array:
    return features if weights is None else features @ weights


def filters(p: Parameters, eigenvalues: Array) -> tuple[Array, Array]:
    """Shrinkage g and 1 − g (r,) of the chosen method."""
    from kernlab.engine.numerics import spectral_smoother as smoother

    if p.mode == "pcr":
        kept = (np.arange(eigenvalues.size) < p.rank).astype(float)
        return kept, 1.0 - kept
    ridge = 0.0 if p.mode == "ols" else p.ridge
    return smoother.ridge_filters(eigenvalues, ridge)


def path(bench: Bench, model: Model) -> Path:
    """The values along which the criteria are drawn, spread over what the spectrum has."""
    from kernlab.engine.numerics import spectral_smoother as smoother

    p, count = bench.p, PATH if bench.full else QUICK_PATH
    if model.embedding is None:
        return Path(np.geomspace(0.01, 100.0, 33), np.zeros((0, 0)), np.zeros((0, 0)))
    mu = model.embedding.eigenvalues
    if p.mode == "pcr":
        most = min(max(mu.size, 1), 500)
        ranks = np.unique(np.geomspace(1, most, min(count, most)).round())
        if most <= count:
            ranks = np.arange(1.0, most + 1)
        kept = (np.arange(mu.size) < ranks[:, None]).astype(float)
        return Path(ranks, kept, 1.0 - kept)
    top = float(mu[0]) if mu.size else 1.0
    low = float(mu[-1]) if mu.size else 1.0
    ends = np.clip([max(0.01 * low, 1e-7 * top), 10.0 * top], 1e-6, 1e6)
    values = np.geomspace(ends[0], max(ends[1], 100.0 * ends[0]), count)
    return Path(values, *smoother.ridge_filters(mu, values))


def value_of(p: Parameters) -> float:
    """Where on the path the chosen parameters stand; NaN for plain least squares."""
    if p.mode == "softmax":
        return p.temperature
    if p.mode == "pcr":
        return float(p.rank)
    return math.nan if p.mode == "ols" else p.ridge

"""Formulas that a person types, checked and evaluated entry by entry, never executed.

`exp(-d2)`, `1 / (1 + d2)**2`, `tanh(dot)`, `exp(-sum(abs(x - y)))`: the entry (i, j) of a matrix
as a function of two points x (the i-th of one set) and y (the j-th of another).
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from kernlab.engine.numerics.expression_grammar import (
    CONSTANTS,
    FUNCTIONS,
    OPERATORS,
    REDUCERS,
    VALUES,
    VECTORS,
    Refused,
    parse,
    reducers_in,
)

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Expression:
    """A formula that was understood.

    Attributes:
        text: as it was typed.
        names: what it needs: some of d2, dot, m, n, x and y.
    """

    text: str
    names: frozenset[str]
    _tree: ast.expr = field(repr=False, compare=False)

    def check(self, *given: str) -> None:
        """Refuse a formula that needs something else than is given.

        Raises:
            ValueError: one sentence.
        """
        for name in sorted(self.names - set(given)):
            raise Refused(
                f"the formula needs {name}, which there is none of here; allowed: "
                f"{', '.join(given) or 'none'}"
            )

    def evaluate(
        self,
        *,
        d2: npt.ArrayLike | None = None,
        dot: npt.ArrayLike | None = None,
        m: float | None = None,
        n: float | None = None,
        x: npt.ArrayLike | None = None,
        y: npt.ArrayLike | None = None,
    ) -> Array:
        """The matrix of the formula's values.

        Args:
            d2: squared distances, one row a point x, one column a point y.
            dot: inner products, in the same places.
            m, n: what these names mean; the numbers of rows and columns by default.
            x: the points of the rows, one a row, one column a component.
            y: the points of the columns, likewise.

        Returns:
            A new matrix, of the shape of `d2` and `dot`, or as many rows as `x` has and as many
            columns as `y`; where none of them is given, `m` by `n`.

        Raises:
            ValueError: it needs what is not given, the shapes do not go together, or an entry is
                not finite; one sentence.
        """
        arrays = {
            name: np.asarray(value, dtype=np.float64)
            for name, value in {"d2": d2, "dot": dot, "x": x, "y": y}.items()
            if value is not None
        }
        shape = _shape(arrays, m, n)
        sizes = {"m": shape[0] if m is None else m, "n": shape[1] if n is None else n}
        self.check(*arrays, *sizes)
        values = {**arrays, **{name: np.float64(size) for name, size in sizes.items()}}
        with np.errstate(all="ignore"):
            found = _Evaluation(values).value(self._tree)
        out = np.array(np.broadcast_to(found, shape), dtype=np.float64)
        _check_finite(out, self.text)
        return out


@functools.lru_cache(maxsize=256)
def compile_expression(text: str) -> Expression:
    """Understand a formula.

    Raises:
        ValueError: one sentence that says what is not allowed, where, and what is.
    """
    tree, names = parse(text)
    return Expression(text, names, tree)


def _shape(arrays: Mapping[str, Array], m: float | None, n: float | None) -> tuple[int, int]:
    """The shape of the result, which all that is given must agree on."""
    for name, array in arrays.items():
        if array.ndim != 2 or not array.size:
            raise Refused(f"{name} has the shape {array.shape}; allowed: a matrix with entries")
    if "x" in arrays and "y" in arrays and arrays["x"].shape[1] != arrays["y"].shape[1]:
        widths = [arrays[name].shape[1] for name in VECTORS]
        raise Refused(f"x has {widths[0]} components and y has {widths[1]}; give both the same")
    rows = {name: array.shape[0] for name, array in arrays.items() if name != "y"}
    columns = {name: array.shape[1] for name, array in arrays.items() if name in VALUES}
    if "y" in arrays:
        columns["y"] = arrays["y"].shape[0]
    for counts, what in ((rows, "rows"), (columns, "columns")):
        if len(set(counts.values())) > 1:
            told = ", ".join(f"{name} {count}" for name, count in counts.items())
            raise Refused(f"the numbers of {what} differ ({told}); give all the same")
    return next(iter(rows.values()), int(m or 1)), next(iter(columns.values()), int(n or 1))


class _Evaluation:
    """Computes a tree that was checked, for one set of values."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values
        self._component = 0
        self._reduced: dict[int, Any] = {}

    def value(self, node: ast.expr) -> Any:
        if isinstance(node, ast.Constant):
            return np.float64(node.value)  # type: ignore[arg-type]
        if isinstance(node, ast.Name):
            return self._named(node.id)
        if isinstance(node, ast.UnaryOp):
            return OPERATORS[type(node.op)](self.value(node.operand))
        if isinstance(node, ast.BinOp):
            return OPERATORS[type(node.op)](self.value(node.left), self.value(node.right))
        assert isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        if node.func.id in FUNCTIONS:
            return FUNCTIONS[node.func.id][1](*map(self.value, node.args))
        if id(node) not in self._reduced:
            self._reduced[id(node)] = self._reduce(node.func.id, node.args[0])
        return self._reduced[id(node)]

    def _named(self, name: str) -> Any:
        if name == "x":
            return self._values["x"][:, self._component, None]
        if name == "y":
            return self._values["y"][None, :, self._component]
        return CONSTANTS[name] if name in CONSTANTS else self._values[name]

    def _reduce(self, name: str, term: ast.expr) -> Any:
        """One component after the other, so that nothing larger than the matrix is made."""
        for inner in reducers_in(term):
            self.value(inner)
        total: Any = None
        width = next(self._values[v].shape[1] for v in VECTORS if v in self._values)
        for self._component in range(width):
            part = self.value(term)
            if total is None and name != "norm":
                total = part
            else:
                total = REDUCERS[name](0.0 if total is None else total, part)
        return np.sqrt(total) if name == "norm" else total


def _check_finite(out: Array, text: str) -> None:
    finite = np.isfinite(out)
    if finite.all():
        return
    row, column = divmod(int(np.argmin(finite)), out.shape[1])
    raise Refused(
        f"the formula {text.strip()[:60]!r} is infinite or undefined in "
        f"{int(out.size - np.count_nonzero(finite))} of {out.size} entries, first in row "
        f"{row + 1}, column {column + 1}; look for a division by zero, an overflow, or a log, "
        "root or power of what may be negative"
    )

"""The user's own data as a parameter: named columns, a matrix, or named arrays."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
SMALLEST = 2
"""Rows and columns that a matrix has at least."""


@dataclass(frozen=True, eq=False)
class OwnData:
    """A file of the user's own data, already read and checked.

    Two are equal when their contents are: the SHA-256 of the file decides.

    Attributes:
        columns: the columns by name; none where it is something else.
        matrix: the matrix, where it is one.
        arrays: the arrays by name, of any number of axes; none where it is something else.
        names: what the columns of the matrix are called, as they are written, so that one may be
            empty or stand twice; none where nobody named them.
    """

    path: str
    sha256: str
    columns: Mapping[str, Array]
    matrix: Array | None = None
    arrays: Mapping[str, Array] = field(default_factory=dict)
    names: tuple[str, ...] = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OwnData) and other.sha256 == self.sha256

    def __hash__(self) -> int:
        return hash(self.sha256)

    @property
    def nbytes(self) -> int:
        held = 0 if self.matrix is None else self.matrix.nbytes
        named = (*self.columns.values(), *self.arrays.values())
        words = sum(len(name.encode(errors="replace")) for name in self.names)
        return held + words + sum(values.nbytes for values in named)


def own_data(columns: Mapping[str, npt.ArrayLike], path: str = "<arrays>") -> OwnData:
    """Own data from arrays in memory: equal-length, finite, one-dimensional columns.

    Raises:
        ValueError: a column is empty, not finite, or of another length.
    """
    arrays: dict[str, Array] = {}
    digest = hashlib.sha256()
    for name, column in columns.items():
        array = np.array(column, dtype=np.float64)
        if array.ndim != 1 or array.size == 0:
            raise ValueError(f"column {name!r} has shape {array.shape}; allowed: one non-empty row")
        if not np.isfinite(array).all():
            row = int(np.flatnonzero(~np.isfinite(array))[0])
            raise ValueError(
                f"column {name!r} holds {array[row]} in data row {row + 1}; "
                "remove the row or fill it with a finite number"
            )
        array.flags.writeable = False
        arrays[name] = array
        digest.update(name.encode())
        digest.update(array.tobytes())
    if len({array.size for array in arrays.values()}) > 1:
        raise ValueError(f"columns differ in length: { {k: v.size for k, v in arrays.items()} }")
    return OwnData(path, digest.hexdigest(), arrays)


def own_matrix(values: npt.ArrayLike, path: str = "<array>", names: Sequence[str] = ()) -> OwnData:
    """Own data from a matrix in memory: finite real numbers, at least 2 by 2.

    Args:
        values: the matrix.
        path: what messages call it.
        names: what its columns are called, one each, or nothing.

    Raises:
        ValueError: it is no such matrix, or has another number of columns; one sentence.
    """
    try:
        given = np.asarray(values)
    except (ValueError, TypeError):  # rows of different lengths
        raise ValueError("the matrix has rows of different lengths; give all the same") from None
    if given.dtype.kind not in "fiub":
        raise ValueError(f"the matrix holds {given.dtype.name} values; allowed: real numbers")
    check_shape(given.shape, "the matrix")
    array = np.array(given, dtype=np.float64, order="C")
    check_entries(array, "the matrix")
    array.flags.writeable = False
    called = tuple(map(str, names))
    if called and len(called) != array.shape[1]:
        raise ValueError(
            f"the matrix has {array.shape[1]} columns and {len(called)} names; give one name each"
        )
    digest = hashlib.sha256(repr(array.shape).encode())
    digest.update(repr(called).encode() if called else b"")
    digest.update(array.tobytes())
    return OwnData(path, digest.hexdigest(), {}, array, names=called)


def own_arrays(arrays: Mapping[str, npt.ArrayLike], path: str = "<arrays>") -> OwnData:
    """Own data from named arrays in memory: finite real numbers, none of them empty.

    Raises:
        ValueError: one of them is no such array; one sentence.
    """
    made: dict[str, Array] = {}
    digest = hashlib.sha256()
    for name, values in arrays.items():
        try:
            given = np.asarray(values)
        except (ValueError, TypeError):  # rows of different lengths
            raise ValueError(f"array {name!r} has rows of different lengths") from None
        if given.dtype.kind not in "fiub":
            raise ValueError(f"array {name!r} holds {given.dtype.name} values; allowed: numbers")
        array = np.array(given, dtype=np.float64, order="C")
        check_array(array, f"array {name!r}")
        array.flags.writeable = False
        made[name] = array
        digest.update(f"{name}{array.shape}".encode())
        digest.update(array.tobytes())
    return OwnData(path, digest.hexdigest(), {}, arrays=made)


def check_array(array: Array, what: str) -> None:
    """Refuse an array that is empty, or has an entry that is not finite.

    Raises:
        ValueError: a sentence that begins with `what` and names the first such entry.
    """
    if array.size == 0:
        raise ValueError(f"{what} has shape {array.shape}; allowed: at least one entry")
    finite = np.isfinite(array)
    if finite.all():
        return
    place = tuple(int(at) for at in np.unravel_index(int(np.argmin(finite)), array.shape))
    raise ValueError(
        f"{what} holds {array[place]} at {list(place)} (counted from 0); "
        "fill it with a finite number"
    )


def check_shape(shape: tuple[int, ...], what: str) -> None:
    """Refuse a shape that is not two-dimensional, or below 2 by 2.

    Raises:
        ValueError: a sentence that begins with `what`.
    """
    if len(shape) != 2:
        counted = f"{len(shape)} dimension{'s' * (len(shape) != 1)}"
        raise ValueError(f"{what} has {counted}; allowed: 2, rows and columns")
    if min(shape) < SMALLEST:
        rows, columns = shape
        raise ValueError(
            f"{what} has {rows} row{'s' * (rows != 1)} and {columns} column{'s' * (columns != 1)}; "
            f"at least {SMALLEST} of each are needed"
        )


def check_entries(matrix: Array, what: str) -> None:
    """Refuse a matrix with an entry that is not finite.

    Raises:
        ValueError: a sentence that begins with `what` and names the first such entry.
    """
    finite = np.isfinite(matrix)
    if finite.all():
        return
    row, column = divmod(int(np.argmin(finite)), matrix.shape[1])
    raise ValueError(
        f"{what} holds {matrix[row, column]} in row {row + 1}, column {column + 1}; "
        "fill it with a finite number"
    )

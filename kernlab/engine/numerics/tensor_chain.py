"""Tensors as chains of cores: contraction, gradients and the canonical form.

A chain of cores G_k of shape (r_{k-1}, n_k, r_k), r_0 = r_d = 1, stands for the tensor with
entries G_1[i_1] ··· G_d[i_d]. Two cores are a matrix of low rank, three or more a tensor train.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from kernlab.engine.numerics.singular import svd

Array = NDArray[np.float64]
Floats = NDArray[Any]

_SMALLEST = 1e-14


class Canonical(NamedTuple):
    """A chain with its bonds taken apart: T = C_1 B_1 C_2 B_2 ··· C_d, each B_k diagonal.

    Where a singular value of the bond is not below the floor, each core is the centre of the
    mixed-canonical form, with orthonormal neighbours: a change of its entries changes the tensor
    by as much.
    """

    cores: list[Array]
    bonds: list[Array]


def contract(cores: Sequence[Floats]) -> Floats:
    """The tensor that a chain stands for."""
    product = cores[0]
    for core in cores[1:]:
        product = np.tensordot(product, core, axes=(-1, 0))
    return product.reshape([core.shape[1] for core in cores])


def truncate(tensor: Array, ranks: Sequence[int]) -> list[Array]:
    """TT-SVD: cores from successive truncated singular value decompositions; U S V of a matrix."""
    cores, left = [], 1
    rest = tensor
    for size, rank in zip(tensor.shape[:-1], ranks, strict=True):
        u, s, v = svd(rest.reshape(left * size, -1))
        cores.append(u[:, :rank].reshape(left, size, rank))
        rest, left = s[:rank, None] * v[:rank], rank
    return [*cores, rest.reshape(left, tensor.shape[-1], 1)]


def canonical(cores: Sequence[Floats], floor: float) -> Canonical:
    """Bring a chain to the canonical form.

    Args:
        cores: of any gauge.
        floor: singular values below this share of a bond's largest one count as that much, so
            that no bond has to divide by nearly nothing.
    """
    right = _orthonormal_from_the_right([np.asarray(core, dtype=np.float64) for core in cores])
    done: list[Array] = []
    bonds: list[Array] = []
    core, before, after = right[0], np.ones(1), np.ones(1)
    for following in right[1:]:
        rows = core.shape[0] * core.shape[1]
        u, s, v = svd((before[:, None, None] * core).reshape(rows, -1))
        s = np.maximum(s, _SMALLEST * s[0] if s[0] > 0.0 else 1.0)
        raised = np.maximum(s, floor * s[0])
        inner = u.reshape(core.shape[0], core.shape[1], -1)
        done.append((after / before)[:, None, None] * inner * raised)
        bonds.append(s / raised**2)
        core, before, after = np.tensordot(v, following, axes=(1, 0)), s, raised
    done.append(after[:, None, None] * core)
    return Canonical(done, bonds)


def _orthonormal_from_the_right(cores: list[Array]) -> list[Array]:
    done = list(cores)
    for k in range(len(cores) - 1, 0, -1):
        left, size, right = done[k].shape
        q, r = np.linalg.qr(done[k].reshape(left, size * right).T)
        done[k] = q.T.reshape(-1, size, right)
        done[k - 1] = np.tensordot(done[k - 1], r.T, axes=(-1, 0))
    return done


def joined(form: Canonical) -> list[Array]:
    """The cores of a canonical form with each bond taken into its right neighbour."""
    scaled = [bond[:, None, None] * core for bond, core in zip(form.bonds, form.cores[1:],
                                                               strict=True)]  # fmt: skip
    return [form.cores[0], *scaled]


class Arrays(Protocol):
    """Where the vectors and products of a chain are: NumPy's arrays, or torch's on a device."""

    def place(self, array: Array) -> Floats:
        """The same numbers there, in the working precision."""
        ...

    def multiply(self, a: Floats, b: Floats, out: Floats) -> None:
        """Write a @ b into `out`."""
        ...


class Chain:
    """Products and gradients of a canonical chain whose cores lie in one flat vector."""

    def __init__(self, shapes: Sequence[tuple[int, int, int]], arrays: Arrays) -> None:
        self.shapes, self.arrays = list(shapes), arrays
        sizes = [int(np.prod(shape)) for shape in self.shapes]
        ends = [sum(sizes[:k]) for k in range(len(sizes) + 1)]
        self._parts = [slice(a, b) for a, b in pairwise(ends)]
        self._bonds: list[Floats] = [arrays.place(np.ones(shape[0])) for shape in self.shapes]
        self._left: list[Floats] = []
        self._scaled: list[Floats] = []

    def load(self, form: Canonical) -> Floats:
        """Take the bonds of a form, and return its cores as one vector."""
        place = self.arrays.place
        self._bonds = [place(np.ones(1)), *(place(bond) for bond in form.bonds)]
        return place(np.concatenate([core.ravel() for core in form.cores]))

    def cores(self, vector: Floats) -> list[Floats]:
        """The chain that a vector stands for, bonds included."""
        parts = [vector[part].reshape(shape) for part, shape in zip(self._parts, self.shapes,
                                                                    strict=True)]  # fmt: skip
        return [bond[:, None, None] * core for bond, core in zip(self._bonds, parts, strict=True)]

    def multiply(self, vector: Floats, out: Floats) -> None:
        """Write the tensor, shape (n_1···n_{d-1}, n_d), into `out`."""
        self._scaled = [core.reshape(core.shape[0], -1) for core in self.cores(vector)]
        product = self._scaled[0].reshape(self.shapes[0][1], -1)
        self._left = [product]
        for shape, core in zip(self.shapes[1:-1], self._scaled[1:-1], strict=True):
            product = (product @ core).reshape(-1, shape[2])
            self._left.append(product)
        self.arrays.multiply(product, self._scaled[-1], out)

    def pull_back(self, weights: Floats, scale: float, out: Floats) -> None:
        """Write scale times the gradient of ⟨weights, tensor⟩ at the last product into `out`."""
        for k in range(len(self.shapes) - 1, 0, -1):
            columns = weights.reshape(self._left[k - 1].shape[0], -1)
            inner = out[self._parts[k]].reshape(self.shapes[k][0], -1)
            self.arrays.multiply(self._left[k - 1].T, columns, inner)
            inner *= (self._bonds[k] * scale)[:, None]
            weights = columns @ self._scaled[k].T
        out[self._parts[0]] = weights.reshape(-1) * scale

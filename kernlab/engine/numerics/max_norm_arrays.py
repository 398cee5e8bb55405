"""Where a descent computes: with NumPy and numba, or with torch on a device.

Both offer the same few operations, so that the descent itself is written once. NumPy with numba
is the faster of the two on a processor; torch is for what is beside it.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from kernlab.engine.numerics.max_norm_kernels import power_weights, quasi_newton, subtract
from kernlab.engine.numerics.tensor_chain import Array, Arrays, Floats

_PRECISIONS = {True: "float32", False: "float64"}


class DescentArrays(Arrays, Protocol):
    """What a descent needs of its arrays.

    Attributes:
        single: whether they are float32, or else float64.
        name: the precision and the device, in words.
    """

    single: bool
    name: str

    def empty(self, *shape: int) -> Floats:
        """An array for results."""
        ...

    def host(self, array: Floats) -> Array:
        """The same numbers as a NumPy array in float64."""
        ...

    def orthonormal(self, columns: Floats) -> Floats:
        """An orthonormal basis of the span of columns."""
        ...

    def subtract(self, product: Floats, target: Floats) -> float:
        """product -= target, in place; returns the largest absolute entry."""
        ...

    def power_weights(self, residual: Floats, scale: float, p: int, floor: float) -> float:
        """Replace t = scale·residual by t·|t|^(p-2); returns Σ|t|^p; squares below floor are 0."""
        ...

    def quasi_newton(
        self,
        gradient: Floats,
        pairs: tuple[Floats, Floats],
        inverse: Array,
        newest: int,
        count: int,
        scale: float,
        direction: Floats,
    ) -> float:
        """Write the L-BFGS direction from the last `count` pairs; returns its slope.

        `pairs` are ring buffers of steps and of changes of the gradient, `inverse` holds the
        reciprocals of their products, `newest` is the row after the newest pair.
        """
        ...


def arrays_on(device: str | None, *, single: bool) -> DescentArrays:
    """The arrays of a descent.

    Args:
        device: None for NumPy and numba, else what torch calls it: "cpu", "cuda", "cuda:1", "mps".
        single: float32, or else float64; Apple's GPU has none, so that NumPy takes its place.

    Raises: ValueError: if torch has no such device.
    """
    if device is None:
        return NumpyArrays(single)
    place = require_device(device)
    return NumpyArrays(single) if place.type == "mps" and not single else TorchArrays(place, single)


def require_device(device: str | None) -> Any:
    """The device of that name; imports torch, which takes a second or two, unless it is None.

    Raises: ValueError: if torch has no such device.
    """
    if device is None:
        return None
    import torch

    there = {"cpu": 1, "cuda": torch.cuda.device_count(), "mps": torch.backends.mps.is_available()}
    try:
        place = torch.device(device)
    except (RuntimeError, TypeError):
        place = None
    if place is None or (place.index or 0) >= there.get(place.type, 0):
        names = ", ".join(repr(name) for name, count in there.items() if count)
        raise ValueError(f"device = {device!r}: must be None or one that torch has here: {names}")
    return place


class NumpyArrays:
    """NumPy's products, and passes compiled by numba (`max_norm_kernels`)."""

    def __init__(self, single: bool) -> None:
        self.single, self.name = single, f"{_PRECISIONS[single]} on the CPU"
        self._dtype: Any = np.float32 if single else np.float64
        self._work: Floats = np.empty(0, self._dtype)

    def place(self, array: Array) -> Floats:
        return np.ascontiguousarray(array, dtype=self._dtype)

    def empty(self, *shape: int) -> Floats:
        return np.empty(shape, self._dtype)

    def host(self, array: Floats) -> Array:
        return np.asarray(array, dtype=np.float64)

    def multiply(self, a: Floats, b: Floats, out: Floats) -> None:
        np.matmul(a, b, out=out)

    def orthonormal(self, columns: Floats) -> Floats:
        return np.linalg.qr(columns)[0]

    def subtract(self, product: Floats, target: Floats) -> float:
        return float(subtract(product, target))

    def power_weights(self, residual: Floats, scale: float, p: int, floor: float) -> float:
        triple = p % 3 == 0
        doublings = (p // 3 if triple else p).bit_length() - 1
        work = self._room(residual.shape[1])
        number = self._dtype
        return float(power_weights(residual, number(scale), doublings, triple, number(floor), work))

    def quasi_newton(
        self,
        gradient: Floats,
        pairs: tuple[Floats, Floats],
        inverse: Array,
        newest: int,
        count: int,
        scale: float,
        direction: Floats,
    ) -> float:
        number = self._dtype
        return float(quasi_newton(gradient, *pairs, inverse.astype(number), newest, count,
                                  number(scale), self._room(len(inverse)), direction))  # fmt: skip

    def _room(self, size: int) -> Floats:
        if self._work.size < size:
            self._work = self.empty(size)
        return self._work


class TorchArrays:
    """The same in torch, on any of its devices; one number an operation comes back from there."""

    def __init__(self, device: Any, single: bool) -> None:
        import torch

        name = torch.cuda.get_device_name(device) if device.type == "cuda" else f"torch's {device}"
        self.single, self.name = single, f"{_PRECISIONS[single]} on {name}"
        self._torch: Any = torch
        self._device, self._dtype = device, torch.float32 if single else torch.float64

    def place(self, array: Array) -> Floats:
        precise = np.array(array, dtype=np.float32 if self.single else np.float64, order="C")
        found: Floats = self._torch.from_numpy(precise).to(self._device)
        return found

    def empty(self, *shape: int) -> Floats:
        found: Floats = self._torch.empty(shape, dtype=self._dtype, device=self._device)
        return found

    def host(self, array: Any) -> Array:
        known = array if isinstance(array, np.ndarray) else array.cpu().numpy()
        return np.asarray(known, dtype=np.float64)

    def multiply(self, a: Floats, b: Floats, out: Floats) -> None:
        self._torch.matmul(a, b, out=out)

    def orthonormal(self, columns: Floats) -> Floats:
        found: Floats = self._torch.linalg.qr(columns)[0]
        return found

    def subtract(self, product: Any, target: Floats) -> float:
        product -= target
        return float(product.abs().max())

    def power_weights(self, residual: Any, scale: float, p: int, floor: float) -> float:
        residual *= scale
        square = residual * residual
        self._torch.nn.functional.threshold_(square, floor, 0.0)
        power = square.pow(p // 2 - 1)
        residual *= power
        return float(power.mul_(square).sum())

    def quasi_newton(
        self,
        gradient: Any,
        pairs: tuple[Any, Any],
        inverse: Array,
        newest: int,
        count: int,
        scale: float,
        direction: Any,
    ) -> float:
        steps, changes = pairs
        rows = [(newest - 1 - back) % len(steps) for back in range(count)]
        parts = []
        self._torch.neg(gradient, out=direction)
        for k in rows:
            part = (steps[k] @ direction) * float(inverse[k])
            direction.addcmul_(part, changes[k], value=-1.0)
            parts.append(part)
        direction *= scale
        for k, part in zip(reversed(rows), reversed(parts), strict=True):
            part = part - (changes[k] @ direction) * float(inverse[k])
            direction.addcmul_(part, steps[k])
        return float(direction @ gradient)

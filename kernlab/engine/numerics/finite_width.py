"""Neural tangent kernel of a network of finite width at initialization.

With a_k the activations of layer k, h_k = σ_w W_k a_{k-1} / √N_{k-1} + σ_b b_k and g_k = ∂f/∂h_k,

    K = Σ_k (σ_w² a_{k-1}ᵀa_{k-1} / N_{k-1} + σ_b²) ∘ g_kᵀg_k,

so that one pass back gives the kernel and no Jacobian is stored. A wide layer is not drawn
either: W_k is only seen through W_k a and g ᵀW_k. With the thin QR factors a = Q R and g = · R_g,

    W a = X R,   Wᵀg = Q Xᵀg + (I − QQᵀ) E R_g,   X and E independent standard normal,

has exactly the same law and takes n(N_{k-1} + N_k) normal numbers instead of N_{k-1} N_k.
Conventions are those of `ntk`: σ_w² = 2 in hidden layers of ReLU, otherwise 1.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from kernlab.engine.numerics.layer_widths import parameter_count as parameter_count
from kernlab.engine.numerics.layer_widths import require_count
from kernlab.engine.numerics.layer_widths import width_for as width_for
from kernlab.engine.numerics.layer_widths import widths as widths

FloatArray = npt.NDArray[np.float64]
Rng = np.random.Generator | int

ACTIVATIONS = ("relu", "abs", "erf")
LARGEST = 40_000_000
"""Normal numbers that one network may take, at most: 320 MB, and about three times that in all."""
_CHUNK = 1 << 17  # normal numbers that are drawn at once: about two milliseconds


class Layer(NamedTuple):
    """How a hidden layer is drawn, and where its numbers start among the network's."""

    inputs: int
    outputs: int
    sketched: bool
    start: int
    bias: int  # where its biases start


class Network(NamedTuple):
    """What one draw takes: the layers, the last layer's start, and all numbers."""

    layers: tuple[Layer, ...]
    last: int
    size: int


def empirical(
    points: npt.ArrayLike,
    depth: int,
    width: int,
    *,
    draws: int,
    rng: Rng,
    activation: str = "relu",
    bias: float = 0.0,
    profile: str = "constant",
) -> FloatArray:
    """Neural tangent kernels of `draws` networks at initialization.

    Args:
        points: (n, d), one input a row; on the unit sphere where the limit is to be `ntk.kernel`.
        depth: affine layers L, 1 and above.
        width: neurons of a hidden layer (`profile` "constant"), or k² times that in layer k.
        draws: independent networks.
        rng: generator or seed; the first draws of a longer request are those of a shorter one.
        activation: "relu", "abs" or "erf".
        bias: standard deviation σ_b of the biases of every layer.

    Returns:
        (draws, n, n), symmetric and positive semi-definite, not divided by n. As the width grows
        it tends to `ntk.kernel_matrix`.

    Raises:
        ValueError: an argument is out of range, or a network is larger than memory allows.

    Cost a draw: O(n² Σ N_k) and n Σ N_k normal numbers in wide layers, n N² and N² in narrow
    ones (N up to about 4n).
    """
    chunks = empirical_in_steps(
        points, depth, width, draws=draws, rng=rng, activation=activation, bias=bias,
        profile=profile,
    )  # fmt: skip
    return np.concatenate([chunk for chunk in chunks if chunk is not None])


def empirical_in_steps(
    points: npt.ArrayLike,
    depth: int,
    width: int,
    *,
    draws: int,
    rng: Rng,
    activation: str = "relu",
    bias: float = 0.0,
    profile: str = "constant",
) -> Iterator[FloatArray | None]:
    """:func:`empirical` in chunks (m, n, n) of draws; None in between, about every 2 ms."""
    points = _checked_points(points)
    require_count("draws", draws)
    _require_activation(activation)
    if not (math.isfinite(bias) and bias >= 0):
        raise ValueError(f"bias is {bias}; allowed: finite, 0 and above")
    inputs = _rotated(points)
    n = inputs.shape[1]
    network = _plan(inputs.shape[0], n, widths(depth, width, profile), bias > 0)
    generator = np.random.default_rng(rng)
    if depth == 1:
        yield np.tile(points @ points.T + bias * bias, (draws, 1, 1))
        return
    chunk = max(1, min(draws, _CHUNK // network.size, 1 + _CHUNK // (n * n)))
    buffer = np.empty(chunk * network.size)
    for start in range(0, draws, chunk):
        count = min(chunk, draws - start)
        numbers = buffer[: count * network.size]
        for at in range(0, numbers.size, _CHUNK):
            if at:
                yield None
            generator.standard_normal(out=numbers[at : at + _CHUNK])
        yield from _kernels(inputs, network, numbers.reshape(count, network.size), activation, bias)


# -- the passes ---------------------------------------------------------------------------------


def _plan(inputs: int, n: int, hidden: Sequence[int], biased: bool) -> Network:
    """How each layer is drawn: sketched where that takes fewer numbers and pays for its QR."""
    layers, at, below = [], 0, inputs
    for k, outputs in enumerate(hidden):
        sketched = k > 0 and below > n and below * outputs > 2 * n * (below + outputs)
        numbers = n * (below + outputs) if sketched else below * outputs
        layers.append(Layer(below, outputs, sketched, at, at + numbers))
        at += numbers + (outputs if biased else 0)
        below = outputs
    size = at + below
    if size > LARGEST:
        raise ValueError(
            f"depth is {len(hidden) + 1} and the hidden layers have up to {max(hidden)} neurons: "
            f"one network takes {size:.2g} normal numbers at {n} points; allowed: up to "
            f"{LARGEST:.2g}; lower depth, width or the number of points"
        )
    return Network(tuple(layers), at, size)


def _kernels(
    inputs: FloatArray, network: Network, numbers: FloatArray, activation: str, bias: float
) -> Iterator[FloatArray | None]:
    """Kernels (m, n, n) from the normal numbers (m, size) of m networks."""
    m, n = len(numbers), inputs.shape[1]
    gain = _gain(activation)
    below: FloatArray = np.broadcast_to(inputs, (m, *inputs.shape))
    hidden, grams, bases = [], [], []
    work = 0
    for k, layer in enumerate(network.layers):
        scale = gain if k == 0 else gain / math.sqrt(layer.inputs)
        grams.append(scale**2 * _gram(below))
        drawn = numbers[:, layer.start : layer.bias]
        if layer.sketched:
            split = n * layer.outputs
            basis, triangle = np.linalg.qr(below)
            bases.append(basis)
            affine = drawn[:, :split].reshape(m, layer.outputs, n) @ (scale * triangle)
        else:
            bases.append(below)
            affine = drawn.reshape(m, layer.outputs, layer.inputs) @ (scale * below)
        if bias:
            offset = numbers[:, layer.bias : layer.bias + layer.outputs, None]
            affine += bias * offset
        hidden.append(affine)
        below = _activate(affine, activation)
        work += m * n * (layer.inputs + layer.outputs)
        if work > _CHUNK:
            work = 0
            yield None
    found = _gram(below) / below.shape[1] + bias**2
    back = numbers[:, network.last :, None] / math.sqrt(below.shape[1])
    for k in range(len(network.layers) - 1, -1, -1):
        layer = network.layers[k]
        gradient = _derivative(hidden.pop(), activation)
        gradient *= back
        slopes = _gram(gradient)
        found += (grams[k] + bias**2) * slopes
        if k:
            scale = gain / math.sqrt(layer.inputs)
            drawn = numbers[:, layer.start : layer.bias]
            back = scale * _pulled_back(layer, drawn, gradient, bases.pop())
        work += m * n * (layer.inputs + layer.outputs)
        if work > _CHUNK:
            work = 0
            yield None
    yield found


def _pulled_back(
    layer: Layer, drawn: FloatArray, gradient: FloatArray, basis: FloatArray
) -> FloatArray:
    """Wᵀg (m, N_{k-1}, n), with the same W that the way up has seen."""
    m, _, n = gradient.shape
    if not layer.sketched:
        return drawn.reshape(m, layer.outputs, layer.inputs).swapaxes(1, 2) @ gradient
    split = n * layer.outputs
    seen = drawn[:, :split].reshape(m, layer.outputs, n)
    unseen = drawn[:, split:].reshape(m, layer.inputs, n) @ _triangle(gradient)
    return unseen + basis @ (seen.swapaxes(1, 2) @ gradient - basis.swapaxes(1, 2) @ unseen)


def _triangle(gradient: FloatArray) -> FloatArray:
    """R (m, n, n) with RᵀR = gᵀg; also where there are fewer neurons than points."""
    triangle = _upper(gradient)
    missing = gradient.shape[2] - triangle.shape[1]
    return np.pad(triangle, ((0, 0), (0, missing), (0, 0))) if missing > 0 else triangle


def _upper(columns: FloatArray) -> FloatArray:
    """The R of thin QR factors."""
    return np.asarray(np.linalg.qr(columns, mode="r"), dtype=np.float64)


def _gram(columns: FloatArray) -> FloatArray:
    return columns.swapaxes(1, 2) @ columns


def _gain(activation: str) -> float:
    return math.sqrt(2.0) if activation == "relu" else 1.0


def _activate(affine: FloatArray, activation: str) -> FloatArray:
    if activation == "relu":
        return np.maximum(affine, 0.0)
    if activation == "abs":
        return np.abs(affine)
    from scipy.special import erf

    found: FloatArray = erf(affine)
    return found


def _derivative(affine: FloatArray, activation: str) -> FloatArray:
    if activation == "relu":
        return (affine > 0.0).astype(np.float64)
    if activation == "abs":
        return np.sign(affine)
    slope: FloatArray = np.exp(-(affine**2))
    slope *= 2.0 / math.sqrt(math.pi)
    return slope


# -- arguments ----------------------------------------------------------------------------------


def _rotated(points: FloatArray) -> FloatArray:
    """The inputs as columns (r, n); rotated into their span where that has fewer dimensions."""
    if points.shape[1] <= points.shape[0]:
        return np.ascontiguousarray(points.T)
    return _upper(points.T)


def _checked_points(points: npt.ArrayLike) -> FloatArray:
    array = np.asarray(points, dtype=np.float64)
    if array.ndim != 2 or 0 in array.shape:
        raise ValueError(f"points has shape {array.shape}; allowed: (n, d), n and d at least 1")
    if not np.isfinite(array).all():
        raise ValueError("points holds NaN or infinity; allowed: finite numbers")
    return array


def _require_activation(activation: str) -> None:
    if activation not in ACTIVATIONS:
        raise ValueError(f"activation is {activation!r}; allowed: one of {', '.join(ACTIVATIONS)}")

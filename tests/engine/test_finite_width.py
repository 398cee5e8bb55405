"""Networks of finite width: torch.func, explicit weights, closed forms and the infinite limit."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import erf

from kernlab.engine.numerics import finite_width, ntk
from kernlab.engine.numerics.finite_width import (
    empirical,
    empirical_in_steps,
    parameter_count,
    width_for,
    widths,
)

CASES = [
    (depth, activation, bias)
    for depth in (1, 2, 4)
    for activation, bias in (("relu", 0.0), ("relu", 0.7), ("abs", 0.3), ("erf", 0.0))
]


def on_sphere(n: int, dimension: int, seed: int = 0) -> Any:
    points = np.random.default_rng(seed).standard_normal((n, dimension))
    return points / np.linalg.norm(points, axis=1)[:, None]


def drawn(sizes: list[int], seed: int) -> tuple[list[Any], list[Any]]:
    rng = np.random.default_rng(seed)
    pairs = list(zip(sizes[1:], sizes, strict=False))
    return [rng.standard_normal(pair) for pair in pairs], [
        rng.standard_normal(rows) for rows, _ in pairs
    ]


def network_kernel(
    points: Any,
    weights: list[Any],
    biases: list[Any] | None = None,
    *,
    activation: str = "relu",
    bias: float = 0.0,
) -> Any:
    """The kernel of one network with given standard normal weights W_k (N_k, N_{k-1})."""
    apply, slope = {
        "relu": (lambda x: np.maximum(x, 0.0), lambda x: (x > 0.0) + 0.0),
        "abs": (np.abs, np.sign),
        "erf": (erf, lambda x: 2.0 / math.sqrt(math.pi) * np.exp(-(x**2))),
    }[activation]
    gain = math.sqrt(2.0) if activation == "relu" else 1.0
    below = points.T
    norms, hidden = [], []
    for k, matrix in enumerate(weights[:-1]):
        scale = gain / (1.0 if k == 0 else math.sqrt(matrix.shape[1]))
        offset = 0.0 if biases is None else bias * biases[k][:, None]
        hidden.append(scale * matrix @ below + offset)
        norms.append((scale, below))
        below = apply(hidden[-1])
    scale = 1.0 if len(weights) == 1 else 1.0 / math.sqrt(below.shape[0])
    found = scale**2 * below.T @ below + bias**2
    back = np.repeat(scale * weights[-1].reshape(-1, 1), below.shape[1], axis=1)
    for k in range(len(weights) - 2, -1, -1):
        gradient = back * slope(hidden[k])
        scale, inputs = norms[k]
        found += (scale**2 * inputs.T @ inputs + bias**2) * (gradient.T @ gradient)
        back = scale * weights[k].T @ gradient
    return found


@pytest.fixture(scope="module")
def torch() -> Any:
    """torch with what it imports at its first gradient, which takes seconds."""
    import torch

    torch.func.grad(torch.sin)(torch.zeros(()))
    return torch


@pytest.mark.parametrize(("depth", "activation", "bias"), CASES)
def test_kernel_of_a_network_is_torchs_jacobian_times_its_transpose(
    torch: Any, depth: int, activation: str, bias: float
) -> None:
    apply = {"relu": torch.relu, "abs": torch.abs, "erf": torch.erf}[activation]
    gain = math.sqrt(2.0) if activation == "relu" else 1.0
    points = on_sphere(5, 3)
    weights, biases = drawn([3, *range(6, 5 + depth), 1], seed=depth)

    def network(parameters: Any, x: Any) -> Any:
        for k, (weight, offset) in enumerate(parameters):
            last = k == len(parameters) - 1
            scale = (1.0 if last else gain) / (1.0 if k == 0 else math.sqrt(weight.shape[1]))
            x = scale * weight @ x + bias * offset
            x = x if last else apply(x)
        return x[0]

    parameters = [
        (torch.from_numpy(w), torch.from_numpy(b)) for w, b in zip(weights, biases, strict=True)
    ]
    gradient = torch.func.grad(network)
    rows = [gradient(parameters, x) for x in torch.from_numpy(points)]
    jacobian = torch.stack(
        [torch.cat([part.reshape(-1) for pair in row for part in pair]) for row in rows]
    )
    expected = (jacobian @ jacobian.T).numpy()
    ours = network_kernel(points, weights, biases[:-1], activation=activation, bias=bias)
    np.testing.assert_allclose(ours, expected, rtol=1e-12, atol=1e-12)


def weights_behind(
    points: Any, plan: finite_width.Network, numbers: Any, activation: str, bias: float
) -> tuple[list[Any], list[Any]]:
    """Explicit weights of which the numbers of a draw, sketched or not, tell the kernel."""
    inputs = finite_width._rotated(points)
    below, hidden, bases, weights, biases = inputs, [], [], [], []
    gain = finite_width._gain(activation)
    n = inputs.shape[1]
    for k, layer in enumerate(plan.layers):
        scale = gain / (math.sqrt(layer.inputs) if k else 1.0)
        taken = numbers[layer.start : layer.bias]
        basis = np.linalg.qr(below[None])[0][0]
        if layer.sketched:
            weight = taken[: n * layer.outputs].reshape(-1, n) @ basis.T
        else:
            weight = taken.reshape(layer.outputs, layer.inputs)
        offset = numbers[layer.bias : layer.bias + layer.outputs] if bias else None
        affine = scale * weight @ below + (0.0 if offset is None else bias * offset[:, None])
        hidden.append(affine)
        bases.append(basis)
        weights.append(weight)
        biases.append(offset)
        below = finite_width._activate(affine, activation)
    last = numbers[plan.last :]
    back = last[:, None] / math.sqrt(last.size)
    for k in range(len(plan.layers) - 1, -1, -1):
        layer = plan.layers[k]
        gradient = back * finite_width._derivative(hidden[k], activation)
        if layer.sketched:
            taken = numbers[layer.start : layer.bias][n * layer.outputs :].reshape(-1, n)
            unseen = np.linalg.qr(gradient[None])[0][0] @ taken.T
            weights[k] = weights[k] + unseen - unseen @ bases[k] @ bases[k].T
        scale = gain / (math.sqrt(layer.inputs) if k else 1.0)
        back = scale * weights[k].T @ gradient
    return [*weights, last[None]], biases


@pytest.mark.parametrize(("activation", "bias"), [("relu", 0.0), ("abs", 0.4), ("erf", 1.0)])
@pytest.mark.parametrize(("depth", "width", "profile"), [(4, 30, "constant"), (4, 5, "quadratic")])
def test_a_sketched_draw_is_the_kernel_of_explicit_weights(
    depth: int, width: int, profile: str, activation: str, bias: float
) -> None:
    points = on_sphere(4, 3)
    hidden = widths(depth, width, profile)
    plan = finite_width._plan(3, 4, hidden, bias > 0)
    assert any(layer.sketched for layer in plan.layers)
    numbers = np.random.default_rng(3).standard_normal((2, plan.size))
    found = empirical(
        points, depth, width, draws=2, rng=3, activation=activation, bias=bias, profile=profile
    )
    for draw in range(2):
        weights, offsets = weights_behind(points, plan, numbers[draw], activation, bias)
        biases = offsets if bias else None
        expected = network_kernel(points, weights, biases, activation=activation, bias=bias)
        np.testing.assert_allclose(found[draw], expected, rtol=1e-11, atol=1e-12)


def test_a_dense_draw_is_the_kernel_of_its_weights() -> None:
    points = on_sphere(6, 3)
    plan = finite_width._plan(3, 6, widths(3, 7), False)
    assert not any(layer.sketched for layer in plan.layers)
    numbers = np.random.default_rng(5).standard_normal(plan.size)
    weights, _ = weights_behind(points, plan, numbers, "relu", 0.0)
    expected = network_kernel(points, weights)
    np.testing.assert_allclose(empirical(points, 3, 7, draws=1, rng=5)[0], expected, rtol=1e-13)


def test_sketched_and_explicit_networks_have_the_same_law() -> None:
    from scipy.stats import ks_2samp

    points = on_sphere(2, 2, seed=4)
    sketched = empirical(points, 3, 24, draws=4000, rng=0)
    rng = np.random.default_rng(1)
    explicit = []
    for _ in range(2000):
        weights = [rng.standard_normal(shape) for shape in ((24, 2), (24, 24), (1, 24))]
        explicit.append(network_kernel(points, weights))
    reference = np.array(explicit)
    for i, j in ((0, 0), (0, 1)):
        assert ks_2samp(sketched[:, i, j], reference[:, i, j]).pvalue > 1e-3


@pytest.mark.parametrize("width", [4, 40])
def test_diagonal_of_one_hidden_layer_of_relus_has_mean_two_and_variance_twelve_over_n(
    width: int,
) -> None:
    values = empirical(on_sphere(1, 3), 2, width, draws=20_000, rng=0)[:, 0, 0]
    assert values.mean() == pytest.approx(2.0, abs=5 * math.sqrt(12 / width / 20_000))
    assert values.var() == pytest.approx(12.0 / width, rel=0.12)


@pytest.mark.parametrize("profile", ["constant", "quadratic"])
def test_relu_diagonal_has_no_mean_shift(profile: str) -> None:
    values = empirical(on_sphere(1, 3), 4, 12, draws=20_000, rng=1, profile=profile)[:, 0, 0]
    assert values.mean() == pytest.approx(4.0, abs=5 * values.std() / math.sqrt(20_000))


@pytest.mark.parametrize(
    ("depth", "activation", "bias"),
    [(1, "relu", 0.5), (2, "relu", 0.0), (3, "relu", 0.5), (3, "abs", 0.5), (4, "erf", 0.3)],
)
def test_wide_networks_tend_to_the_infinite_width_kernel(
    depth: int, activation: str, bias: float
) -> None:
    points, width, draws = on_sphere(3, 3), 3000, 60
    limit = ntk.kernel_matrix(points, depth, activation=activation, bias=bias)
    found = empirical(points, depth, width, draws=draws, rng=2, activation=activation, bias=bias)
    error = found.std(axis=0) / math.sqrt(draws) + 10 * depth / width + 1e-14
    assert (np.abs(found.mean(axis=0) - limit) < 5 * error).all()


@given(
    n=st.integers(1, 5),
    dimension=st.integers(1, 7),
    depth=st.integers(1, 4),
    width=st.integers(1, 40),
    activation=st.sampled_from(finite_width.ACTIVATIONS),
)
def test_kernels_are_positive_semi_definite_and_the_first_draws_are_kept(
    n: int, dimension: int, depth: int, width: int, activation: str
) -> None:
    points = on_sphere(n, dimension, seed=n)
    found = empirical(points, depth, width, draws=5, rng=7, activation=activation, bias=0.2)
    assert found.shape == (5, n, n)
    np.testing.assert_allclose(found, found.swapaxes(1, 2), rtol=1e-12, atol=1e-12)
    values = np.linalg.eigvalsh(found)
    assert values.min() >= -1e-12 * values.max()
    fewer = empirical(points, depth, width, draws=2, rng=7, activation=activation, bias=0.2)
    np.testing.assert_array_equal(found[:2], fewer)


def test_a_rotation_of_the_points_changes_nothing_in_law_and_their_span_is_enough() -> None:
    points = on_sphere(3, 40)
    again = np.pad(np.linalg.qr(points.T, mode="r").T, ((0, 0), (0, 5)))
    first, second = (empirical(x, 3, 20, draws=500, rng=9) for x in (points, again))
    error = first.std(axis=0) * math.sqrt(2 / 500)
    assert (np.abs(first.mean(axis=0) - second.mean(axis=0)) < 5 * error).all()


@pytest.mark.parametrize("width", [6, 60])
def test_coincident_points_have_equal_rows(width: int) -> None:
    points = on_sphere(4, 3)[[0, 1, 2, 2]]
    found = empirical(points, 3, width, draws=3, rng=0)
    np.testing.assert_allclose(found[:, 2], found[:, 3], rtol=1e-10)


def test_a_large_network_is_drawn_in_pieces() -> None:
    pieces = list(empirical_in_steps(on_sphere(4, 3), 12, 4000, draws=2, rng=0))
    assert sum(piece is None for piece in pieces) > 8
    assert sum(len(piece) for piece in pieces if piece is not None) == 2


def test_number_of_weights() -> None:
    assert widths(4, 3, "quadratic") == (3, 12, 27)
    assert parameter_count(5, widths(4, 3, "quadratic")) == 5 * 3 + 3 * 12 + 12 * 27 + 27
    assert parameter_count(5, ()) == 5


@given(
    budget=st.integers(1, 10**7), depth=st.integers(2, 1000), dimension=st.integers(1, 60)
)  # fmt: skip
def test_width_for_a_budget_is_the_largest(budget: int, depth: int, dimension: int) -> None:
    width = width_for(budget, depth, dimension)
    assert parameter_count(dimension, widths(depth, width + 1)) > budget
    assert width == 1 or parameter_count(dimension, widths(depth, width)) <= budget


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"depth": 0}, "depth is 0; allowed"),
        ({"width": 2.5}, "width is 2.5; allowed"),
        ({"draws": 0}, "draws is 0; allowed"),
        ({"activation": "tanh"}, "activation is 'tanh'; allowed: one of relu, abs, erf"),
        ({"bias": -1.0}, "bias is -1.0; allowed"),
        ({"bias": math.nan}, "bias is nan; allowed"),
        ({"profile": "cubic"}, "profile is 'cubic'; allowed: one of constant, quadratic"),
        ({"points": [1.0, 2.0]}, r"points has shape \(2,\); allowed"),
        ({"points": [[math.nan]]}, "points holds NaN"),
        ({"depth": 500, "width": 100_000}, "lower depth, width"),
    ],
)
def test_bad_arguments_say_what_is_allowed(changes: dict[str, Any], message: str) -> None:
    arguments: dict[str, Any] = {"points": np.eye(2), "depth": 3, "width": 5, "draws": 2, "rng": 0}
    arguments |= changes
    points, depth, width = (arguments.pop(name) for name in ("points", "depth", "width"))
    with pytest.raises(ValueError, match=message):
        empirical(points, depth, width, **arguments)


def test_a_budget_needs_a_hidden_layer() -> None:
    with pytest.raises(ValueError, match="depth is 1; allowed: 2 and above"):
        width_for(1000, 1, 3)

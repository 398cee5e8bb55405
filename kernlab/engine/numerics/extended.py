"""Double-double arithmetic (about 32 digits) for the few sums that float64 cannot carry.

A number is an unevaluated sum high + low of two float64. Products are split exactly (Veltkamp,
Dekker), so that results do not depend on the platform's long double or on fused instructions.
Source: Dekker, A floating-point technique for extending the available precision (1971).
"""

from __future__ import annotations

import math
from collections.abc import Generator
from decimal import Decimal, localcontext
from functools import lru_cache

import numpy as np
from numba import njit, types
from numpy.typing import NDArray

Array = NDArray[np.float64]
Pair = tuple[Array, Array]

_f8 = types.float64
_i8 = types.int64
_vector = types.Array(_f8, 1, "C")
_matrix = types.Array(_f8, 2, "C")
_cube = types.Array(_f8, 3, "C")
_read_vector = types.Array(_f8, 1, "C", readonly=True)
_read_matrix = types.Array(_f8, 2, "C", readonly=True)
_read_cube = types.Array(_f8, 3, "C", readonly=True)

_SPLIT = 134217729.0
_SLICE = 500_000  # double-double products between two yields: a few milliseconds
_PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494459")


# The kernels of a solve have no signature, so that the very first start does not wait for their
# compilation: they are first called after the first picture.
_njit = njit(nogil=True, cache=True)


@njit(inline="always")
def _two_sum(a, b):  # type: ignore[no-untyped-def]
    s = a + b
    v = s - a
    return s, (a - (s - v)) + (b - v)


@njit(inline="always")
def _two_product(a, b):  # type: ignore[no-untyped-def]
    p = a * b
    t = _SPLIT * a
    ah = t - (t - a)
    al = a - ah
    t = _SPLIT * b
    bh = t - (t - b)
    bl = b - bh
    return p, ((ah * bh - p) + ah * bl + al * bh) + al * bl


@njit(inline="always")
def _add(ah, al, bh, bl):  # type: ignore[no-untyped-def]
    s, e = _two_sum(ah, bh)
    e += al + bl
    high = s + e
    return high, e - (high - s)


@njit(inline="always")
def _multiply(ah, al, bh, bl):  # type: ignore[no-untyped-def]
    p, e = _two_product(ah, bh)
    e += ah * bl + al * bh
    high = p + e
    return high, e - (high - p)


@njit(inline="always")
def _divide(ah, al, bh, bl):  # type: ignore[no-untyped-def]
    q = ah / bh
    ph, pl = _multiply(q, 0.0, bh, bl)
    rh, rl = _add(ah, al, -ph, -pl)
    return _add(q, 0.0, (rh + rl) / bh, 0.0)


@njit(inline="always")
def _rotate(ch, cl, sh, sl, dh, dl, eh, el):  # type: ignore[no-untyped-def]
    ah, al = _multiply(ch, cl, dh, dl)
    bh, bl = _multiply(sh, sl, eh, el)
    fh, fl = _multiply(ch, cl, eh, el)
    gh, gl = _multiply(sh, sl, dh, dl)
    xh, xl = _add(ah, al, -bh, -bl)
    yh, yl = _add(fh, fl, gh, gl)
    return xh, xl, yh, yl


@njit(types.void(_matrix, _matrix, _read_matrix, _read_matrix), nogil=True, cache=True)
def add_into(high, low, other_high, other_low):  # type: ignore[no-untyped-def]
    """Add (other_high, other_low) to (high, low) in place, elementwise."""
    for i in range(high.shape[0]):
        for j in range(high.shape[1]):
            high[i, j], low[i, j] = _add(high[i, j], low[i, j], other_high[i, j], other_low[i, j])


@njit(
    types.void(_cube, _cube, _read_cube, _read_cube, _read_cube, _read_cube),
    nogil=True,
    cache=True,
)
def merge_moments(high, low, fine_high, fine_low, map_high, map_low):  # type: ignore[no-untyped-def]
    """Moments of coarse bins from those of their parts: out[b] += sum_i fine[b r + i] @ map[i].

    Args: high, low (coarse, columns, p) zeros, written; fine (fine bins, columns, p);
    map (parts, p, p), as `restriction` gives it. Cost: fine * columns * p^2 / 2.
    """
    parts, order = map_high.shape[0], map_high.shape[1]
    for f in range(fine_high.shape[0]):
        coarse, i = f // parts, f % parts
        for v in range(fine_high.shape[1]):
            for j in range(order):
                ah, al = fine_high[f, v, j], fine_low[f, v, j]
                if ah == 0.0 and al == 0.0:
                    continue
                for k in range(j, order):
                    p, e = _two_product(ah, map_high[i, j, k])
                    e += ah * map_low[i, j, k] + al * map_high[i, j, k]
                    s, d = _two_sum(high[coarse, v, k], p)
                    high[coarse, v, k] = s
                    low[coarse, v, k] += d + e


@njit(types.void(_cube, _cube, _i8), nogil=True, cache=True)
def _fill_restriction(high, low, ratio):  # type: ignore[no-untyped-def]
    scale = 1.0 / ratio
    order = high.shape[1]
    for i in range(high.shape[0]):
        shift = (2 * i + 1 - ratio) * scale
        high[i, 0, 0] = 1.0
        if order > 1:
            high[i, 0, 1] = shift
            high[i, 1, 1] = scale
        for k in range(2, order):
            for j in range(k + 1):
                # t T_j = (T_{j+1} + T_{|j-1|}) / 2, and T_0 receives T_1's half only once.
                h, lo = _multiply(high[i, j, k - 1], low[i, j, k - 1], 2.0 * shift, 0.0)
                up = scale * (2.0 if j == 1 else 1.0)
                if j > 0:
                    a, b = _multiply(high[i, j - 1, k - 1], low[i, j - 1, k - 1], up, 0.0)
                    h, lo = _add(h, lo, a, b)
                if j + 1 < order:
                    a, b = _multiply(high[i, j + 1, k - 1], low[i, j + 1, k - 1], scale, 0.0)
                    h, lo = _add(h, lo, a, b)
                high[i, j, k], low[i, j, k] = _add(h, lo, -high[i, j, k - 2], -low[i, j, k - 2])


@lru_cache(maxsize=64)
def restriction(ratio: int, parts: int, order: int) -> Pair:
    """Chebyshev polynomials of an interval, written in those of its equal parts.

    T_k(t / ratio + (2 i + 1 - ratio) / ratio) = sum_j map[i, j, k] T_j(t), exactly.

    Args:
        ratio: parts that the interval has, a power of two; parts: how many of them, from the
            left, are wanted; order: polynomials, p.
    Returns: map as (high, low), each (parts, p, p), read-only. Cost: parts * p^2.
    """
    high, low = np.zeros((parts, order, order)), np.zeros((parts, order, order))
    _fill_restriction(high, low, ratio)
    high.flags.writeable = low.flags.writeable = False
    return high, low


@_njit
def _fill_bessel(high, low, start, step_high, step_low):  # type: ignore[no-untyped-def]
    for k in range(high.shape[0]):
        zh, zl = _multiply(step_high, step_low, 0.5 * (start + k), 0.0)
        sh, sl = _multiply(zh, zl, -zh, -zl)
        ph, pl = 1.0, 0.0
        for j in range(high.shape[1]):
            th, tl = ph, pl
            h, lo = th, tl
            for m in range(1, 80):
                th, tl = _multiply(th, tl, sh, sl)
                th, tl = _divide(th, tl, float(m * (m + j)), 0.0)
                h, lo = _add(h, lo, th, tl)
                if abs(th) <= 1e-34 * abs(h):
                    break
            high[k, j], low[k, j] = h, lo
            ph, pl = _multiply(ph, pl, zh, zl)
            ph, pl = _divide(ph, pl, float(j + 1), 0.0)


def bessel(start: int, stop: int, length: int, order: int) -> Pair:
    """J_j(pi k / length) for start <= k < stop and j < order, by the power series.

    Returns: (high, low), each (stop - start, order). Good to 1e-28 for arguments up to 7.
    """
    high, low = np.empty((stop - start, order)), np.empty((stop - start, order))
    _fill_bessel(high, low, start, *_angle(length))
    return high, low


@lru_cache(maxsize=256)
def _angle(length: int) -> tuple[float, float]:
    """pi / length as a double-double."""
    with localcontext() as context:
        context.prec = 50
        return _split(_PI / length)


@lru_cache(maxsize=256)
def root_of_unity(length: int) -> tuple[float, float, float, float]:
    """cos(pi/length) and sin(pi/length) as (cos high, cos low, sin high, sin low)."""
    with localcontext() as context:
        context.prec = 50
        angle = _PI / length
        term, total, k = Decimal(1), [Decimal(0), Decimal(0)], 0
        while abs(term) > Decimal("1e-45"):
            total[k % 2] += term if k % 4 < 2 else -term
            k += 1
            term = term * angle / k
        return (*_split(total[0]), *_split(total[1]))


def _split(value: Decimal) -> tuple[float, float]:
    high = float(value)
    return high, float(value - Decimal(high))


@_njit
def _fill_centre_phases(high, low, ch, cl, sh, sl):  # type: ignore[no-untyped-def]
    # Rows: cos, sin of (2 b + 1 - bins) pi / length, by powers of the one accurate root.
    bins = high.shape[1]
    high[0, :] = 1.0
    if bins == 1:
        return
    th, tl = _multiply(sh, sl, sh, sl)
    c2h, c2l = _add(1.0, 0.0, -2.0 * th, -2.0 * tl)
    s2h, s2l = _multiply(2.0 * sh, 2.0 * sl, ch, cl)
    for i in range(bins // 2):
        right, left = bins // 2 + i, bins // 2 - 1 - i
        high[0, right], low[0, right], high[1, right], low[1, right] = ch, cl, sh, sl
        high[0, left], low[0, left], high[1, left], low[1, left] = ch, cl, -sh, -sl
        ch, cl, sh, sl = _rotate(ch, cl, sh, sl, c2h, c2l, s2h, s2l)


def centre_phases(bins: int, length: int) -> Pair:
    """cos and sin of (2b + 1 - bins) pi / length for b < bins: (high, low), each (2, bins)."""
    high, low = np.zeros((2, bins)), np.zeros((2, bins))
    _fill_centre_phases(high, low, *root_of_unity(length))
    return high, low


@_njit
def fourier_block(out_h, out_l, power_h, power_l, root_h, root_l, mh, ml, jh, jl):  # type: ignore[no-untyped-def]
    """Fourier sums of moments at the next few frequencies.

    out[k, v] = sum_b w_b^k sum_j e_j i^j J_j(z_k) m[b, v, j], e_0 = 1, e_j = 2 (Jacobi-Anger).

    Args: out (block, columns, 2), cosine and sine parts, written; power (2, bins): w_b^k of the
    first frequency, advanced in place; root (2, bins): w_b; m (bins, columns, p);
    j (block, p): J_j(z_k). Cost: block * bins * columns * p complex products.
    """
    bins, columns, order = mh.shape
    width = columns * order
    fh, fl = mh.reshape(bins, width), ml.reshape(bins, width)
    sum_h, sum_l = np.empty((2, width)), np.empty((2, width))
    for k in range(out_h.shape[0]):
        sum_h[:] = 0.0
        sum_l[:] = 0.0
        for b in range(bins):
            for part in range(2):
                ph, pl = power_h[part, b], power_l[part, b]
                for i in range(width):
                    p, e = _two_product(ph, fh[b, i])
                    e += ph * fl[b, i] + pl * fh[b, i]
                    s, d = _two_sum(sum_h[part, i], p)
                    sum_h[part, i] = s
                    sum_l[part, i] += d + e
            power_h[0, b], power_l[0, b], power_h[1, b], power_l[1, b] = _rotate(
                power_h[0, b], power_l[0, b], power_h[1, b], power_l[1, b],
                root_h[0, b], root_l[0, b], root_h[1, b], root_l[1, b],
            )  # fmt: skip
        for v in range(columns):
            for part in range(2):
                h, lo = 0.0, 0.0
                for j in range(order):
                    # i^j turns the cosine part of w into sine and back, with its sign.
                    source = (part + j) % 2
                    turn = (j + source - part) // 2
                    factor = (1.0 if j == 0 else 2.0) * (1.0 if turn % 2 == 0 else -1.0)
                    a, c = _multiply(
                        sum_h[source, v * order + j], sum_l[source, v * order + j],
                        factor * jh[k, j], factor * jl[k, j],
                    )  # fmt: skip
                    h, lo = _add(h, lo, a, c)
                out_h[k, v, part], out_l[k, v, part] = h, lo


@_njit
def fill_system(high, low, ch, cl, weights, ridge):  # type: ignore[no-untyped-def]
    """Lower triangle of D G D + ridge I from c_k = (cos part, sin part), rows of (2M + 1, 2).

    Features: M + 1 cosines, then M sines; weights (M + 1,) is D. Cost: (2M + 1)^2.
    """
    modes = weights.size
    for r in range(high.shape[0]):
        j, sine_r = (r, False) if r < modes else (r - modes + 1, True)
        for q in range(r + 1):
            k, sine_q = (q, False) if q < modes else (q - modes + 1, True)
            near, far, difference = abs(j - k), j + k, 1.0
            part = 1 if sine_r != sine_q else 0
            sign = -1.0 if sine_r and sine_q else 1.0
            if part == 1 and j < k:
                difference = -1.0
            # cos cos: near + far; sin sin: near - far; sin_j cos_k: S_{j+k} + S_{j-k}.
            h, lo = _add(
                difference * ch[near, part], difference * cl[near, part],
                sign * ch[far, part], sign * cl[far, part],
            )  # fmt: skip
            p, e = _two_product(0.5 * weights[j], weights[k])
            h, lo = _multiply(h, lo, p, e)
            if r == q:
                h, lo = _add(h, lo, ridge, 0.0)
            high[r, q], low[r, q] = h, lo


@_njit
def cholesky_columns(high, low, start, stop):  # type: ignore[no-untyped-def]
    """Columns start to stop of the Cholesky factor, in place; the trailing part is updated.

    Returns: -1, or the column whose pivot is not positive. Call with consecutive ranges.
    """
    n = high.shape[0]
    column_h, column_l = np.empty(n), np.empty(n)
    for k in range(start, stop):
        if not high[k, k] > 0.0:
            return k
        root = math.sqrt(high[k, k])
        p, e = _two_product(root, root)
        rh, rl = _add(high[k, k], low[k, k], -p, -e)
        dh, dl = _add(root, 0.0, (rh + rl) / (2.0 * root), 0.0)
        high[k, k], low[k, k] = dh, dl
        for i in range(k + 1, n):
            h, lo = _divide(high[i, k], low[i, k], dh, dl)
            high[i, k], low[i, k] = h, lo
            column_h[i], column_l[i] = h, lo
        for i in range(k + 1, n):
            ah, al = -column_h[i], -column_l[i]
            for j in range(k + 1, i + 1):
                p, e = _two_product(ah, column_h[j])
                e += ah * column_l[j] + al * column_h[j]
                s, d = _two_sum(high[i, j], p)
                d += low[i, j] + e
                t = s + d
                high[i, j] = t
                low[i, j] = d - (t - s)
    return -1


@_njit
def cholesky_solve(bh, bl, high, low):  # type: ignore[no-untyped-def]
    """Solve L L' x = b in place, L the lower triangle of (high, low). Cost: n^2."""
    n = bh.size
    for i in range(n):
        h, lo = bh[i], bl[i]
        for j in range(i):
            p, e = _multiply(high[i, j], low[i, j], bh[j], bl[j])
            h, lo = _add(h, lo, -p, -e)
        bh[i], bl[i] = _divide(h, lo, high[i, i], low[i, i])
    for i in range(n - 1, -1, -1):
        bh[i], bl[i] = _divide(bh[i], bl[i], high[i, i], low[i, i])
        for j in range(i):
            p, e = _multiply(high[i, j], low[i, j], bh[i], bl[i])
            bh[j], bl[j] = _add(bh[j], bl[j], -p, -e)


@_njit
def scale_into(high, low, factor):  # type: ignore[no-untyped-def]
    """Multiply (high, low) by float64 factors in place, elementwise."""
    for i in range(high.size):
        high[i], low[i] = _multiply(high[i], low[i], factor[i], 0.0)


def fourier_sums(high: Array, low: Array, length: int, count: int) -> Generator[float, None, Pair]:
    """Fourier sums of moments at the frequencies 0 to count - 1, in slices.

    c_k = sum_b sum_j m[b, v, j] int exp(i omega_k x) dT_j over bin b, with phases measured from
    the middle of all bins and omega_k = 2 pi k / (length bins).

    Args: high, low (bins, columns, p). Yields: the fraction done.
    Returns: (high, low), each (count, columns, 2), cosine and sine parts.
    """
    bins, columns, order = high.shape
    sums = np.empty((2, count, columns, 2))
    root = centre_phases(bins, length)
    power = np.zeros((2, 2, bins))
    power[0, 0] = 1.0
    block = max(1, _SLICE // (2 * bins * columns * order))
    for start in range(0, count, block):
        stop = min(count, start + block)
        fourier_block(sums[0, start:stop], sums[1, start:stop], power[0], power[1], *root,
                      high, low, *bessel(start, stop, length, order))  # fmt: skip
        yield stop / count
    return sums[0], sums[1]


def cholesky(high: Array, low: Array) -> Generator[float, None, None]:
    """Factor (high, low) in place, lower triangle, in slices. Yields: the fraction done.

    Raises:
        ArithmeticError: if the matrix is not positive definite to 30 digits.
    """
    n = high.shape[0]
    column = 0
    while column < n:
        stop = min(n, column + max(1, 2 * _SLICE // (n - column) ** 2))
        failed = cholesky_columns(high, low, column, stop)
        if failed >= 0:
            raise ArithmeticError(f"pivot {failed} of {n} is not positive: singular to 30 digits")
        column = stop
        yield 1.0 - (1.0 - column / n) ** 3

"""Memory that an attention method needs beyond its inputs: no torch in here."""

from __future__ import annotations

from kernlab.engine.numerics.attention_options import KEYS, AttentionOptions, outgrows

# Entries of a temporary that are worth having at once: on a CPU two megabytes of float32,
# about the size of its second cache.
CPU_BLOCK = 2**19
CUDA_BLOCK = 2**27

_FUSED_BUFFERS = 2 * 2**20  # what torch's fused kernel holds for its threads
_EPS = 2.0**-23  # of float32
_PACKED = 2.5  # features, and what the BLAS copies of them into blocks of its own


def predicted_bytes(
    method: str,
    shape: tuple[int, int, int, int],
    options: AttentionOptions | None = None,
    *,
    itemsize: int = 4,
    block: int = CPU_BLOCK,
) -> int:
    """Peak memory of one call beyond q, k and v, its result included.

    Args:
        method: one of `KEYS`.
        shape: (batch, heads, n, d), each at least 1.
        options: settings; None: the defaults.
        itemsize: bytes of a number of the inputs; the work is in at least 4.
        block: `CPU_BLOCK`, or `CUDA_BLOCK` on a GPU.

    Returns:
        Bytes, within a factor of two above 32 MB (see `benchmarks/attention.py`).

    Raises:
        ValueError: if there is no such method or a size is below 1.
    """
    if method not in KEYS:
        raise ValueError(f"method = {method!r}: must be one of {', '.join(KEYS)}")
    if len(shape) != 4 or min(shape) < 1:
        raise ValueError(f"shape = {shape!r}: must be (batch, heads, n, d), each at least 1")
    options = options or AttentionOptions()
    batch, heads, n, d = shape
    total, work = batch * heads, max(itemsize, 4)
    result = total * n * d * itemsize
    if method == "naive":
        return result + 2 * total * n * n * itemsize
    if method == "fused":
        return result + _FUSED_BUFFERS
    if method == "mean":
        return result
    if method == "taylor":
        return 2 * result
    if method == "nystrom":
        r, squares = options.landmarks, 5 * work
        if work < 8 and outgrows(options.iterations, _EPS):
            squares = 5 * 8 + work
        return result + _FUSED_BUFFERS + total * r * (4 * d * itemsize + r * squares)
    if method == "coreset":
        size = options.coreset_size
        group = min(total, max(1, block // (2 * n * size)))
        token = (2.5 * size + 5 * d + 8) * work
        return result + round(group * (n * token + size * size * 16 + size * d * 16))
    m = options.features
    rows, group = n, max(1, block // (n * m))
    if method == "favor-chunked":
        rows = min(n, options.chunk)
        group = options.chunk // rows
    centred = 3 * n * d if method == "favor-centred" else 0
    return result + round(min(total, group) * work * (_PACKED * rows * m + 4 * m * d + centred))

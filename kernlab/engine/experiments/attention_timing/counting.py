"""Floating-point operations of a call, counted in the products that it asks PyTorch for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

ATTENTION = "scaled_dot_product_attention"
PRODUCTS = {"matmul": 0, "__matmul__": 0, "mm": 0, "bmm": 0, "addmm": 1, "baddbmm": 1}
"""Functions that multiply matrices, and the place of the left one among their arguments."""


def operations_of(call: Callable[[], Any]) -> float:
    """Multiplications and additions of all matrix products in a call; exponentials are not in it.

    Deterministic: it reads shapes. Products inside compiled kernels other than PyTorch's are
    not seen.
    """
    import torch
    from torch.overrides import TorchFunctionMode

    total = 0.0

    class Counting(TorchFunctionMode):
        def __torch_function__(
            self, func: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            nonlocal total
            out = func(*args, **(kwargs or {}))
            name = getattr(func, "__name__", "")
            if name == ATTENTION:
                total += 4.0 * args[0].numel() * args[1].shape[-2]
            elif name in PRODUCTS:
                total += 2.0 * out.numel() * args[PRODUCTS[name]].shape[-1]
            return out

    mode: Any = Counting
    with torch.no_grad(), mode():
        call()
    return total

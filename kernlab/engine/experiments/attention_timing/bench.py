"""One run of the attention-timing panel: its tensors, its methods, and what may be run."""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kernlab.engine.contract.cache import Cache
from kernlab.engine.contract.experiment import Step
from kernlab.engine.experiments.attention_timing.methods import at_length, options
from kernlab.engine.experiments.attention_timing.parameters import FAVOR, Parameters

if TYPE_CHECKING:  # imported at the first run, on the lane
    import torch

    from kernlab.engine.experiments.attention_timing.methods import Tensors
    from kernlab.engine.numerics.attention import Attend

PREVIEW = (256, 512)
"""Lengths while a slider moves."""
LOADED = {
    "torch": "loading PyTorch, about 2 s",
    "kernlab.engine.numerics.attention": "loading compiled routines, about 0.5 s",
}
"""Modules that the first run imports, on the lane, and what is said before: numba comes second."""


@dataclass(frozen=True)
class Bench:
    """One set of parameters with what every stage needs."""

    p: Parameters
    full: bool
    cache: Cache

    @property
    def sizes(self) -> tuple[int, int, int]:
        """Batch, heads and head dimension; one head while a slider moves."""
        batch, heads, d = self.p.sizes
        return (batch, heads, d) if self.full else (1, 1, d)

    @property
    def grid(self) -> tuple[int, ...]:
        """The lengths; the shortest ones while a slider moves."""
        if self.full:
            return self.p.grid
        return tuple(n for n in self.p.grid if n <= PREVIEW[-1]) or self.p.grid[:1]

    @property
    def source(self) -> tuple[Any, ...]:
        """What Q, K and V depend on, apart from their length."""
        p = self.p
        sha256 = p.input_file.sha256 if p.from_file and p.input_file else ""
        return (p.input, p.input_scale, sha256, p.seed, p.dtype, p.device, *self.sizes)

    def tensors(self, n: int) -> Tensors:
        """Q, K, V of the length n, on the device and in the number type of the methods.

        Raises:
            ValueError: there is no such device.
        """
        return self.cache.get("tensors", (self.source, n), lambda: self._made(n))

    def _made(self, n: int) -> Tensors:
        import torch

        from kernlab.engine.numerics.attention_inputs import attention_inputs

        p = self.p
        if p.device == "cuda" and not torch.cuda.is_available():
            raise ValueError("device is 'cuda', and PyTorch finds no NVIDIA GPU; allowed here: cpu")
        dtype = getattr(torch, p.dtype)
        batch, heads, d = self.sizes
        if not p.from_file:
            shape = (batch, heads, n, d)
            return attention_inputs(
                p.input, shape, scale=p.input_scale, generator=p.seed, dtype=dtype, device=p.device
            )
        q, k, v = (torch.from_numpy(a[:batch, :heads, :n].copy()) for a in p.given)
        return (q * p.input_scale).to(p.device, dtype), k.to(p.device, dtype), v.to(p.device, dtype)

    def own(self, method: str) -> tuple[Any, ...]:
        """The parameters that a method's output depends on, beyond Q, K and V."""
        p = self.p
        if method in FAVOR:
            return (p.m,)
        if method == "nystrom":
            return (p.landmarks, p.iterations)
        return (p.coreset_size, p.pivots, p.temperature) if method == "coreset" else ()

    def projection(self, d: int) -> torch.Tensor:
        """FAVOR+'s projection, (m, d) in float32, the same for all its forms."""
        from kernlab.engine.numerics.attention import orthogonal_projection

        m, seed = self.p.m, self.p.seed
        return self.cache.get(
            "projection", (m, d, seed), lambda: orthogonal_projection(m, d, generator=seed)
        )

    def attend(self, method: str, n: int, d: int) -> Attend:
        """A method for tensors of a length and a head dimension, what it draws already drawn."""
        from kernlab.engine.numerics.attention import prepare

        drawn = self.projection(d) if method in FAVOR else None
        return prepare(method, at_length(options(self.p), n), d, drawn)

    def call(self, method: str, n: int) -> Callable[[], torch.Tensor]:
        """A method on the tensors of a length, everything that is drawn once already drawn."""
        q, k, v = self.tensors(n)
        attend = self.attend(method, n, q.shape[3])
        return lambda: attend(q, k, v)

    @contextlib.contextmanager
    def threads(self) -> Iterator[None]:
        """torch on as many threads as asked for, and as before afterwards."""
        with torch_threads(self.p.threads):
            yield

    @contextlib.contextmanager
    def calm(self) -> Iterator[None]:
        """torch on one thread, for short calls: several would wait for each other."""
        with torch_threads(1):
            yield

    def loaded(self) -> Generator[Step, None, None]:
        """Import what takes a while, saying so before each."""
        for module, note in LOADED.items():
            if module not in sys.modules:
                yield Step(None, note)
                importlib.import_module(module)
        yield Step()

    def ready(self, method: str) -> Generator[Step, None, None]:
        """Load the compiled routine of the coreset before its first call, saying so."""
        import torch

        from kernlab.engine.numerics.attention_coreset import coreset
        from kernlab.engine.numerics.attention_pivots import take_pivots

        if method != "coreset" or self.p.pivots == "uniform" or take_pivots.signatures:
            return
        yield Step(None, "loading the coreset's compiled routine, about 0.5 s")
        with self.calm():
            tokens = torch.ones((1, 1, 2, 1))
            coreset(tokens, tokens, tokens, 1)
        yield Step()


@contextlib.contextmanager
def torch_threads(threads: int) -> Iterator[None]:
    """torch on this many threads, at most those that the machine has."""
    import torch

    from kernlab.threads import available

    before, wanted = torch.get_num_threads(), min(threads, available())
    if wanted != before:
        torch.set_num_threads(wanted)
    try:
        with torch.inference_mode():
            yield
    finally:
        if wanted != before:
            torch.set_num_threads(before)

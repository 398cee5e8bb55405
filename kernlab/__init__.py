"""kernlab: a laboratory for theorems about kernels.

::

    import kernlab

    kernlab.experiments()
    result = kernlab.run("gapped-sine", n=2500, seed=1)
    result.save("figure.pdf")

Everything here works without a display. Importing it is cheap: what an experiment needs is
imported when it is asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from kernlab.threads import limit_blas

limit_blas()

if TYPE_CHECKING:
    from kernlab.engine.contract.parameters import own_arrays, own_data, own_matrix
    from kernlab.headless import (
        Result,
        experiments,
        find_break,
        open_recipe,
        run,
        stream,
    )

__version__ = "0.1.0"

__all__ = [
    "Result",
    "__version__",
    "experiments",
    "find_break",
    "open_recipe",
    "own_arrays",
    "own_data",
    "own_matrix",
    "run",
    "stream",
]

_home = dict.fromkeys(
    ("Result", "experiments", "find_break", "open_recipe", "run", "stream"), "kernlab.headless"
)
_home |= dict.fromkeys(
    ("own_arrays", "own_data", "own_matrix"), "kernlab.engine.contract.parameters"
)


def __getattr__(name: str) -> Any:
    if name not in _home:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_home[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

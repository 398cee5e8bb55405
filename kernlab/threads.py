"""How many threads BLAS and numba use: one for BLAS, set before NumPy is imported.

At the sizes of an interactive panel (products of 60 to 340) BLAS on one thread is three to four
times faster than on two; a stage with large products asks for more in a `with` block.
"""

from __future__ import annotations

import os
import sys

VARIABLES = (
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "OMP_NUM_THREADS",  # for a BLAS that is built on OpenMP; numba's loops do not read it
)


def limit_blas() -> None:
    """Give BLAS one thread, wherever the user has not chosen a number.

    Takes effect only for libraries that are loaded afterwards. torch reads two of these
    variables too: whoever uses it sets its number of threads.
    """
    for variable in VARIABLES:
        os.environ.setdefault(variable, "1")


def set_blas(threads: int) -> None:
    """Give the BLAS libraries that are loaded this many threads from now on."""
    from threadpoolctl import threadpool_limits

    threadpool_limits(limits=threads, user_api="blas")


def thread_counts() -> dict[str, int]:
    """The numbers of threads that a run's numbers and times may depend on, for its recipe."""
    return {"blas": _blas(), "numba": _numba()}


def _blas() -> int:
    import numpy  # noqa: F401  (its BLAS is the one to be asked)
    from threadpoolctl import threadpool_info

    found = [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]
    return max(found, default=1)


def _numba() -> int:
    """Asks numba where it is loaded, and otherwise says what it would answer."""
    numba = sys.modules.get("numba")
    if numba is not None:
        return int(numba.get_num_threads())
    wanted = os.environ.get("NUMBA_NUM_THREADS", "")
    return int(wanted) if wanted.isdigit() else available()


def available() -> int:
    """The processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) or 1
    return os.cpu_count() or 1

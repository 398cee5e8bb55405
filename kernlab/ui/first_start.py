"""Whether the numerical kernels are compiled already, found without importing numba."""

from __future__ import annotations

import os
from pathlib import Path

SOURCES = Path(__file__).parents[1] / "engine" / "numerics"


def compiled() -> bool:
    """Whether numba has kept machine code that is newer than every source.

    It looks for it beside the sources, or in `NUMBA_CACHE_DIR`, or, where the sources cannot be
    written to, in the user's cache.
    """
    newest = max((path.stat().st_mtime for path in SOURCES.glob("*.py")), default=0.0)
    kept = [path for folder in _folders() for path in folder.glob("*.nbi")]
    return any(path.stat().st_mtime >= newest for path in kept)


def _folders() -> list[Path]:
    from platformdirs import user_cache_path

    chosen = os.environ.get("NUMBA_CACHE_DIR")
    common = Path(chosen) if chosen else user_cache_path("numba", appauthor=False)
    beside = [] if chosen else [SOURCES / "__pycache__"]
    return [*beside, *common.glob("numerics_*")]

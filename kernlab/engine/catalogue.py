"""The experiments by name, imported only when asked for."""

from __future__ import annotations

import ast
import difflib
import importlib
import importlib.util
import pkgutil
from functools import cache
from pathlib import Path
from typing import cast

from kernlab.engine import experiments
from kernlab.engine.contract.experiment import Experiment

ORDER = (
    "gapped-sine",
    "vandermonde",
    "entrywise-rank",
    "spectra",
    "attention-timing",
    "least-squares-attention",
    "retrieval",
)
"""The order of the panels; experiments that it does not name come last."""


@cache
def keys() -> tuple[str, ...]:
    """The keys of the experiments that exist: one for each module or folder of `experiments`."""
    found = [
        module.name.replace("_", "-")
        for module in pkgutil.iter_modules(experiments.__path__)
        if not module.name.startswith("_")
    ]
    known = [key for key in ORDER if key in found]
    return tuple(known + sorted(set(found) - set(known)))


def get(key: str) -> Experiment:
    """The experiment of that key; its module is imported at the first call.

    Raises:
        ValueError: no experiment has that key.
    """
    if key not in keys():
        near = difflib.get_close_matches(str(key), keys(), n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise ValueError(f"experiment is {key!r}; allowed: one of {', '.join(keys())}{hint}")
    module = importlib.import_module(f"{experiments.__name__}.{key.replace('-', '_')}")
    return cast(Experiment, module.experiment)


@cache
def title(key: str) -> str:
    """The panel's title: the first sentence of its module's docstring, without importing it."""
    spec = importlib.util.find_spec(f"{experiments.__name__}.{key.replace('-', '_')}")
    assert spec is not None and spec.origin is not None
    docstring = ast.get_docstring(ast.parse(Path(spec.origin).read_text(encoding="utf-8"))) or key
    return docstring.split("\n")[0].split(":")[0].rstrip(".")

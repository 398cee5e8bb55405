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
    try:
        module = importlib.import_module(f"{experiments.__name__}.{key.replace('-', '_')}")
    except ImportError as error:
        raise ValueError(f"{key} cannot be loaded: {error}; install kernlab again") from error
    return cast(Experiment, module.experiment)


@cache
def title(key: str) -> str:
    """The panel's title: the first sentence of its module's docstring, without importing it."""
    docstring = ast.get_docstring(_parsed(key)) or key
    return docstring.split("\n")[0].split(":")[0].rstrip(".")


@cache
def icon(key: str) -> str:
    """The sign in front of the panel's title: the `icon` of its class, without importing it."""
    for node in ast.walk(_parsed(key)):
        if not (isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)):
            continue
        if any(isinstance(name, ast.Name) and name.id == "icon" for name in node.targets):
            return str(node.value.value)
    return "·"


def _parsed(key: str) -> ast.Module:
    spec = importlib.util.find_spec(f"{experiments.__name__}.{key.replace('-', '_')}")
    assert spec is not None and spec.origin is not None
    return ast.parse(Path(spec.origin).read_text(encoding="utf-8"))

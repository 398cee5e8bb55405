"""Recipes: the parameters of a run as JSON, and back, with every surprise reported."""

from __future__ import annotations

import base64
import dataclasses
import functools
import json
import math
import operator
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from typing import Any

import numpy as np

from kernlab.engine.contract.own_data import Array
from kernlab.engine.contract.parameters import (
    Field,
    OwnData,
    check,
    fields_of,
    own_arrays,
    own_data,
    own_matrix,
    shown,
)

SCHEMA = 1
EMBEDDED_BYTES = 256_000
"""Own data up to this size travel inside the recipe."""
DATA_PARTS = ("columns", "matrix", "arrays")
"""Where in a recipe the values of own data are, if they travel in it."""
LARGEST_TEXT = 8_000_000
"""Longer recipe texts are refused before they are parsed."""


@dataclass(frozen=True)
class Restored:
    """What a recipe asks for: the experiment's key, its parameters, and what was odd about it."""

    experiment: str
    parameters: dict[str, Any]
    warnings: tuple[str, ...]


def make(key: str, parameters: Any, threads: Mapping[str, int]) -> dict[str, Any]:
    """The recipe of a run, ready for JSON."""
    values = {
        field.name: _plain(getattr(parameters, field.name)) for field in fields_of(type(parameters))
    }
    return {
        "schema": SCHEMA,
        "experiment": key,
        "parameters": values,
        "versions": versions(),
        "threads": dict(threads),
    }


def versions() -> dict[str, str]:
    """The versions that a run's numbers may depend on."""
    return dict(_versions())


@functools.cache
def _versions() -> Mapping[str, str]:
    found = {"python": platform.python_version()}
    for package in ("kernlab", "numpy", "scipy", "numba"):
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    if not isinstance(value, OwnData):
        return value
    plain: dict[str, Any] = {"path": value.path, "sha256": value.sha256}
    if value.nbytes > EMBEDDED_BYTES:
        return plain
    if value.matrix is not None:
        named = {"names": list(value.names)} if value.names else {}
        plain["matrix"] = _shaped(value.matrix) | named
    elif value.arrays:
        plain["arrays"] = {name: _shaped(array) for name, array in value.arrays.items()}
    else:
        plain["columns"] = {name: _packed(column) for name, column in value.columns.items()}
    return plain


def _shaped(array: Array) -> dict[str, Any]:
    return {"shape": list(array.shape), "values": _packed(array)}


def _packed(array: Array) -> str:
    return base64.b64encode(array.astype("<f8").tobytes()).decode()


def _unpacked(text: Any) -> Array:
    return np.frombuffer(base64.b64decode(text, validate=True), dtype="<f8")


def dumps(recipe: Mapping[str, Any]) -> str:
    """Recipe as one line of text, which `loads` reads."""
    return json.dumps(recipe, ensure_ascii=False, separators=(",", ":"))


def loads(text: str) -> dict[str, Any]:
    """Recipe from text.

    Raises:
        ValueError: the text is too long, is not JSON, or is not a recipe.
    """
    if len(text) > LARGEST_TEXT:
        raise ValueError(f"the recipe has {len(text)} characters; allowed: {LARGEST_TEXT}")
    try:
        recipe = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"the recipe is not JSON: {error}") from None
    if not isinstance(recipe, dict) or not isinstance(recipe.get("experiment"), str):
        raise ValueError("this is not a kernlab recipe: it names no experiment")
    if not isinstance(recipe.get("parameters"), dict):
        raise ValueError("this is not a kernlab recipe: it has no parameters")
    return recipe


def restore(recipe: Mapping[str, Any], parameters: type) -> Restored:
    """Read a recipe against the declaration of its experiment's parameters.

    The values are checked one by one and together, so that `parameters(**values)` succeeds.
    Unknown keys are reported and ignored, missing and unusable ones take their defaults.
    Own data come back only where they travelled inside; a path is never opened here.
    """
    values, warnings = read_values(recipe, parameters)
    try:
        parameters(**values)
    except ValueError as error:
        warnings.append(f"{error}; all defaults are used")
        values = {}
    return Restored(recipe["experiment"], values, tuple(warnings))


def read_values(recipe: Mapping[str, Any], parameters: type) -> tuple[dict[str, Any], list[str]]:
    """The recipe's values, each checked alone, and what was odd.

    For a caller that replaces some of them before it builds the parameters.
    """
    given = dict(recipe["parameters"])
    warnings = []
    if recipe.get("schema") != SCHEMA:
        warnings.append(f"recipe of schema {recipe.get('schema')!r}, this kernlab reads {SCHEMA}")
    values: dict[str, Any] = {}
    for field in fields_of(parameters):
        if field.name not in given:
            continue
        try:
            values[field.name] = _value(field, given.pop(field.name))
        except ValueError as error:
            warnings.append(f"{error}; the default is used")
    warnings += [f"unknown parameter {shown(str(name))} ignored" for name in given]
    return values, warnings


def _value(field: Field, plain: Any) -> Any:
    if field.kind != "data" or plain is None:
        return check(field, plain)
    if not isinstance(plain, dict):
        raise ValueError(f"{field.name} is {shown(plain)}; allowed: {field.allowed}")
    path, sha256 = str(plain.get("path")), str(plain.get("sha256"))
    part = plain.get("matrix" if field.matrix else "arrays" if field.arrays else "columns")
    if not isinstance(part, dict):
        raise ValueError(f"{field.name}: the data of {path} did not travel in the recipe; open it")
    read = _matrix if field.matrix else _arrays if field.arrays else _columns
    return dataclasses.replace(read(field, part, path), sha256=sha256)


def _columns(field: Field, part: dict[Any, Any], path: str) -> OwnData:
    try:
        arrays = {str(name): _unpacked(text) for name, text in part.items()}
    except (ValueError, TypeError) as error:
        raise _damaged(field, error) from None
    if set(arrays) != set(field.columns):
        raise ValueError(f"{field.name}: columns {sorted(arrays)}; allowed: {field.allowed}")
    return own_data(arrays, path)


def _matrix(field: Field, part: dict[Any, Any], path: str) -> OwnData:
    try:
        rows, columns = map(operator.index, part["shape"])
        values = _unpacked(part["values"])
    except (KeyError, ValueError, TypeError) as error:
        raise _damaged(field, error) from None
    if min(rows, columns) < 0 or rows * columns != values.size:
        raise _damaged(field, f"{values.size} values for {rows} by {columns}")
    names = part.get("names", [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise _damaged(field, "the names of its columns are no texts")
    return own_matrix(values.reshape(rows, columns), path, names)


def _arrays(field: Field, part: dict[Any, Any], path: str) -> OwnData:
    arrays: dict[str, Array] = {}
    try:
        for name, shaped in part.items():
            shape = tuple(map(operator.index, shaped["shape"]))
            values = _unpacked(shaped["values"])
            if min(shape, default=1) < 0 or math.prod(shape) != values.size:
                raise ValueError(f"{values.size} values for the shape {shape}")
            arrays[str(name)] = values.reshape(shape)
    except (KeyError, ValueError, TypeError) as error:
        raise _damaged(field, error) from None
    if set(arrays) != set(field.arrays):
        raise ValueError(f"{field.name}: arrays {sorted(arrays)}; allowed: {field.allowed}")
    return own_arrays(arrays, path)


def _damaged(field: Field, why: object) -> ValueError:
    return ValueError(f"{field.name}: its data are damaged ({why})")

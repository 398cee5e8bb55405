"""How a parameter is declared, checked, read from text and listed.

A parameter set is a frozen dataclass whose fields are annotated::

    n: Annotated[int, Span(50, 10_000_000, log=True), Label("Points", "n"), Help("...")] = 2500

One walk over the declaration (:func:`fields_of`) gives the window its controls, the command
line its flags, the CSV its header and the recipe its keys.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import re
import unicodedata
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, cast, get_args, get_origin, get_type_hints

import numpy as np

from kernlab.engine.contract.own_data import OwnData as OwnData
from kernlab.engine.contract.own_data import own_arrays as own_arrays
from kernlab.engine.contract.own_data import own_data as own_data
from kernlab.engine.contract.own_data import own_matrix as own_matrix

plain_kinds: dict[str, type] = {"int": int, "float": float, "bool": bool}
type_names = {int: "a whole number", float: "a number", bool: "true or false"}


@dataclass(frozen=True)
class Span:
    """Allowed range of a number, ends included; `step` is what an arrow key moves."""

    low: float
    high: float
    log: bool = False
    step: float | None = None
    unit: str = ""


@dataclass(frozen=True)
class Options:
    """The allowed words of a choice, or of a check list, each with its label."""

    labels: Mapping[str, str]

    def __hash__(self) -> int:
        return hash(tuple(self.labels))


@dataclass(frozen=True)
class Text:
    """A text in one line, such as a formula.

    Attributes:
        most: characters that it may have.
        check: called with the text; raises ValueError, with one sentence that says what is
            wrong with it and what is allowed.
        example: a text that is allowed, shown where the user types.
    """

    most: int = 200
    check: Callable[[str], object] | None = None
    example: str = ""


@dataclass(frozen=True)
class Columns:
    """The named columns that a file of the user's own data must have."""

    names: tuple[str, ...]
    max_bytes: int = 1_000_000_000


@dataclass(frozen=True)
class Matrix:
    """A file with a matrix of the user's own: NumPy's `.npy`, or a CSV of numbers.

    Attributes:
        most_bytes: what the file may have, and its entries as float64.
    """

    most_bytes: int = 200_000_000


@dataclass(frozen=True)
class Arrays:
    """A file with named arrays of the user's own: NumPy's `.npz`, or a `.safetensors`.

    Attributes:
        names: the arrays that it must have; capitals and small letters are the same.
        axes: how many axes each may have, the least and the most.
        most_bytes: what the file may have, and the wanted entries as float64.
    """

    names: tuple[str, ...]
    axes: tuple[int, int] = (1, 4)
    most_bytes: int = 400_000_000


@dataclass(frozen=True)
class Label:
    """What the control is called, and the symbol of the formulas."""

    text: str
    symbol: str = ""


@dataclass(frozen=True)
class Help:
    """One sentence on what the parameter does."""

    text: str


@dataclass(frozen=True)
class Group:
    """The heading under which the control stands; it goes on until the next Group."""

    title: str


@dataclass(frozen=True)
class OnlyIf:
    """The control matters only while another parameter has (or, a check list, holds) one of
    these values; it is dimmed otherwise."""

    parameter: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Field:
    """One declared parameter, as every reader of the declaration sees it."""

    name: str
    kind: str  # "int", "float", "bool", "choice", "flags", "text" or "data"
    default: Any
    label: str
    symbol: str
    help: str
    group: str
    span: Span | None
    options: Mapping[str, str]
    columns: tuple[str, ...]
    max_bytes: int
    only_if: OnlyIf | None
    text: Text | None = None
    matrix: bool = False
    arrays: tuple[str, ...] = ()
    axes: tuple[int, int] = (1, 1)

    @property
    def flag(self) -> str:
        """Its command-line flag."""
        return "--" + self.name.replace("_", "-")

    @property
    def allowed(self) -> str:
        """What is allowed, as the end of a sentence."""
        if self.span:
            low, high = (f"{end:.10g}" for end in (self.span.low, self.span.high))
            unit = f" {self.span.unit}" if self.span.unit else ""
            return f"{type_names[int if self.kind == 'int' else float]} from {low} to {high}{unit}"
        if self.kind in plain_kinds:
            return type_names[plain_kinds[self.kind]]
        if self.matrix:
            return "a .npy or CSV file with a matrix of numbers, at least 2 by 2"
        if self.arrays:
            names = ", ".join(self.arrays)
            return f"a .npz or .safetensors file with the arrays {names}"
        if self.kind == "data":
            return "a CSV file with the columns " + ", ".join(self.columns)
        if self.text:
            such = f", such as {self.text.example}" if self.text.example else ""
            return f"one line of up to {self.text.most} characters{such}"
        words = ", ".join(self.options)
        return f"one of {words}" if self.kind == "choice" else f"one or more of {words}"

    @property
    def suffixes(self) -> tuple[str, ...]:
        """The endings of the files that it is read from; none where it is no file."""
        if self.kind != "data":
            return ()
        if self.arrays:
            return (".npz", ".safetensors")
        return (".npy", ".csv") if self.matrix else (".csv",)

    @property
    def sweepable(self) -> bool:
        """Whether a list of its values can be typed."""
        return self.kind not in ("data", "text")


def _first(metadata: Sequence[Any], kind: type) -> Any:
    return next((item for item in metadata if isinstance(item, kind)), None)


def _field(name: str, annotation: Any, default: Any, group: str) -> Field:
    annotated = get_origin(annotation) is Annotated
    base, *metadata = get_args(annotation) if annotated else (annotation,)
    options = _first(metadata, Options)
    columns = _first(metadata, Columns)
    matrix = _first(metadata, Matrix)
    arrays = _first(metadata, Arrays)
    text = _first(metadata, Text)
    label = _first(metadata, Label) or Label(name.replace("_", " ").capitalize())
    if columns or matrix or arrays:
        kind = "data"
    elif options:
        kind = "flags" if get_origin(base) is tuple else "choice"
    elif base in plain_kinds.values():
        kind = base.__name__
    elif text and base is str:
        kind = "text"
    else:
        raise TypeError(
            "its type needs Annotated[…] with Options (words), Text (a line), "
            "or Columns, Matrix or Arrays (own data)"
        )
    if default is dataclasses.MISSING:
        raise TypeError("it has no default")
    if options and not options.labels:
        raise TypeError("its Options hold no word")
    made = Field(
        name=name,
        kind=kind,
        default=default,
        label=label.text,
        symbol=label.symbol,
        help=(_first(metadata, Help) or Help("")).text,
        group=group,
        span=_first(metadata, Span),
        options=options.labels if options else {},
        columns=columns.names if columns else (),
        max_bytes=columns.max_bytes if columns else getattr(matrix or arrays, "most_bytes", 0),
        only_if=_first(metadata, OnlyIf),
        text=text,
        matrix=matrix is not None,
        arrays=arrays.names if arrays else (),
        axes=arrays.axes if arrays else (1, 1),
    )
    try:
        normal = _checked(made, default)
    except ValueError as error:
        raise TypeError(f"its default is not allowed: {error}") from None
    same = type(normal) is type(default) and normal == default
    return made if same else dataclasses.replace(made, default=normal)


def fields_of(parameters: type) -> tuple[Field, ...]:
    """The declared parameters of a parameter class, in order.

    Raises:
        TypeError: a declaration is wrong; says which class and field.
    """
    return _fields_of(cast(Hashable, parameters))


@functools.cache
def _fields_of(parameters: Any) -> tuple[Field, ...]:
    hints = get_type_hints(parameters, include_extras=True)
    fields, group = [], ""
    for item in dataclasses.fields(parameters):
        heading = _first(get_args(hints[item.name])[1:], Group)
        group = heading.title if heading else group
        try:
            fields.append(_field(item.name, hints[item.name], item.default, group))
        except TypeError as error:
            raise TypeError(f"{parameters.__name__}.{item.name}: {error}") from None
    names = {field.name for field in fields}
    for field in fields:
        if field.only_if and field.only_if.parameter not in names:
            missing = field.only_if.parameter
            raise TypeError(
                f"{parameters.__name__}.{field.name}: OnlyIf names {missing!r}; "
                f"allowed: one of {', '.join(sorted(names))}"
            )
    return tuple(fields)


def check(field: Field, value: Any) -> Any:
    """The value in the field's own type, or a ValueError that says what is allowed."""
    return value if value is field.default else _checked(field, value)


def _checked(field: Field, value: Any) -> Any:
    if field.kind == "data" and isinstance(value, OwnData):
        return _check_data(field, value)
    refusal = ValueError(f"{field.name} is {shown(value)}; allowed: {field.allowed}")
    if field.kind == "data":
        if value is not None:
            raise refusal
        return value
    if field.kind == "flags":
        words = (value,) if isinstance(value, str) else value
        if not isinstance(words, (tuple, list)) or not words:
            raise refusal
        words = tuple(_word(word) for word in words)
        if any(not isinstance(word, str) or word not in field.options for word in words):
            raise refusal
        return tuple(word for word in field.options if word in words)
    if field.kind == "choice":
        value = _word(value)
        if not isinstance(value, str) or value not in field.options:
            raise refusal
        return value
    if field.kind == "bool":
        if not isinstance(value, (bool, np.bool_)):
            raise refusal
        return bool(value)
    if field.kind == "text":
        if not isinstance(value, str):
            raise refusal
        return _check_text(field, value)
    return _check_number(field, value, refusal)


def _word(value: Any) -> Any:
    """A number among words, such as the 2 of a norm, as a word."""
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        return str(int(value)) if abs(int(value)) < 10**15 else value
    return f"{value:g}" if isinstance(value, float) else value


def _check_data(field: Field, data: OwnData) -> OwnData:
    fits = field.matrix == (data.matrix is not None)
    fits &= set(field.columns) <= set(data.columns) and set(field.arrays) <= set(data.arrays)
    if not fits:
        raise ValueError(f"{field.name} does not fit: {data.path}; allowed: {field.allowed}")
    return data


def _check_text(field: Field, value: str) -> str:
    assert field.text is not None
    text = str(value).strip()
    if len(text) > field.text.most:
        raise ValueError(f"{field.name} has {len(text)} characters; allowed: {field.allowed}")
    for mark in "" if text.isprintable() else text:
        category = unicodedata.category(mark)
        if category[0] == "C" or category in ("Zl", "Zp"):
            code = f"U+{ord(mark):04X}"
            raise ValueError(f"{field.name} holds the invisible {code}; allowed: {field.allowed}")
    reason = _reason_against(field.text.check, text) if field.text.check else ""
    if reason:
        raise ValueError(f"{field.name} is {shown(text)}: {reason}")
    return text


@functools.lru_cache(maxsize=1024)
def _reason_against(rule: Callable[[str], object], text: str) -> str:
    """What a text's own check says; remembered, for every parameter set is checked anew."""
    try:
        rule(text)
    except ValueError as error:
        return str(error)
    return ""


def _check_number(field: Field, value: Any, refusal: ValueError) -> int | float:
    numeric = (int, float, np.integer, np.floating)
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numeric):
        raise refusal
    if isinstance(value, (float, np.floating)) and not math.isfinite(value):
        raise refusal
    if field.kind == "int" and int(value) != value:
        raise refusal
    if field.span and not field.span.low <= value <= field.span.high:
        raise refusal
    try:
        return int(value) if field.kind == "int" else float(value)
    except OverflowError:  # a whole number beyond every float, where no range caught it
        raise refusal from None


def shown(value: Any) -> str:
    """A value as an error message shows it: short, whatever it is."""
    try:
        text = repr(value)
    except Exception:  # a number of more than 4300 digits has no text, a stranger's class may fail
        text = f"a {type(value).__name__}"
    return text if len(text) <= 60 else text[:59] + "…"


def validate(parameters: Any) -> None:
    """Check and normalise every field of a parameter set; to be called in `__post_init__`."""
    for field in fields_of(type(parameters)):
        value = check(field, getattr(parameters, field.name))
        object.__setattr__(parameters, field.name, value)


def parse(field: Field, text: str) -> Any:
    """Read a value as a person types it: `3e-7`, `1 000 000`, `2·10⁻³`, `yes`, `iid,exact`.

    Raises:
        ValueError: the text is not a value that the field allows. Data files are read by
            the caller, never here.
    """
    text = text.strip()
    if field.kind in ("int", "float"):
        return check(field, parse_number(field, text))
    if field.kind == "bool":
        words = {"true": True, "yes": True, "1": True, "on": True}
        words |= {"false": False, "no": False, "0": False, "off": False}
        return check(field, words.get(text.lower(), text))
    if field.kind == "flags":
        return check(field, tuple(part.strip() for part in text.split(",") if part.strip()))
    return check(field, text)


_superscripts = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_spaces = str.maketrans("", "", " \u2009\u202f\u00a0_")
_power = re.compile(
    r"(?:(?P<mantissa>[0-9.])[·×]|(?<![0-9.]))10(?P<exponent>⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]+|\^[-+]?[0-9]+)$"
)


def _exponent(power: re.Match[str]) -> str:
    """`e-3` for the end of `2·10⁻³`, `1e-3` for `10⁻³` alone."""
    exponent = power["exponent"].removeprefix("^").translate(_superscripts)
    return (power["mantissa"] or "1") + "e" + exponent


def parse_number(field: Field, text: str) -> float:
    """A number from text; spaces between digits, `·10ⁿ` and a trailing unit are understood."""
    plain = text
    if field.span and field.span.unit:
        plain = plain.removesuffix(field.span.unit)
    plain = plain.translate(_spaces).replace("\u2212", "-")
    plain = _power.sub(_exponent, plain)
    try:
        number = float(plain)
    except ValueError:
        raise ValueError(f"{field.name} is {shown(text)}; allowed: {field.allowed}") from None
    return int(number) if field.kind == "int" and number == number // 1 else number

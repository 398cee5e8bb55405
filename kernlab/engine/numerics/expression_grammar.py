"""The grammar of formulas: what passes, and a sentence with its place for what does not.

A text is cut into numbers, names and signs, of which only the listed ones pass; the rest of the
way goes through Python's `ast`, of which only arithmetic and calls by a listed name pass. Nothing
is executed.
"""

from __future__ import annotations

import ast
import difflib
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

LONGEST = 500
"""Characters of a formula."""
DEEPEST = 60
"""Levels of terms inside each other."""
MOST_NODES = 250
"""Numbers, names, signs and calls together."""
LARGEST_EXPONENT = 100.0
"""Of an exponent that is a plain number, up to sign."""

CONSTANTS = {"pi": math.pi, "e": math.e}
VECTORS = ("x", "y")
VALUES = {
    "d2": "the squared distance of x and y",
    "dot": "their inner product",
    "m": "the number of rows",
    "n": "the number of columns",
}
FUNCTIONS: Mapping[str, tuple[int, Callable[..., Any]]] = {
    **{
        name: (1, getattr(np, name))
        for name in ("exp", "log", "sqrt", "abs", "sin", "cos", "tan", "sinh", "cosh", "tanh")
    },
    "arctan": (1, np.arctan),
    "minimum": (2, np.minimum),
    "maximum": (2, np.maximum),
}
REDUCERS: Mapping[str, Callable[[Any, Any], Any]] = {
    "sum": np.add,
    "norm": lambda total, part: total + part * part,
    "min": np.minimum,
    "max": np.maximum,
}
"""What makes one number of a vector; they take its components one after the other."""
OPERATORS: Mapping[type[ast.AST], Callable[..., Any]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.Pow: np.power,
    ast.USub: np.negative,
    ast.UAdd: np.positive,
}
NAMES = (*VALUES, *VECTORS, *CONSTANTS, *FUNCTIONS, *REDUCERS)
ALLOWED = "allowed: numbers, names, + - * / ** and ( )"
ALLOWED_NAMES = (
    f"allowed: {', '.join([*VALUES, *CONSTANTS, *FUNCTIONS])}, "
    f"and x and y inside {', '.join(REDUCERS)}"
)

_typographic = str.maketrans({"−": "-", "·": "*", "×": "*"})
_token = re.compile(
    r"(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<sign>\*\*|[-+*/(),])|(?P<space> )",
    re.ASCII,
)


class Refused(ValueError):
    """A formula that is not allowed; the message is one sentence for the user."""


def parse(text: str) -> tuple[ast.expr, frozenset[str]]:
    """The tree of a formula, and the values that it needs.

    Raises:
        Refused: one sentence that says what is not allowed, where, and what is.
    """
    plain = text.translate(_typographic).strip(" ")
    start = len(text) - len(text.lstrip(" "))
    if not plain:
        raise Refused(f"the formula is empty; {ALLOWED_NAMES}")
    if len(plain) > LONGEST:
        raise Refused(f"the formula has {len(plain)} characters; allowed: {LONGEST}")
    _check_tokens(plain, start)
    try:
        tree = ast.parse(plain, mode="eval").body
    except SyntaxError as error:
        _refuse((error.offset or 1) - 1 + start, "something is missing or out of place", plain)
    except (ValueError, MemoryError, RecursionError):
        raise Refused("the formula is too deeply nested; make it simpler") from None
    _check_size(tree)
    check = _Check(start)
    if check.visit(tree).vector:
        raise Refused(_bare(next(_vectors_outside(tree)), start))
    return tree, frozenset(check.names)


def _refuse(at: int, what: str, near: str = "") -> NoReturn:
    raise Refused(f"at character {at + 1}, {what}" + (f" in {near[:40]!r}" if near else ""))


def _check_tokens(text: str, start: int) -> None:
    """Let only known names and signs through, with every parenthesis closed."""
    at, open_at, operand, before = 0, list[int](), False, ""
    while at < len(text):
        found = _token.match(text, at)
        if found is None:
            _refuse(at + start, _stranger(text[at]))
        kind, word = found.lastgroup, found[0]
        if kind in ("number", "name") or word == "(":
            callable_ = before in FUNCTIONS or before in REDUCERS
            if callable_ and word != "(":
                _refuse(at + start, f"'(' is missing after {before}")
            if operand and not callable_:
                _refuse(at + start, f"an operator is missing before {word[:20]!r}; write * between")
        if kind == "name" and word not in NAMES:
            _refuse(at + start, f"the name {word[:20]!r} is unknown{_hint(word)}; {ALLOWED_NAMES}")
        if word == "(":
            open_at.append(at)
        elif word == ")":
            if not open_at:
                _refuse(at + start, "')' closes nothing; remove it or open it")
            open_at.pop()
        if kind != "space":
            operand, before = kind in ("number", "name") or word == ")", word
        at = found.end()
    if open_at:
        _refuse(open_at[-1] + start, "'(' is not closed; add ')'")
    if not operand:
        _refuse(at - 1 + start, "the formula ends too early; something must follow")


def _stranger(letter: str) -> str:
    remedies = {"^": "write ** for a power", "[": "write ( and )", "{": "write ( and )"}
    shown = repr(letter) if letter.isprintable() else f"U+{ord(letter):04X}"
    return f"{shown} is not allowed; {remedies.get(letter, ALLOWED)}"


def _hint(name: str) -> str:
    near = difflib.get_close_matches(name.lower(), NAMES, n=1, cutoff=0.6)
    return f", did you mean {near[0]}?" if near else ""


def _check_size(tree: ast.expr) -> None:
    """Refuse what is too deep or too large, without recursion."""
    count, level = 0, [tree]
    for _ in range(DEEPEST):
        count += len(level)
        level = [child for node in level for child in _terms(node)]
        if not level:
            break
    else:
        raise Refused(f"the formula has more than {DEEPEST} levels; make it simpler")
    if count > MOST_NODES:
        raise Refused(f"the formula has {count} parts; allowed: {MOST_NODES}")


def _terms(node: ast.AST) -> Iterator[ast.expr]:
    return (child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr))


@dataclass(frozen=True)
class _Kind:
    """What a term is: whether it still has components, and its value if it is a plain number."""

    vector: bool = False
    constant: float | None = None


class _Check:
    """Lets arithmetic and known calls through, and computes what is a plain number."""

    def __init__(self, start: int) -> None:
        self.start = start
        self.names: set[str] = set()

    def visit(self, node: ast.expr) -> _Kind:
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
            number = node.value
            return self._known(node, lambda: float(number))
        if isinstance(node, ast.Name):
            return self._name(node)
        if isinstance(node, ast.UnaryOp) and type(node.op) in OPERATORS:
            return self._combined(node, OPERATORS[type(node.op)], [self.visit(node.operand)])
        if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
            kinds = [self.visit(node.left), self.visit(node.right)]
            if isinstance(node.op, ast.Pow):
                self._check_exponent(node.right, kinds[1].constant)
            return self._combined(node, OPERATORS[type(node.op)], kinds)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            return self._call(node, node.func.id)
        _refuse(self._at(node), f"this is no arithmetic; {ALLOWED}")

    def _at(self, node: ast.expr) -> int:
        return node.col_offset + self.start

    def _name(self, node: ast.Name) -> _Kind:
        name = node.id
        if name in CONSTANTS:
            return _Kind(constant=CONSTANTS[name])
        if name in VALUES or name in VECTORS:
            self.names.add(name)
            return _Kind(vector=name in VECTORS)
        _refuse(self._at(node), f"{name} is a function; write {name}(…)")

    def _call(self, node: ast.Call, name: str) -> _Kind:
        count = 1 if name in REDUCERS else FUNCTIONS[name][0] if name in FUNCTIONS else 0
        if not count:
            _refuse(self._at(node), f"{name} is no function; {ALLOWED_NAMES}")
        if len(node.args) != count or node.keywords:
            terms = "one term" if count == 1 else "two terms with a comma between"
            _refuse(self._at(node), f"{name} takes {terms}")
        if name in FUNCTIONS:
            return self._combined(node, FUNCTIONS[name][1], [*map(self.visit, node.args)])
        if not self.visit(node.args[0]).vector:
            _refuse(self._at(node), f"{name} takes the components of a vector; put x or y into it")
        return _Kind()

    def _combined(
        self, node: ast.expr, function: Callable[..., Any], kinds: Sequence[_Kind]
    ) -> _Kind:
        values = [kind.constant for kind in kinds]
        if all(value is not None for value in values):
            return self._known(node, lambda: float(function(*map(np.float64, values))))
        return _Kind(vector=any(kind.vector for kind in kinds))

    def _known(self, node: ast.expr, compute: Callable[[], float]) -> _Kind:
        try:
            with np.errstate(all="ignore"):
                value = compute()
        except OverflowError:
            value = math.inf
        if not math.isfinite(value):
            _refuse(self._at(node), "this number is infinite or undefined; choose a finite one")
        return _Kind(constant=value)

    def _check_exponent(self, node: ast.expr, exponent: float | None) -> None:
        if exponent is not None and abs(exponent) > LARGEST_EXPONENT:
            _refuse(
                self._at(node),
                f"the exponent is {exponent:.4g}; allowed: from {-LARGEST_EXPONENT:g} to "
                f"{LARGEST_EXPONENT:g}",
            )


def _vectors_outside(node: ast.expr) -> Iterator[ast.Name]:
    """Where x and y stand outside of every function that takes components."""
    if isinstance(node, ast.Name) and node.id in VECTORS:
        yield node
    elif not _reduces(node):
        for child in _terms(node):
            yield from _vectors_outside(child)


def _reduces(node: ast.expr) -> bool:
    called = node.func if isinstance(node, ast.Call) else None
    return isinstance(called, ast.Name) and called.id in REDUCERS


def _bare(node: ast.Name, start: int) -> str:
    return (
        f"at character {node.col_offset + start + 1}, {node.id} is a vector; use d2 "
        f"({VALUES['d2']}), dot ({VALUES['dot']}), or put it into {', '.join(REDUCERS)}"
    )


def reducers_in(node: ast.expr) -> Iterator[ast.expr]:
    """The nearest terms below that take components: of one value for every component."""
    if _reduces(node):
        yield node
    else:
        for child in _terms(node):
            yield from reducers_in(child)

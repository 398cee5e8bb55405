r"""Formulas of an experiment, in general and with the current numbers put in.

Formulas are written in the part of LaTeX that Matplotlib's mathtext and LaTeX both read; `\\`
stands between lines.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from kernlab.engine.contract.text import THIN_SPACE, brief, number

_superscripts = "⁰¹²³⁴⁵⁶⁷⁸⁹⁻"


@dataclass(frozen=True)
class Formula:
    """One formula.

    Attributes:
        title: what it is, in words.
        latex: its general form.
        numbers: the same with the current values put in and, where the tables have it, the
            result; empty where there is nothing to put in.
        source: where it comes from.
    """

    title: str
    latex: str
    numbers: str = ""
    source: str = ""


def lines(latex: str) -> tuple[str, ...]:
    """The lines of a formula."""
    return tuple(line for part in latex.split(r"\\") if (line := part.strip()))


def join(*parts: str) -> str:
    """Lines as one formula; empty ones are left out."""
    return r" \\ ".join(part for part in parts if part)


def tex(value: float | int, digits: int = 4) -> str:
    r"""A result inside a formula: `1\,000\,000`, `2.500 \cdot 10^{-9}`, `-3`, `\infty`."""
    return _tex(number(value, digits))


def given(value: float | int, digits: int = 4) -> str:
    """A parameter inside a formula: as :func:`tex`, without trailing zeros."""
    return _tex(brief(value, digits))


def _tex(text: str) -> str:
    text = re.sub(rf"10([{_superscripts}]+)$", _power, text)
    for sign, command in {"·": r" \cdot ", "−": "-", "∞": r"\infty", THIN_SPACE: r"\,"}.items():
        text = text.replace(sign, command)
    return text


def _power(found: re.Match[str]) -> str:
    return f"10^{{{unicodedata.normalize('NFKC', found[1])}}}"


def power(exponent: float, digits: int = 4) -> str:
    """A number that is known by its log10, such as `10^{19.27}`."""
    return f"10^{{{tex(exponent, digits)}}}"


def as_latex(formula: Formula) -> str:
    """The formula for a LaTeX document that uses amsmath."""
    rows = " \\\\\n".join(f"  {line}" for line in lines(join(formula.latex, formula.numbers)))
    about = f"{formula.title} ({formula.source})" if formula.source else formula.title
    return f"% {about}\n\\begin{{gather*}}\n{rows}\n\\end{{gather*}}\n"


# -- as plain text ----------------------------------------------------------------------------

_words = {
    "sum": "Σ", "prod": "Π", "le": "≤", "leq": "≤", "ge": "≥", "geq": "≥", "ne": "≠", "neq": "≠",
    "approx": "≈", "sim": "~", "cdot": "·", "times": "×", "pm": "±", "infty": "∞", "in": "∈",
    "to": "→", "ell": "ℓ", "ldots": "…", "prime": "′", "mid": "∣", "quad": "  ",
    "qquad": "    ", "left": "", "right": "", "mathrm": "", "Vert": "‖", "mathbf": "", "limits": "",
}  # fmt: skip
_signs = {r"\|": "‖", r"\,": THIN_SPACE, r"\;": " ", r"\ ": " ", r"\{": "{", r"\}": "}"}
_raised = str.maketrans("0123456789-", _superscripts)
_tokens = re.compile(r"\\[A-Za-z]+|\\.|\s+|.", re.DOTALL)


def readable(latex: str) -> str:
    """A formula as plain text, for a screen reader and until it is typeset."""
    texts = (_plain(iter(_tokens.findall(line))) for line in lines(latex))
    return "\n".join(re.sub(" +", " ", text).strip() for text in texts)


def _plain(tokens: Iterator[str], end: str = "") -> str:
    """The tokens up to `end` as text."""
    found: list[str] = []
    for token in tokens:
        if token == end:
            break
        if token == "^":
            found.append(_raise(_argument(tokens)))
        elif token == "_":
            found.append("_" + _bracketed(_argument(tokens)))
        else:
            found.append(_one(token, tokens))
    return unicodedata.normalize("NFC", "".join(found))


def _argument(tokens: Iterator[str]) -> str:
    for token in tokens:
        if not token.isspace():
            return _one(token, tokens)
    return ""


def _one(token: str, tokens: Iterator[str]) -> str:
    """A token with its arguments."""
    if token == "{":
        return _plain(tokens, "}")
    if token in _signs or not token.startswith("\\"):
        return _signs.get(token, token)
    name = token[1:]
    if name in ("frac", "dfrac"):
        return f"{_bracketed(_argument(tokens))}/{_bracketed(_argument(tokens))}"
    if name == "sqrt":
        inside = _argument(tokens)
        return f"√{inside}" if len(inside) == 1 else f"√({inside})"
    if name in ("hat", "tilde"):
        accent = {"hat": "\u0302", "tilde": "\u0303"}[name]
        return _argument(tokens) + accent
    return _words[name] if name in _words else _letter(name)


def _letter(name: str) -> str:
    """A Greek letter, or the name itself: `ln`, `max`."""
    case = "SMALL" if name[0].islower() else "CAPITAL"
    letter = name.lower().removeprefix("var").replace("lambda", "lamda").upper()
    try:
        return unicodedata.lookup(f"GREEK {case} LETTER {letter}")
    except KeyError:
        return name


def _bracketed(text: str) -> str:
    return text if re.fullmatch(r"[\w.\u0302\u0303∞]+", text) else f"({text})"


def _raise(text: str) -> str:
    if re.fullmatch(r"-?\d+", text):
        return text.translate(_raised)
    return "ᵀ" if text == "T" else f"^{_bracketed(text)}"

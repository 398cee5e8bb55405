"""A claim as a LaTeX snippet, with everything escaped that LaTeX would read as a command."""

from __future__ import annotations

import re
import unicodedata

from kernlab.engine.contract.claim import Claim
from kernlab.engine.contract.text import number

_special = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#",
    "%": r"\%", "_": r"\_", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}",
    "<": r"\ensuremath{<}", ">": r"\ensuremath{>}", "\u202f": r"\,", "\u2009": r"\,",
    "\u00a0": "~", "–": "--", "—": "---", "“": "``", "”": "''", "’": "'", "…": r"\ldots{}",
}  # fmt: skip
_maths = {
    "−": "-", "·": r"\cdot", "×": r"\times", "±": r"\pm", "≤": r"\le", "≥": r"\ge",
    "≠": r"\ne", "≈": r"\approx", "∼": r"\sim", "≪": r"\ll", "≫": r"\gg", "→": r"\to",
    "∞": r"\infty", "∈": r"\in", "√": r"\surd", "Σ": r"\sum", "Π": r"\prod", "∂": r"\partial",
    "∇": r"\nabla", "∫": r"\int", "‖": r"\|", "∣": r"\mid", "∘": r"\circ", "ℓ": r"\ell",
    "ϵ": r"\epsilon", "ϕ": r"\phi",
}  # fmt: skip
_letters = {"LAMDA": "lambda", "OMICRON": "o", "FINAL SIGMA": "varsigma", "PHI": "varphi"}


def latex(claim: Claim) -> str:
    """The claim as a `description` list: published, correct, predicted, measured, verdict."""
    rows = [
        ("Published", claim.published),
        ("Correct", claim.correct),
        ("Predicted", _value(claim.predicted)),
        ("Measured", _value(claim.measured)),
        ("Tolerance", _value(claim.tolerance)),
        ("Verdict", f"{claim.verdict}: {claim.reason}" if claim.reason else claim.verdict),
        ("Source", claim.source),
    ]
    body = "\n".join(f"  \\item[{name}] {escape(text)}" for name, text in rows if text)
    heading = f"\\textbf{{{escape(claim.id)}}} {escape(claim.statement)}"
    return f"{heading}\n\\begin{{description}}\n{body}\n\\end{{description}}\n"


def _value(value: float | str | None) -> str:
    return "" if value is None else number(value)


def escape(text: str) -> str:
    """Text for LaTeX: special characters escaped, Greek letters, signs and raised or lowered
    digits as mathematics; any other letter stays as it is."""
    runs = re.split(r"([⁰¹²³⁴-ⁿ⁺⁻]+|[₀-ₜᵢ-ᵪ]+)", text)
    return "".join(_script(run) if at % 2 else _plain(run) for at, run in enumerate(runs))


def _script(run: str) -> str:
    kind = "^" if unicodedata.decomposition(run[0]).startswith("<super>") else "_"
    plain = unicodedata.normalize("NFKC", run).replace("−", "-")
    return rf"\ensuremath{{{kind}{{{''.join(_math(letter) for letter in plain)}}}}}"


def _plain(text: str) -> str:
    return "".join(_character(letter) for letter in text)


def _character(letter: str) -> str:
    if letter in _special:
        return _special[letter]
    command = _math(letter)
    return letter if command == letter else rf"\ensuremath{{{command}}}"


def _math(letter: str) -> str:
    """The command of a sign or a Greek letter; itself where it is neither."""
    if letter in _maths:
        return _maths[letter]
    name = unicodedata.name(letter, "")
    found = re.fullmatch(r"GREEK (SMALL|CAPITAL) LETTER ([A-Z ]+)", name)
    if not found or " WITH " in name:
        return letter
    word = _letters.get(found[2], found[2].lower())
    if found[1] == "SMALL":
        return word if len(word) == 1 else f"\\{word}"
    capital = unicodedata.normalize("NFKC", letter)
    latin = dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΧ", "ABEZHIKMNOPTX", strict=True))
    return rf"\mathrm{{{latin[capital]}}}" if capital in latin else f"\\{word.capitalize()}"

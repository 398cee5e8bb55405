"""Formulas as outlines, which whoever has them can fill in any colour and at any size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kernlab.export.bundle import ExportError

EM = 100.0
"""Units of an outline in the size of its font."""
MOVE, LINE, QUADRATIC, CUBIC, CLOSE = 1, 2, 3, 4, 79
"""The codes of an outline's points; a curve of degree d takes d points."""


@dataclass(frozen=True)
class Outline:
    """A line of mathematics as closed curves, `EM` units to the size of the font.

    Attributes:
        points: x to the right and y upwards from the baseline, (n, 2).
        codes: what each point is, (n,).
        width, height, depth: the box; height above the baseline, depth below it.
    """

    points: npt.NDArray[np.float32]
    codes: npt.NDArray[np.uint8]
    width: float
    height: float
    depth: float


def outline(latex: str) -> Outline:
    """Typeset a line of mathematics, without its dollar signs. Imports Matplotlib.

    Raises:
        ExportError: it is not in the part of LaTeX that Matplotlib knows.
    """
    from matplotlib.font_manager import FontProperties
    from matplotlib.mathtext import MathTextParser
    from matplotlib.textpath import TextPath

    text = f"${latex}$"
    font = FontProperties(family="DejaVu Sans", size=EM, math_fontfamily="stix")
    try:
        box = MathTextParser("path").parse(text, dpi=72, prop=font)
        path = TextPath((0, 0), text, prop=font)
    except ValueError as error:
        raise ExportError(f"the formula {latex!r} cannot be typeset: {error}") from None
    return Outline(
        points=np.asarray(path.vertices, dtype=np.float32),
        codes=np.asarray(path.codes, dtype=np.uint8),
        width=box.width,
        height=box.height - box.depth,
        depth=box.depth,
    )

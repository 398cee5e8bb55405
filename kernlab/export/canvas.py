"""A Matplotlib figure addressed in millimetres from its top left corner."""

from __future__ import annotations

from typing import Any

from kernlab.export.paint import color
from kernlab.export.words import MM, clean, height

TICK_MM, PAD_MM = 2.5 / MM, 2.0 / MM
TICK_PT = 6.5


class Canvas:
    """A page of a given size; everything on it is placed by the layout, nothing by Matplotlib."""

    def __init__(self, width: float, page_height: float, dpi: float) -> None:
        from matplotlib.figure import Figure
        from matplotlib.transforms import Affine2D

        self.width, self.height = width, page_height
        self.figure: Any = Figure(
            figsize=(width / 25.4, page_height / 25.4), dpi=dpi, facecolor=color("surface")
        )
        upright = Affine2D().scale(1 / 25.4, -1 / 25.4).translate(0, page_height / 25.4)
        self.mm: Any = upright + self.figure.dpi_scale_trans

    def text(
        self,
        x: float,
        y: float,
        words: str,
        size: float,
        *,
        role: str = "text",
        bold: bool = False,
        align: str = "left",
        gid: str | None = None,
    ) -> None:
        """A line of text whose top is at y."""
        self.figure.text(
            x, y + 0.78 * height(size), clean(words), fontsize=size, color=color(role),
            weight="bold" if bold else "normal", ha=align, va="baseline",
            transform=self.mm, parse_math=False, gid=gid,
        )  # fmt: skip

    def upright(self, x: float, y: float, lines: list[str], size: float) -> None:
        """Lines of text that run upwards, centred at (x, y)."""
        self.figure.text(
            x, y, clean("\n".join(lines)) if len(lines) == 1 else "\n".join(map(clean, lines)),
            fontsize=size, color=color("text"), ha="center", va="center", rotation=90,
            transform=self.mm, parse_math=False, multialignment="center", linespacing=1.15,
        )  # fmt: skip

    def rule(self, x0: float, x1: float, y: float, width: float, role: str) -> None:
        """A horizontal line."""
        self.stroke([x0, x1], [y, y], color=color(role), linewidth=width)

    def stroke(self, x: list[float], y: list[float], **style: Any) -> None:
        """A line, or markers, with Matplotlib's words for its style."""
        from matplotlib.lines import Line2D

        self.figure.add_artist(Line2D(x, y, transform=self.mm, **style))

    def box(self, x: float, y: float, width: float, tall: float, **style: Any) -> None:
        """A filled rectangle whose top left corner is (x, y)."""
        from matplotlib.patches import Rectangle

        self.figure.add_artist(Rectangle((x, y), width, tall, transform=self.mm, **style))

    def axes(self, x: float, y: float, width: float, tall: float, **options: Any) -> Any:
        """Axes in exactly this rectangle, in the house's style."""
        rect = (
            x / self.width,
            1 - (y + tall) / self.height,
            width / self.width,
            tall / self.height,
        )
        axes = self.figure.add_axes(rect, facecolor="none", **options)
        axes.set_axisbelow(True)
        for side, spine in axes.spines.items():
            spine.set_visible(side in ("left", "bottom"))
            spine.set(color=color("muted"), linewidth=0.6, zorder=4)
        axes.tick_params(
            which="both", direction="out", color=color("muted"), labelcolor=color("text"),
            labelsize=TICK_PT, pad=2.0, length=2.5, width=0.6,
        )  # fmt: skip
        axes.tick_params(which="minor", length=1.5, width=0.4)
        return axes

"""The cards that the window shows, and the grid that holds them."""

from kernlab.ui.figure_card import FigureCard
from kernlab.ui.grid import FigureGrid
from kernlab.ui.sheet_card import SheetCard

__all__ = ["FigureCard", "FigureGrid", "SheetCard"]

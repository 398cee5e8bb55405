"""Figures, tables and recipes to files, and back.

Importing it is cheap: Matplotlib is imported at the first figure that is saved. Neither this
module nor anything below it imports Qt.
"""

from __future__ import annotations

from kernlab.export.bundle import Bundle, ExportError
from kernlab.export.recipes import read_recipe
from kernlab.export.save import SUFFIXES, allowed_for, save

__all__ = ["SUFFIXES", "Bundle", "ExportError", "allowed_for", "read_recipe", "save"]

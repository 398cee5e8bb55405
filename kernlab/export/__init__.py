"""Figures, tables and recipes to files, and back."""

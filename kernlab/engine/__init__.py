"""The headless engine: imports neither Qt nor Matplotlib."""

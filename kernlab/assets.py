"""Where the files of `resources/` are, in a checkout and in an installed wheel."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

_package = Path(__file__).resolve().parent


def resource(name: str) -> Path:
    """The path of a shipped file, such as `themes.json`."""
    installed = _package / "_resources" / name
    return installed if installed.exists() else _package.parent / "resources" / name


@cache
def roles(theme: str) -> dict[str, str]:
    """The colours of a theme (`light` or `dark`) by role, as `#RRGGBB`."""
    themes: dict[str, dict[str, str]] = json.loads(resource("themes.json").read_text())
    if theme not in themes:
        raise ValueError(f"theme is {theme!r}; allowed: one of {', '.join(themes)}")
    return themes[theme]

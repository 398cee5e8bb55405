"""What *Copy report* puts on the clipboard: enough to repeat a failure elsewhere."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable
from importlib import metadata
from typing import Any

from PySide6.QtCore import qVersion
from PySide6.QtGui import QGuiApplication

from kernlab.engine.contract import recipe as recipes
from kernlab.threads import thread_counts

Subject = tuple[str, Any]
"""What a message is about: an experiment's key and its parameters."""
SubjectNow = Callable[[], Subject | None]


def report(text: str, details: str, subject: Subject | None = None) -> str:
    """The sentence, the traceback, the recipe as JSON, and what it ran on.

    The recipe says of own data only where they came from and their SHA-256.
    """
    parts = [text, details.rstrip()]
    if subject is not None:
        recipe = recipes.make(*subject, thread_counts())
        for value in recipe["parameters"].values():
            if isinstance(value, dict):
                for part in recipes.DATA_PARTS:
                    value.pop(part, None)
        parts.append(json.dumps(recipe, indent=1, ensure_ascii=False))
    return "\n\n".join([*filter(None, parts), "\n".join(surroundings())]) + "\n"


def surroundings() -> list[str]:
    """Versions, platform and threads, a line each."""
    versions = {**recipes.versions(), "PySide6": _version("PySide6-Essentials"), "Qt": qVersion()}
    threads = ", ".join(f"{name} {count}" for name, count in thread_counts().items())
    return [
        ", ".join(f"{name} {version}" for name, version in versions.items()),
        f"{platform.platform()}, {platform.machine()}, {QGuiApplication.platformName()}",
        f"threads: {threads}",
    ]


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def copy(text: str, details: str, subject: Subject | None = None) -> None:
    """Put a report on the clipboard."""
    QGuiApplication.clipboard().setText(report(text, details, subject))

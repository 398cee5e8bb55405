"""The user's preferences: declared as an experiment's parameters are, kept as JSON."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from kernlab import user_files
from kernlab.engine.contract.parameters import (
    Group,
    Help,
    Label,
    OnlyIf,
    Options,
    Span,
    check,
    fields_of,
    validate,
)
from kernlab.threads import available

SCHEMA = 1
SMALLEST, LARGEST = 11, 20
"""Pixels of the smallest and the largest text."""


@dataclass(frozen=True)
class Preferences:
    """What holds for all panels and outlasts the session."""

    theme: Annotated[
        str,
        Group("Look"),
        Options({"system": "As the system", "light": "Light", "dark": "Dark"}),
        Label("Theme"),
        Help("Colours of the window and of the figures in it; exported figures are always light."),
    ] = "system"
    font_size: Annotated[
        int,
        Span(SMALLEST, LARGEST, unit="px"),
        Label("Text size"),
        Help("Height of the text in the window; also with Ctrl++, Ctrl+− and Ctrl+0."),
    ] = 13
    blas_threads: Annotated[
        int,
        Group("Computing"),
        Span(1, max(2, available())),
        Label("BLAS threads"),
        Help("For matrix products, from the next run on; one is fastest at these sizes."),
    ] = 1
    device: Annotated[
        str,
        Options({"cpu": "CPU", "cuda": "CUDA", "mps": "MPS"}),
        Label("Device"),
        Help("Where torch computes, in the panels that use it."),
    ] = "cpu"
    cache_mb: Annotated[
        int,
        Span(16, 65_536, log=True, unit="MB"),
        Label("Cache"),
        Help("Intermediate results that are kept, so that going back to a value takes no time."),
    ] = 256
    memory: Annotated[
        str,
        Options({"automatic": "80 % of what is free", "own": "Own limit"}),
        Label("Memory limit"),
        Help("A run that would need more is refused before it starts."),
    ] = "automatic"
    memory_gb: Annotated[
        float,
        Span(0.25, 4096, log=True, unit="GB"),
        Label("Own limit"),
        Help("What a run may need at most."),
        OnlyIf("memory", ("own",)),
    ] = 8.0
    export_format: Annotated[
        str,
        Group("Export"),
        Options({"pdf": "PDF", "svg": "SVG", "png": "PNG"}),
        Label("Format of figures"),
        Help("What the export of figures offers first."),
    ] = "pdf"
    export_dpi: Annotated[
        int,
        Span(72, 1200, log=True, unit="dpi"),
        Label("Resolution"),
        Help("Of PNG files, and of images and clouds of points in the other two."),
    ] = 300
    export_width: Annotated[
        str,
        Options({"automatic": "85 or 178 mm", "own": "Own width"}),
        Label("Width of figures"),
        Help("One column of a journal's page for one figure, two for several; or your own."),
    ] = "automatic"
    width_mm: Annotated[
        float,
        Span(40, 600, step=1, unit="mm"),
        Label("Own width"),
        Help("Width of the exported page."),
        OnlyIf("export_width", ("own",)),
    ] = 178.0

    def __post_init__(self) -> None:
        validate(self)

    @property
    def memory_limit(self) -> int | None:
        """Bytes that a run may need at most; None for 80 % of what is free."""
        return round(self.memory_gb * 1e9) if self.memory == "own" else None

    @property
    def cache_budget(self) -> int:
        """Bytes that the lane's cache keeps at most."""
        return self.cache_mb * 1_000_000

    @property
    def export_options(self) -> dict[str, Any]:
        """What `kernlab.export.save` is told, where it differs from its own defaults."""
        options: dict[str, Any] = {}
        if self.export_dpi != 300:
            options["dpi"] = self.export_dpi
        if self.export_width == "own":
            options["width_mm"] = self.width_mm
        return options

    def first_kind(self, kinds: str) -> str:
        """A file dialog's kinds (`PDF (*.pdf);;…`) with the preferred format first."""
        wanted = f"*.{self.export_format})"
        return ";;".join(sorted(kinds.split(";;"), key=lambda kind: wanted not in kind))


@dataclass(frozen=True)
class Loaded:
    """Preferences as they were found: what was odd about them, and where changes may be kept."""

    preferences: Preferences
    notices: tuple[str, ...] = ()
    path: Path | None = None


def load(path: Path) -> Loaded:
    """Read the preferences; a damaged file is set aside, and odd values take their defaults."""
    try:
        document = user_files.read(path, SCHEMA)
    except user_files.Damaged as damage:
        notice, free = user_files.recover(path, damage)
        return Loaded(Preferences(), (notice,), path if free else None)
    if document is None:
        return Loaded(Preferences(), (), path)
    fields = {field.name: field for field in fields_of(Preferences)}
    values: dict[str, Any] = {}
    notices = user_files.unknown(document, {"schema", *fields}, " in the preferences")
    for name in fields.keys() & document.keys():
        try:
            values[name] = check(fields[name], document[name])
        except ValueError as error:
            notices.append(f"preferences: {error}; the default is used")
    return Loaded(Preferences(**values), tuple(notices), path)


def as_text(preferences: Preferences) -> str:
    """The preferences as `load` reads them."""
    return json.dumps({"schema": SCHEMA, **dataclasses.asdict(preferences)}, indent=1) + "\n"

"""Animated pictures: frames that a window recorded, to a GIF with their recipe inside."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kernlab.export import atomic, recipes
from kernlab.export.bundle import ExportError

if TYPE_CHECKING:
    pass

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

SUFFIX = ".gif"
COLOURS, EXACT = 255, 96
"""Colours of the palette, which leaves one for what stays as it was, and those of them that are
taken as they are: the most frequent ones, so that backgrounds and lines keep theirs."""
_SAMPLES, _SAMPLE_WIDTH = 16, 400


def packed(rgb: bytes) -> bytes:
    """A frame's pixels, compressed: plots shrink to a few percent."""
    return zlib.compress(rgb, 1)


@dataclass(frozen=True)
class Film:
    """A recording, picklable, so that another process can save it.

    Attributes:
        size: width and height of every frame in pixels.
        frames: the pixels of the different frames, row by row as RGB, each :func:`packed`.
        order: which frames are shown one after the other.
        durations: how long each of these is shown, in hundredths of a second.
        repeats: whether it starts again at its end.
        recipe: what makes the run again (`kernlab.engine.contract.recipe`).
    """

    size: tuple[int, int]
    frames: Sequence[bytes]
    order: Sequence[int]
    durations: Sequence[int]
    repeats: bool = True
    recipe: Mapping[str, Any] = field(default_factory=dict)


def save_film(path: Path, film: Film) -> Path:
    """Write an animated GIF, whole or not at all.

    All frames share one palette made from some of them, so that no colour flickers.

    Raises:
        ExportError: nothing was written; the message says why and what to do.
    """
    if path.suffix.lower() != SUFFIX:
        raise ExportError(f"{path} ends in {path.suffix or 'nothing'!r}; allowed: {SUFFIX}")
    if not film.order:
        raise ExportError("there is no picture to save: nothing was recorded")
    atomic.resolved(path)
    from PIL.Image import Dither  # nobody who does not record needs it

    palette = _palette(film)
    indexed = [
        _picture(film, at).quantize(palette=palette, dither=Dither.NONE)
        for at in range(len(film.frames))
    ]
    pictures = [indexed[at] for at in film.order]
    options: dict[str, Any] = {"loop": 0} if film.repeats else {}

    def fill(file: Any) -> None:
        pictures[0].save(
            file,
            "GIF",
            save_all=True,
            append_images=pictures[1:],
            duration=[10 * duration for duration in film.durations],
            comment=recipes.as_comment(film.recipe),
            optimize=True,
            **options,
        )

    atomic.write(path, fill)
    return path


def _picture(film: Film, at: int) -> Picture:
    from PIL import Image

    return Image.frombytes("RGB", film.size, zlib.decompress(film.frames[at]))


def _palette(film: Film) -> Picture:
    """A picture with one palette for all frames: frequent colours, and medians of the rest."""
    from PIL import Image

    step = -(-len(film.frames) // _SAMPLES)
    samples = [_picture(film, at) for at in range(0, len(film.frames), step)]
    width = min(film.size[0], _SAMPLE_WIDTH)
    height = max(1, round(width * film.size[1] / film.size[0]))
    strip = Image.new("RGB", (width, height * len(samples)))
    for row, sample in enumerate(samples):
        strip.paste(sample.resize((width, height), Image.Resampling.NEAREST), (0, row * height))
    counted: Any = strip.getcolors(width * height * len(samples)) or []
    colours: list[tuple[int, int, int]] = [colour for _, colour in sorted(counted, reverse=True)]
    values = [part for colour in colours[:EXACT] for part in colour]
    rest = colours[EXACT:]
    if len(rest) > COLOURS - EXACT:
        others = Image.new("RGB", (len(rest), 1))
        others.putdata(rest)
        values += others.quantize(COLOURS - EXACT, dither=Image.Dither.NONE).getpalette() or []
    else:
        values += [part for colour in rest for part in colour]
    palette = Image.new("P", (1, 1))
    palette.putpalette(values[: 3 * COLOURS])
    return palette

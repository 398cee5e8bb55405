"""A recording as GIF: every frame, how long, how often, and its recipe, read back with Pillow."""

from __future__ import annotations

import base64
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from kernlab import cli
from kernlab.export import Bundle, ExportError, read_recipe, save
from kernlab.export.gif import Film, packed, save_film
from kernlab.export.process import ExportProcess

SIZE = (40, 30)
GROUND, INK = (246, 247, 249), (0, 114, 178)


def picture(at: int) -> bytes:
    """A square that moves over an even ground."""
    image = Image.new("RGB", SIZE, GROUND)
    image.paste(INK, (3 * at, 10, 3 * at + 5, 15))
    return image.tobytes()


@pytest.fixture
def film(recipe: dict[str, object]) -> Film:
    frames = [packed(picture(at)) for at in range(3)]
    return Film(SIZE, frames, (0, 1, 2, 1), (7, 6, 20, 7), True, recipe)


def test_frames_durations_and_the_repeat_are_read_back(film: Film, tmp_path: Path) -> None:
    with Image.open(save_film(tmp_path / "a.gif", film)) as gif:
        assert gif.n_frames == 4 and gif.size == SIZE
        assert gif.info["loop"] == 0
        for at, (shown, lasts) in enumerate(zip(film.order, film.durations, strict=True)):
            gif.seek(at)
            assert gif.info["duration"] == 10 * lasts
            assert gif.convert("RGB").tobytes() == picture(shown)


def test_a_film_that_does_not_repeat_says_nothing_of_a_loop(film: Film, tmp_path: Path) -> None:
    once = Film(film.size, film.frames, (0, 1, 2), (5, 5, 5), False, film.recipe)
    with Image.open(save_film(tmp_path / "a.gif", once)) as gif:
        assert "loop" not in gif.info


def test_frequent_colours_are_kept_where_there_are_more_than_a_palette_holds(
    tmp_path: Path,
) -> None:
    image = Image.new("RGB", (300, 200), GROUND)
    image.paste(INK, (10, 10, 290, 20))
    for x in range(256):
        image.putpixel((x, 100), (x, 255 - x, 40))
        image.putpixel((x, 101), (255 - x, 30, x))
    film = Film(image.size, [packed(image.tobytes())], (0,), (5,))
    with Image.open(save_film(tmp_path / "a.gif", film)) as gif:
        shown = gif.convert("RGB")
    assert shown.getpixel((150, 150)) == GROUND and shown.getpixel((100, 15)) == INK
    far = [
        max(abs(a - b) for a, b in zip(shown.getpixel((x, 100)), (x, 255 - x, 40), strict=True))
        for x in range(256)
    ]
    assert max(far) < 24


def test_the_recipe_is_in_the_comment(film: Film, tmp_path: Path) -> None:
    path = save_film(tmp_path / "a.gif", film)
    assert read_recipe(path) == film.recipe
    assert read_recipe(path.rename(tmp_path / "a.txt")) == film.recipe
    with Image.open(tmp_path / "a.txt") as gif:
        assert gif.info["comment"].startswith(b'kernlab:{"schema": 1')


def test_a_large_recipe_survives(film: Film, tmp_path: Path) -> None:
    data = base64.b64encode(os.urandom(256_000)).decode()
    recipe = {"schema": 1, "experiment": "gapped-sine", "parameters": {"data_file": data}}
    large = Film(film.size, film.frames, film.order, film.durations, True, recipe)
    assert read_recipe(save_film(tmp_path / "a.gif", large)) == recipe


def _foreign(path: Path, comment: bytes) -> None:
    Image.new("P", (4, 4)).save(path, comment=comment)


def _cut(path: Path) -> None:
    _foreign(path, b"kernlab:" + b"x" * 600)
    path.write_bytes(path.read_bytes()[:500])


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: _foreign(path, b"made elsewhere"), "was not written by kernlab"),
        (lambda path: _foreign(path, b""), "was not written by kernlab"),
        (lambda path: _foreign(path, b"kernlab:{"), "gives no recipe"),
        (_cut, "ends too early"),
        (lambda path: path.write_bytes(b"GIF89a"), "was not written by kernlab"),
        (lambda path: path.write_bytes(b"GIF89a" + b"\xff" * 7), "was not written by kernlab"),
    ],
    ids=["foreign", "empty", "no JSON", "cut", "head", "table"],
)
def test_another_gif_gives_one_sentence(
    make: Callable[[Path], None], reason: str, tmp_path: Path
) -> None:
    make(tmp_path / "a.gif")
    with pytest.raises(ValueError, match=reason) as caught:
        read_recipe(tmp_path / "a.gif")
    assert "\n" not in str(caught.value)


def test_a_run_is_not_saved_as_gif(bundle: Bundle, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="recorded in the window"):
        save(tmp_path / "a.gif", bundle)


@pytest.mark.parametrize(
    ("name", "reason"),
    [("a.png", r"ends in '\.png'; allowed: \.gif"), ("no/a.gif", "does not exist")],
)
def test_a_film_goes_into_a_gif_that_can_be_written(
    name: str, reason: str, film: Film, tmp_path: Path
) -> None:
    with pytest.raises(ExportError, match=reason):
        save_film(tmp_path / name, film)
    assert not list(tmp_path.iterdir())


@pytest.fixture
def process() -> Iterator[ExportProcess]:
    process = ExportProcess()
    yield process
    process.close()


def test_the_export_process_writes_it(process: ExportProcess, film: Film, tmp_path: Path) -> None:
    path = process.save_film(tmp_path / "a.gif", film).result(20)
    assert read_recipe(path) == film.recipe


def test_cancelling_leaves_no_file_and_the_next_job_is_done(
    process: ExportProcess, film: Film, tmp_path: Path
) -> None:
    process.save_film(tmp_path / "first.gif", film).result(20)
    noise = [packed(os.urandom(3 * 600 * 400)) for _ in range(20)]
    long = Film((600, 400), noise, tuple(range(20)), (5,) * 20)
    running = process.save_film(tmp_path / "a.gif", long)
    waiting = process.save_film(tmp_path / "b.gif", film)
    while not running.running():
        time.sleep(0.002)
    process.cancel(waiting)
    process.cancel(running)
    assert isinstance(running.exception(10), ExportError) and waiting.cancelled()
    assert [path.name for path in tmp_path.iterdir()] == ["first.gif"]
    assert process.save_film(tmp_path / "c.gif", film).result(20).exists()


def test_the_command_line_refuses_it_before_it_computes(
    toy: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["run", toy, "--out", str(tmp_path / "a.gif")]) == 2
    error = capsys.readouterr().err
    assert "'.gif'; allowed: .pdf" in error and "recorded in the window" in error
    assert len(error.splitlines()) == 1

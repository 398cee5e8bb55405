"""Whatever kernlab writes gives its recipe back; whatever else there is gives one sentence."""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
import zipfile
import zlib
from pathlib import Path
from xml.etree import ElementTree

import pytest

from kernlab.export import SUFFIXES, Bundle, read_recipe, save

FIGURES = (".pdf", ".svg", ".png")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_recipe_round_trip(suffix: str, bundle: Bundle, tmp_path: Path) -> None:
    assert read_recipe(save(tmp_path / f"run{suffix}", bundle)) == bundle.recipe


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_contents_decide_and_not_the_name(suffix: str, bundle: Bundle, tmp_path: Path) -> None:
    renamed = save(tmp_path / f"run{suffix}", bundle).rename(tmp_path / "run.txt")
    assert read_recipe(renamed) == bundle.recipe


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_equal_runs_give_equal_bytes(suffix: str, bundle: Bundle, tmp_path: Path) -> None:
    first, second = (save(tmp_path / f"{name}{suffix}", bundle) for name in "ab")
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_large_recipe_survives(suffix: str, bundle: Bundle, tmp_path: Path) -> None:
    data = base64.b64encode(os.urandom(256_000)).decode()
    recipe = {"schema": 1, "experiment": "gapped-sine", "parameters": {"data_file": data}}
    tables = {"error": bundle.tables["error"]}
    figures = [figure for figure in bundle.figures if figure.key == "error"]
    large = Bundle(figures=figures, tables=tables, recipe=recipe)
    assert read_recipe(save(tmp_path / f"run{suffix}", large)) == recipe


def test_the_recipe_stands_where_other_programs_find_it(bundle: Bundle, tmp_path: Path) -> None:
    from PIL import Image

    with Image.open(save(tmp_path / "a.png", bundle)) as image:
        assert json.loads(image.text["kernlab"]) == bundle.recipe
    pdf = save(tmp_path / "a.pdf", bundle).read_bytes()
    keywords = re.search(rb"/Keywords \(([^)]*)\)", pdf)
    assert keywords and json.loads(base64.b64decode(keywords[1])) == bundle.recipe
    root = ElementTree.parse(save(tmp_path / "a.svg", bundle)).getroot()
    description = root.find(".//{http://purl.org/dc/elements/1.1/}description")
    assert description is not None and description.text
    assert json.loads(description.text.removeprefix("kernlab:")) == bundle.recipe
    first = save(tmp_path / "a.csv", bundle).read_text().splitlines()[0]
    assert json.loads(first.removeprefix("# kernlab: ")) == bundle.recipe


def test_a_compressed_png_text_is_read_within_limits(tmp_path: Path) -> None:
    def png(text: bytes) -> Path:
        body = b"iTXtkernlab\0\1\0\0\0" + zlib.compress(text)
        chunk = (len(body) - 4).to_bytes(4, "big") + body
        chunk += binascii.crc32(body).to_bytes(4, "big")
        path = tmp_path / "a.png"
        path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk)
        return path

    good = b'{"experiment": "spectra", "parameters": {}}'
    assert read_recipe(png(good))["experiment"] == "spectra"
    with pytest.raises(ValueError, match="too long"):
        read_recipe(png(b" " * 40_000_000))


BAD = {
    "empty": (b"", "empty"),
    "noise": (bytes(range(128, 256)) * 9, "is not a PDF, SVG"),
    "words": (b"x,y\n1,2\n", "is not a PDF, SVG"),
    "plain json": (b"[1, 2]", "is not a PDF"),
    "other json": (b'{"a": 1}', "names no experiment"),
    "half json": (b'{"experiment": "a", "para', "not JSON"),
    "deep json": (b'{"a":' * 100_000, "not JSON"),
    "no parameters": (b'{"experiment": "a", "parameters": [1]}', "no parameters"),
    "latin-1": ('{"experiment": "ü"'.encode("latin-1"), "UTF-8"),
    "csv without": (b"# kernlab: \nx,y\n", "not JSON"),
    "png start": (b"\x89PNG\r\n\x1a\n", "too early"),
    "png other": (
        b"\x89PNG\r\n\x1a\n" + b"\0\0\0\0IEND" + binascii.crc32(b"IEND").to_bytes(4, "big"),
        "not written by kernlab",
    ),
    "pdf other": (b"%PDF-1.4\n/Keywords (cats and dogs)\n%%EOF", "not written by kernlab"),
    "pdf base64": (b"%PDF-1.4\n/Keywords (AAAAAAAAAAAA)\n%%EOF", "not written by kernlab"),
    "svg other": (b"<svg><desc>hello</desc></svg>", "not written by kernlab"),
    "svg half": (b"<svg><metadata>", "damaged"),
    "svg entities": (b'<!DOCTYPE svg [<!ENTITY a "aaa">]><svg>&a;</svg>', "entities"),
    "zip half": (b"PK\x03\x04" + b"\0" * 40, "damaged"),
    "pickle": (b"\x80\x04\x95\x0b\0\0\0\0\0\0\0\x8c\x07os", "is not a PDF, SVG"),
}


@pytest.mark.parametrize("name", BAD)
def test_garbage_is_refused_with_a_sentence(name: str, tmp_path: Path) -> None:
    raw, words = BAD[name]
    path = tmp_path / "file"
    path.write_bytes(raw)
    with pytest.raises(ValueError, match=words) as caught:
        read_recipe(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", FIGURES)
def test_cut_or_changed_figures_never_raise_anything_else(
    suffix: str, bundle: Bundle, tmp_path: Path
) -> None:
    whole = save(tmp_path / f"run{suffix}", bundle, figures=["error"]).read_bytes()
    path = tmp_path / "cut"
    at = whole.find(b"experiment")  # in the recipe, except in a PDF, where it is in base64
    for end in range(0, len(whole), max(1, len(whole) // 40)):
        path.write_bytes(whole[:end])
        try:
            read_recipe(path)
        except ValueError as error:
            assert str(path) in str(error)
    if at > 0:
        path.write_bytes(whole[:at] + b"\xff" + whole[at + 1 :])
        with pytest.raises(ValueError, match="damaged"):
            read_recipe(path)


def test_a_zip_without_or_with_a_huge_recipe_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("table.csv", "x\n1\n")
    with pytest.raises(ValueError, match=r"no recipe\.json"):
        read_recipe(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("recipe.json", b" " * 40_000_000)
    with pytest.raises(ValueError, match="too long"):
        read_recipe(path)


@pytest.mark.parametrize("head", [b"", b"%PDF-1.4", b"{", b"<svg>", b"PK\x03\x04"])
def test_two_gigabytes_are_refused_by_size(head: bytes, tmp_path: Path) -> None:
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.write(head)
        file.truncate(2_000_000_000)
    with pytest.raises(ValueError, match="2000000000 bytes"):
        read_recipe(path)


def test_missing_files_folders_and_devices_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="does not exist"):
        read_recipe(tmp_path / "nothing.pdf")
    with pytest.raises(ValueError, match="is a folder"):
        read_recipe(tmp_path)
    with pytest.raises(ValueError, match="cannot be opened"):
        read_recipe("a\0b")
    if Path("/dev/zero").exists():
        with pytest.raises(ValueError, match="not a regular file"):
            read_recipe("/dev/zero")

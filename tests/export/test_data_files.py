"""Own data: read fast and exactly, or refused in a sentence that says where."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

import numpy as np
import pytest

from kernlab.data_files import read_columns
from kernlab.engine.contract.parameters import Field


def _field(*names: str, most: int = 100_000_000) -> Field:
    wanted = names or ("x", "y")
    return Field("data_file", "data", None, "Data", "", "", "", None, {}, wanted, most, None)


def _refusal(path: Path, field: Field | None = None) -> str:
    with pytest.raises(ValueError) as caught:
        read_columns(path, field or _field())
    text = str(caught.value)
    assert path.name in text and "\n" not in text and len(text) < 1000
    return text


GOOD = {
    "plain": b"x,y\n1,2\n3,4\n",
    "bom": b"\xef\xbb\xbfx,y\n1,2\n3,4\n",
    "crlf": b"x,y\r\n1,2\r\n3,4\r\n",
    "no last newline": b"x,y\n1,2\n3,4",
    "semicolons": b"x;y\n1;2\n3;4\n",
    "tabs and spaces": b"x\ty\n 1 \t2\n3\t 4\n",
    "comments": b"# kernlab: {}\n\nx,y\n# more\n1,2\n\n   \n 3,4\n# end\n",
    "order and others": b"y,name,x\n2,a,1\n4,b,3\n",
    "quotes": b'"x","name","y"\n"1","a,b",2\n3,"c ""d""",4\n',
    "units": b"x [rad],y [s]\n1,2\n3,4\n",
    "exponents": b"x,y\n1e0,20e-1\n3E+00,+4.\n",
}


@pytest.mark.parametrize("name", GOOD)
def test_tables_are_read(name: str, tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(GOOD[name])
    data = read_columns(path, _field())
    assert data.columns["x"].tolist() == [1, 3] and data.columns["y"].tolist() == [2, 4]
    assert data.sha256 == hashlib.sha256(GOOD[name]).hexdigest() and data.path == str(path)
    assert not data.columns["x"].flags.writeable


BAD = {
    "empty": (b"", "is empty"),
    "blank": (b"\n\n  \n", "no header line"),
    "comments only": (b"# a\n# b\n", "no header line"),
    "header only": (b"x,y\n", "a header and no data; at least 2 rows are needed"),
    "one row": (b"x,y\n1,2\n", "one data row; at least 2 rows are needed"),
    "no header": (b"1,2\n3,4\n", "line 1: the column 'x' is missing; found 1, 2"),
    "missing column": (b"# c\nx,z\n1,2\n3,4\n", "line 2: the column 'y' is missing; found x, z"),
    "column twice": (b"x,y,x\n1,2,3\n4,5,6\n", "line 1: the column 'x' stands twice"),
    "text": (b"x,y\n1,2\n\n3,four\n", "line 4, column 'y': 'four' is not a number"),
    "text in the first row": (b"x,y\nm,s\n3,4\n", "line 2, column 'x': 'm' is not a number"),
    "hexadecimal": (b"x,y\n1,2\n3,0x10\n", "line 3, column 'y': '0x10' is not a number"),
    "underscore": (b"x,y\n1,2\n3,1_0\n", "line 3, column 'y': '1_0' is not a number"),
    "decimal comma": (b"x;y\n1;2\n3;4,5\n", "line 3, column 'y': '4,5' is not a number; write a"),
    "empty field": (b"x,y\n1,2\n,4\n", "line 3, column 'x': the field is empty"),
    "only separators": (b"x\ty\n1\t2\n\t\n3\t4\n", "line 3, column 'x': the field is empty"),
    "nan": (b"x,y\n1,2\n3,NaN\n", "line 3, column 'y': NaN is not a finite number"),
    "infinity": (b"x,y\n-inf,2\n3,4\n", "line 2, column 'x': -inf is not a finite number"),
    "overflow": (b"x,y\n1e999,2\n3,4\n", "line 2, column 'x': 1e999 is not a finite number"),
    "short row": (b"x,y\n1,2\n3\n", "line 3: fields found 1, in the header 2"),
    "long row": (b"x,y\n1,2\n3,4,5\n", "line 3: fields found 3, in the header 2"),
    "open quote": (b'x,y\n1,"2\n3,4\n', "line 2: a quotation mark is not closed"),
    "binary": (bytes(range(256)), "is not a text file"),
    "utf-16": ("x,y\n1,2\n".encode("utf-16"), "is not a text file"),
    "latin-1": ("x,y,ü\n1,2,3\n4,5,6\n".encode("latin-1"), "is not UTF-8"),
    "late binary": (b"x,y\n" + b"1,2\n" * 30_000 + b"\0,1\n", "line 30002, column 'x'"),
    "one long line": (b"x," * 100_000, "too long"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_tables_are_refused(name: str, tmp_path: Path) -> None:
    raw, words = BAD[name]
    path = tmp_path / "data.csv"
    path.write_bytes(raw)
    assert words in _refusal(path)


def test_what_is_not_a_readable_file_is_refused(tmp_path: Path) -> None:
    assert "does not exist" in _refusal(tmp_path / "nothing.csv")
    assert "is a folder" in _refusal(tmp_path)
    (tmp_path / "file").touch()
    assert "cannot be opened" in _refusal(tmp_path / "file" / "a.csv")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        assert "not a regular file" in _refusal(tmp_path / "pipe")


def test_two_gigabytes_are_refused_by_size(tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    with path.open("wb") as file:
        file.write(b"x,y\n1,2\n3,4\n")
        file.truncate(2_000_000_000)
    start = time.monotonic()
    assert "2000000000 bytes; allowed: at most 100000000" in _refusal(path)
    assert time.monotonic() - start < 0.2


def test_float64_comes_back_to_the_last_bit(tmp_path: Path) -> None:
    bits = np.random.default_rng(0).integers(0, 2**64, 20_000, dtype=np.uint64).view(np.float64)
    values = bits[np.isfinite(bits)]
    path = tmp_path / "data.csv"
    path.write_text(
        "x,y\n" + "".join(f"{value!r},{i}\n" for i, value in enumerate(values.tolist()))
    )
    np.testing.assert_array_equal(read_columns(path, _field("x")).columns["x"], values)


def test_a_hundred_thousand_rows_take_a_moment(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text("x,y\n" + "0.12345678,-1.2345678\n" * 100_000)
    start = time.monotonic()
    assert read_columns(path, _field()).columns["y"].size == 100_000
    assert time.monotonic() - start < 1.0  # 0.1 s on the reference machine

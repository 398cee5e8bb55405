"""Own matrices: read exactly from `.npy` and CSV, or refused before they cost anything."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import struct
from dataclasses import make_dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernlab.data_files import read_matrix, read_own_data
from kernlab.engine.contract.parameters import Field, Matrix, OwnData, fields_of

MOST = 1_000_000
NAMES = (
    st.text(st.characters(exclude_categories=("C", "Zl", "Zp")), max_size=8)
    .map(str.strip)
    .filter(lambda name: name[:1] not in ("'", '"'))
)


def _field(most: int = MOST) -> Field:
    kind = Annotated[OwnData | None, Matrix(most_bytes=most)]
    return fields_of(make_dataclass("Declared", [("matrix_file", kind, None)], frozen=True))[0]


def _refusal(path: Path, field: Field | None = None) -> str:
    with pytest.raises(ValueError) as caught:
        read_matrix(path, field or _field())
    text = str(caught.value)
    assert path.name in text and "\n" not in text and len(text) < 1000
    return text


def _npy(array: Any, **options: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array, **options)
    return file.getvalue()


def _with_header(header: str, data: bytes = b"", version: bytes = b"\1\0") -> bytes:
    raw = header.encode("latin-1")
    length = struct.pack("<H" if version[0] == 1 else "<I", len(raw))
    return b"\x93NUMPY" + version + length + raw + data


VALUES = np.array([[1.0, -2.5, 3e300], [0.0, 5e-324, 7.0]])


class TestNpy:
    @pytest.mark.parametrize(
        "dtype", ["<f8", ">f8", "<f4", ">f2", "<i8", ">i4", "i2", "i1", "u1", "<u8"]
    )
    @pytest.mark.parametrize("order", ["C", "F"])
    def test_real_matrices_come_back_as_they_are(
        self, tmp_path: Path, dtype: str, order: Any
    ) -> None:
        array = np.array([[1, 2, 3], [4, 5, 6]], dtype=dtype, order=order)
        path = tmp_path / "a.npy"
        np.save(path, array)
        data = read_own_data(path, _field())
        assert data.matrix is not None and data.matrix.dtype == np.float64
        np.testing.assert_array_equal(data.matrix, array)
        assert data.matrix.flags.c_contiguous and not data.matrix.flags.writeable
        assert data.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
        assert (data.path, dict(data.columns), data.nbytes) == (str(path), {}, 48)

    @pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
    def test_every_version_of_the_format(self, tmp_path: Path, version: tuple[int, int]) -> None:
        path = tmp_path / "named.csv"  # contents decide, not the name
        with path.open("wb") as file:
            np.lib.format.write_array(file, VALUES, version=version)
        np.testing.assert_array_equal(read_matrix(path, _field()).matrix, VALUES)

    @pytest.mark.parametrize(
        ("raw", "sentence"),
        [
            (_npy(np.ones(5)), "has 1 dimension; allowed: 2"),
            (_npy(np.ones((2, 2, 2))), "has 3 dimensions"),
            (_npy(np.float64(1)), "has 0 dimensions"),
            (_npy(np.ones((1, 4))), "has 1 row and 4 columns; at least 2 of each"),
            (_npy(np.ones((4, 0))), "has 4 rows and 0 columns"),
            (_npy(np.array([[1, np.nan], [1, 1]])), "holds nan in row 1, column 2"),
            (_npy(np.array([[1, 1], [-np.inf, 1]])), "holds -inf in row 2, column 1"),
            (_npy(np.ones((2, 2), complex)), "values of the type '<c16'; allowed: floats"),
            (_npy(np.ones((2, 2), bool)), "values of the type '|b1'"),
            (_npy(np.array([["a", "b"]] * 2)), "values of the type '<U1'"),
            (_npy(np.zeros((2, 2), "f8,i4")), "values of the type"),
            (_npy(np.array([[{}, {}]] * 2), allow_pickle=True), "values of the type '|O'"),
            (_npy(VALUES)[:-1], "take 48 bytes, and it holds 47"),
            (_npy(VALUES) + b"\0", "take 48 bytes, and it holds 49"),
            (_npy(np.zeros((400, 400), np.int8)), "1280000 bytes as float64; allowed: at most"),
            (b"\x93NUMPY", "its header is none"),
            (b"\x93NUMPY\1\0\xff\xff", "its header is none"),
            (b"\x93NUMPY\2\0\xff\xff\xff\xff", "its header is none"),
            (b"\x93NUMPY\x09\0\x10\0", "its header is none"),
            (_with_header("{"), "its header cannot be read"),
            (_with_header("[" * 3000), "its header cannot be read"),
            (_with_header("\xff"), "its header cannot be read"),
            (_with_header("{'descr': '<f8'}"), "its header cannot be read"),
            (_with_header("3"), "its header cannot be read"),
        ],
    )
    def test_what_is_no_such_matrix(self, tmp_path: Path, raw: bytes, sentence: str) -> None:
        path = tmp_path / "a.npy"
        path.write_bytes(raw)
        assert sentence in _refusal(path)

    @pytest.mark.parametrize(
        "shape", ["(10**9, 10**9)", "(1000000000, 1000000000)", "(-2, -2)", "(True, 2)", "(2.0, 2)",
                  "[2, 2]", "2", "('a', 2)", "(9223372036854775808, 2)"],
    )  # fmt: skip
    def test_a_header_that_promises_too_much_costs_nothing(
        self, tmp_path: Path, shape: str
    ) -> None:
        path = tmp_path / "bomb.npy"
        header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}"
        path.write_bytes(_with_header(header, b"\0" * 32))
        assert "allowed: at most" in (sentence := _refusal(path)) or "is damaged" in sentence

    @settings(max_examples=200)
    @given(cut=st.integers(0, 176), put=st.binary(max_size=8))
    def test_a_damaged_file_is_read_or_refused(self, tmp_path: Path, cut: int, put: bytes) -> None:
        raw = _npy(VALUES)
        path = tmp_path / "damaged.npy"
        path.write_bytes(raw[:cut] + put + raw[cut + len(put) :])
        try:
            data = read_matrix(path, _field())
        except ValueError as error:
            assert "\n" not in str(error)
        else:
            assert data.matrix is not None and np.isfinite(data.matrix).all()


GOOD = {
    "plain": b"1,2,3\n4,5,6\n",
    "header": b"a,b,c\n1,2,3\n4,5,6\n",
    "quoted header": b'"a, b",b,c\n1,2,3\n4,5,6\n',
    "bom and crlf": b"\xef\xbb\xbf1,2,3\r\n4,5,6\r\n",
    "semicolons": b"1;2;3\n4;5;6",
    "tabs": b"1\t2\t3\n4\t5\t6\n",
    "comments": b"# kernlab\n\n1,2,3\n# more\n4,5,6\n",
}


class TestCsv:
    @pytest.mark.parametrize("name", GOOD)
    def test_matrices_are_read(self, tmp_path: Path, name: str) -> None:
        path = tmp_path / "a.csv"
        path.write_bytes(GOOD[name])
        data = read_matrix(path, _field())
        assert data.matrix is not None and data.matrix.tolist() == [[1, 2, 3], [4, 5, 6]]
        assert data.matrix.flags.c_contiguous and not data.matrix.flags.writeable
        assert data.sha256 == hashlib.sha256(GOOD[name]).hexdigest()

    def test_float64_comes_back_to_the_last_bit(self, tmp_path: Path) -> None:
        path = tmp_path / "a.csv"
        values = np.random.default_rng(0).standard_normal((40, 30)) * 1e-200
        path.write_text("\n".join(",".join(map(repr, row)) for row in values.tolist()))
        np.testing.assert_array_equal(read_matrix(path, _field()).matrix, values)

    @pytest.mark.parametrize(
        ("raw", "sentence"),
        [
            (b"", "is empty; allowed: a .npy or CSV file with a matrix"),
            (b"\n \n# a\n", "holds no numbers"),
            (b"a,b\n", "holds a header and no data"),
            (b"1,2\n", "one data row; at least 2 rows"),
            (b"a,b\n1,2\n", "one data row"),
            (b"1\n2\n", "holds one column; at least 2 are needed"),
            (b"1 2\n3 4\n", "holds one column"),
            (b"1,2\n3,four\n", "line 2, column 2: 'four' is not a number"),
            (b"a,b\n1,2\nthree,4\n", "line 3, column 'a': 'three' is not a number (data row 2)"),
            (b"a,\n1,2\n3,four\n", "line 3, column 2: 'four' is not a number"),
            (b"a,a\n1,2\n3,four\n", "line 3, column 2: 'four' is not a number"),
            (b"1,b\n1,2\n3,4\n", "line 1, column 2: 'b' is not a number (data row 1); code"),
            (b"1,b\n1,2\n3,4\n", "if the line is a header, put its numbers in quotation marks"),
            (b"1,2\n3,red\n", "code categories as numbers, or leave the column out"),
            (b"1,2\n3,N/A\n", "fill it with a finite number, or leave out the row or the column"),
            (b"1,2\n3,nan\n", "line 2, column 2: nan is not a finite number"),
            (b"1,2\n,4\n", "line 2, column 1: the field is empty"),
            (b"1;2\n3;4,5\n", "line 2, column 2: '4,5' is not a number (data row 2); write a"),
            (b"1,2\n3\n", "line 2: fields found 1, in the first row 2"),
            (b"a,b\n1,2,3\n", "line 2: fields found 3, in the header 2"),
            (b'1,2\n3,"4\n5,6\n', "line 2: a quotation mark is not closed"),
            (bytes(range(256)), "is not a text file"),
            ("1,2\n3,ü\n".encode("latin-1"), "is not UTF-8"),
            (b"PK\x03\x04\0\0", "is not a text file"),
        ],
    )
    def test_bad_tables_are_refused(self, tmp_path: Path, raw: bytes, sentence: str) -> None:
        path = tmp_path / "a.csv"
        path.write_bytes(raw)
        assert sentence in _refusal(path)

    @pytest.mark.parametrize(
        ("header", "names"),
        [
            ("a,b c, d ", ("a", "b c", "d")),
            ('"a",\' b \',"x, y; z"', ("a", "b", "x, y; z")),
            ("Größe;Preis [€];n", ("Größe", "Preis [€]", "n")),
            (",a,", ("", "a", "")),
            ("a,a,A", ("a", "a", "A")),
            ('a,"3","1990"', ("a", "3", "1990")),
            ("\ufeffa\tb\tc", ("a", "b", "c")),
        ],
    )
    def test_a_header_names_the_columns(
        self, tmp_path: Path, header: str, names: tuple[str, ...]
    ) -> None:
        path = tmp_path / "a.csv"
        mark = "\t" if "\t" in header else ";" if "Größe" in header else ","
        path.write_text(f"{header}\n{mark.join('123')}\n{mark.join('456')}\n", encoding="utf-8")
        data = read_matrix(path, _field())
        assert data.names == names
        assert data.matrix is not None and data.matrix.tolist() == [[1, 2, 3], [4, 5, 6]]

    @pytest.mark.parametrize("name", ["plain", "bom and crlf", "semicolons", "tabs", "comments"])
    def test_without_a_header_there_are_no_names(self, tmp_path: Path, name: str) -> None:
        path = tmp_path / "a.csv"
        path.write_bytes(GOOD[name])
        assert read_matrix(path, _field()).names == ()

    @given(names=st.lists(NAMES, min_size=2, max_size=6))
    def test_whatever_is_in_quotation_marks_is_a_name(
        self, tmp_path_factory: pytest.TempPathFactory, names: list[str]
    ) -> None:
        path = tmp_path_factory.mktemp("names") / "a.csv"
        names[0] = f"a{names[0]}"  # one that is no number
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, quoting=csv.QUOTE_ALL)
            writer.writerows([names, range(len(names)), range(len(names))])
        data = read_matrix(path, _field())
        assert data.names == tuple(names)
        assert data.matrix is not None and data.matrix.shape == (2, len(names))

    def test_names_take_no_part_in_what_is_equal(self, tmp_path: Path) -> None:
        path = tmp_path / "a.csv"
        path.write_bytes(GOOD["header"])
        one = read_matrix(path, _field())
        path = path.rename(tmp_path / "b.csv")
        assert one == read_matrix(path, _field()) and one.nbytes == 48 + 3
        assert one.sha256 == hashlib.sha256(GOOD["header"]).hexdigest()

    def test_more_numbers_than_allowed(self, tmp_path: Path) -> None:
        path = tmp_path / "a.csv"
        path.write_text("0,0\n" * 101)
        assert "more than 100 rows of 2 numbers" in _refusal(path, _field(most=1600))


@pytest.mark.parametrize("name", ["large.npy", "large.csv"])
def test_two_gigabytes_are_refused_by_size(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(_npy(VALUES))
    os.truncate(path, 2_000_000_000)
    assert "2000000000 bytes; allowed: at most 1000000" in _refusal(path)


def test_what_is_not_a_readable_file_is_refused(tmp_path: Path) -> None:
    assert "does not exist" in _refusal(tmp_path / "nothing.npy")
    assert "is a folder" in _refusal(tmp_path)


def test_the_parameter_decides_what_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("x,y\n1,2\n3,4\n")
    columns = Field("data_file", "data", None, "Data", "", "", "", None, {}, ("x", "y"), MOST, None)
    assert read_own_data(path, columns).columns["y"].tolist() == [2, 4]
    assert read_own_data(path, _field()).matrix.tolist() == [[1, 2], [3, 4]]  # type: ignore[union-attr]

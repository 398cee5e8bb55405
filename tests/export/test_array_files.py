"""Own named arrays: read exactly from `.npz` and `.safetensors`, or refused at no cost."""

from __future__ import annotations

import hashlib
import io
import json
import struct
import zipfile
from dataclasses import make_dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st

import kernlab
from kernlab.data_files import read_arrays, read_own_data
from kernlab.engine.contract import recipe
from kernlab.engine.contract.parameters import Arrays, Field, OwnData, check, fields_of

MOST = 1_000_000
NAMES = ("q", "k", "v")
Q = np.array([[1.0, -2.5, 3e300], [0.0, 5e-324, 7.0]])
GIVEN = {"q": Q, "k": Q + 1, "v": 2 * Q}


def _class(most: int = MOST) -> Any:
    kind = Annotated[OwnData | None, Arrays(NAMES, axes=(2, 4), most_bytes=most)]
    return make_dataclass("Declared", [("input_file", kind, None)], frozen=True)


def _field(most: int = MOST) -> Field:
    return fields_of(_class(most))[0]


def _npz(compressed: Any = False, **arrays: Any) -> bytes:
    file = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(file, **arrays)
    return file.getvalue()


def _safetensors(arrays: dict[str, tuple[str, tuple[int, ...], bytes]], **extra: Any) -> bytes:
    header: dict[str, Any] = {}
    data = b""
    for name, (kind, shape, raw) in arrays.items():
        place = [len(data), len(data) + len(raw)]
        header[name] = {"dtype": kind, "shape": list(shape), "data_offsets": place}
        data += raw
    text = json.dumps(header | extra).encode()
    return struct.pack("<Q", len(text)) + text + data


def _plain(**changes: Any) -> bytes:
    entries = {name: ("F64", a.shape, a.tobytes()) for name, a in GIVEN.items()}
    return _safetensors(entries | changes)


def _refusal(path: Path, data: bytes | None = None, field: Field | None = None) -> str:
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(ValueError) as caught:
        read_arrays(path, field or _field())
    text = str(caught.value)
    assert path.name in text and "\n" not in text and len(text) < 1000
    return text


class TestNpz:
    @pytest.mark.parametrize("compressed", [False, True])
    def test_arrays_come_back_as_they_are(self, tmp_path: Path, compressed: bool) -> None:
        path = tmp_path / "own.npz"
        path.write_bytes(_npz(compressed, **GIVEN, other=np.array(["text"])))
        data = read_own_data(path, _field())
        assert list(data.arrays) == list(NAMES)
        for name, array in GIVEN.items():
            np.testing.assert_array_equal(data.arrays[name], array)
            assert not data.arrays[name].flags.writeable
        assert data.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
        assert data.nbytes == 3 * Q.nbytes

    @pytest.mark.parametrize("dtype", [">f8", "<f4", ">f2", "<i8", "u1"])
    def test_types_orders_and_capitals(self, tmp_path: Path, dtype: str) -> None:
        array = np.asfortranarray(np.arange(24).reshape(2, 3, 4).astype(dtype))
        path = tmp_path / "own.npz"
        path.write_bytes(_npz(Q=array, K=array, V=array))
        np.testing.assert_array_equal(read_arrays(path, _field()).arrays["q"], array)

    def test_a_member_that_promises_too_much_is_refused_unread(self, tmp_path: Path) -> None:
        zeros = np.zeros((400, 400))
        data = _npz(True, q=zeros, k=zeros, v=zeros)
        assert len(data) < MOST
        assert "480000 numbers, 3840000 bytes" in _refusal(tmp_path / "bomb.npz", data)

    def test_a_member_that_lies_about_its_shape(self, tmp_path: Path) -> None:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            for name in NAMES:
                plain = io.BytesIO()
                np.save(plain, Q)
                archive.writestr(f"{name}.npy", plain.getvalue()[:-8])
        assert "its shape takes 48 bytes, and it holds 40" in _refusal(
            tmp_path / "short.npz", file.getvalue()
        )

    @pytest.mark.parametrize(
        ("arrays", "sentence"),
        [
            ({"q": Q, "k": Q}, "the array 'v' is missing; found q, k"),
            (GIVEN | {"V": Q}, "the array 'v' stands twice"),
            (GIVEN | {"k": Q * np.nan}, "array 'k' holds nan at [0, 0]"),
            (GIVEN | {"q": np.zeros((0, 3))}, "array 'q' has shape (0, 3); allowed: at least one"),
            (GIVEN | {"q": np.ones(3)}, "array 'q' has 1 axes; allowed: 2 to 4"),
            (GIVEN | {"q": np.ones((1,) * 5)}, "array 'q' has 5 axes"),
            (GIVEN | {"q": np.array([["a", "b"]])}, "array 'q' holds values of the type '<U1'"),
            (GIVEN | {"q": np.array([[{}]])}, "array 'q' holds values of the type '|O'"),
            (GIVEN | {"q": np.array([[1j]])}, "array 'q' holds values of the type '<c16'"),
        ],
    )
    def test_wrong_arrays(self, tmp_path: Path, arrays: dict[str, Any], sentence: str) -> None:
        assert sentence in _refusal(tmp_path / "own.npz", _npz(**arrays))

    @pytest.mark.parametrize("keep", [0.2, 0.5, 0.9, 0.99])
    def test_a_torn_file(self, tmp_path: Path, keep: float) -> None:
        data = _npz(**GIVEN)
        assert "damaged" in _refusal(tmp_path / "own.npz", data[: int(keep * len(data))])

    @settings(max_examples=150, deadline=None)
    @given(place=st.integers(0, 10**9), value=st.integers(0, 255), compressed=st.booleans())
    def test_a_changed_byte_never_raises_anything_but_a_sentence(
        self, tmp_path_factory: pytest.TempPathFactory, place: int, value: int, compressed: bool
    ) -> None:
        data = bytearray(_npz(compressed, **GIVEN))
        data[place % len(data)] = value
        path = tmp_path_factory.getbasetemp() / "changed.npz"
        path.write_bytes(data)
        try:
            read_arrays(path, _field())
        except ValueError as error:
            assert path.name in str(error)


class TestSafetensors:
    def test_arrays_come_back_as_they_are(self, tmp_path: Path) -> None:
        path = tmp_path / "own.safetensors"
        path.write_bytes(_plain(other=("F8_E4M3", (1,), b"a")))
        data = read_own_data(path, _field())
        for name, array in GIVEN.items():
            np.testing.assert_array_equal(data.arrays[name], array)

    def test_bfloat16(self, tmp_path: Path) -> None:
        values = np.array([[1.0, -2.0, 0.5]], dtype=np.float32)
        raw = (values.view(np.uint32) >> 16).astype("<u2").tobytes()
        path = tmp_path / "own.safetensors"
        path.write_bytes(_safetensors({name: ("BF16", (1, 3), raw) for name in NAMES}))
        np.testing.assert_array_equal(read_arrays(path, _field()).arrays["q"], values)

    def test_what_the_library_writes(self, tmp_path: Path) -> None:
        path = tmp_path / "own.safetensors"
        given = {
            "q": np.arange(24, dtype=np.int32).reshape(1, 2, 3, 4),
            "k": np.linspace(-1, 1, 24, dtype=np.float16).reshape(1, 2, 3, 4),
            "v": np.linspace(-1, 1, 24, dtype=np.float32).reshape(1, 2, 3, 4),
        }
        safetensors.numpy.save_file(given, path, metadata={"from": "a test"})
        for name, array in given.items():
            np.testing.assert_array_equal(read_arrays(path, _field()).arrays[name], array)

    @pytest.mark.parametrize(
        ("data", "sentence"),
        [
            (_plain()[:-1], "its shape does not fit its place"),
            (_plain()[:40], "neither a .npz nor a .safetensors"),
            (_plain(q=("F64", (3, 3), b"0" * 48)), "its shape does not fit its place"),
            (_plain(q=("C64", (2, 3), b"0" * 48)), "holds values of the type 'C64'"),
            (_plain(q=("F64", (1, 1), struct.pack("<d", np.nan))), "'q' holds nan at [0, 0]"),
            (_plain(q=("F64", (0, 3), b"")), "'q' has shape (0, 3)"),
            (_plain(q=("F64", (-1, -1), b"0" * 8)), "its shape does not fit"),
            (_safetensors({}, q=3, k=3, v=3), "its entry in the header cannot be read"),
            (_safetensors({}), "the array 'q' is missing; found none"),
            (struct.pack("<Q", 12) + b"{" * 12, "its header cannot be read"),
            (b"q,k,v\n1,2,3\n" * 20, "neither a .npz nor a .safetensors file"),
            (b"", "is empty"),
            (b"PK", "neither"),
        ],
    )
    def test_wrong_files(self, tmp_path: Path, data: bytes, sentence: str) -> None:
        assert sentence in _refusal(tmp_path / "own.safetensors", data)


def test_places_that_are_no_files(tmp_path: Path) -> None:
    assert "does not exist" in _refusal(tmp_path / "none.npz")
    (tmp_path / "folder.npz").mkdir()
    assert "is a folder" in _refusal(tmp_path / "folder.npz")


def test_two_gigabytes_are_refused_by_size(tmp_path: Path) -> None:
    path = tmp_path / "large.safetensors"
    with path.open("wb") as file:
        file.truncate(2_000_000_000)
    assert "has 2000000000 bytes; allowed: at most 1000000" in _refusal(path)


class TestDeclaration:
    def test_it_says_what_it_takes(self) -> None:
        field = _field()
        assert field.kind == "data" and field.suffixes == (".npz", ".safetensors")
        assert field.allowed == "a .npz or .safetensors file with the arrays q, k, v"
        assert (field.arrays, field.axes, field.max_bytes) == (NAMES, (2, 4), MOST)

    def test_other_data_do_not_fit(self) -> None:
        for data in (kernlab.own_matrix(Q), kernlab.own_data({"q": [1, 2]}),
                     kernlab.own_arrays({"q": Q})):  # fmt: skip
            with pytest.raises(ValueError, match="input_file does not fit"):
                check(_field(), data)
        assert check(_field(), kernlab.own_arrays(GIVEN)) is not None

    def test_equal_when_the_contents_are(self) -> None:
        assert kernlab.own_arrays(GIVEN) == kernlab.own_arrays(GIVEN)
        assert kernlab.own_arrays(GIVEN) != kernlab.own_arrays(GIVEN | {"q": Q.T})

    @pytest.mark.parametrize(
        ("array", "sentence"),
        [
            ([[1, 2], [3]], "array 'q' has rows of different lengths"),
            ([["a"]], "array 'q' holds str32 values"),
            ([], "array 'q' has shape"),
            ([[np.inf]], "array 'q' holds inf at"),
        ],
    )
    def test_bad_arrays_in_memory(self, array: Any, sentence: str) -> None:
        with pytest.raises(ValueError, match=sentence):
            kernlab.own_arrays({"q": array})


class TestRecipe:
    def test_small_arrays_travel_inside(self) -> None:
        declared = _class()
        data = kernlab.own_arrays(GIVEN, "/data/own.npz")
        plain = recipe.loads(recipe.dumps(recipe.make("x", declared(input_file=data), {})))
        restored = recipe.restore(plain, declared)
        assert not restored.warnings
        back = restored.parameters["input_file"]
        assert back == data and back.path == data.path
        for name, array in GIVEN.items():
            np.testing.assert_array_equal(back.arrays[name], array)

    @pytest.mark.parametrize(
        "arrays",
        [{}, {"q": 3}, {"q": {"shape": [9], "values": "AAAAAAAAAAA="}}, {"q": {"shape": "?"}}, 7],
    )
    def test_damaged_ones_are_reported(self, arrays: Any) -> None:
        given = {"path": "p", "sha256": "s", "arrays": arrays}
        plain = {"schema": 1, "experiment": "x", "parameters": {"input_file": given}}
        restored = recipe.restore(plain, _class())
        assert restored.parameters == {} and len(restored.warnings) == 1

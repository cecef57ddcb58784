"""IDX files: written and read back, and everything that is not one refused with one clear message."""

import gzip
import os
import random
import struct
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from fuzz_idx import Fuzzer, fuzz
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from backproof.datasets import IdxError, read_idx, write_idx

DTYPES = ["uint8", "int8", "int16", "int32", "float32", "float64"]
ARRAYS = st.sampled_from(DTYPES).flatmap(
    lambda name: hnp.arrays(
        st.sampled_from([np.dtype(name), np.dtype(name).newbyteorder(">")]),
        hnp.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=6),
    )
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(array=ARRAYS, name=st.sampled_from(["a.idx", "a.gz"]))
def test_what_is_written_is_read_back(array, name, tmp_path):
    write_idx(tmp_path / name, array)
    again = read_idx(tmp_path / name)
    assert again.shape == array.shape
    assert again.dtype == array.dtype.newbyteorder("=")
    np.testing.assert_array_equal(again, array)
    again[...] = 1  # ours to write to
    assert sorted(p.name for p in tmp_path.iterdir()) in (["a.gz"], ["a.idx"], ["a.gz", "a.idx"])


@pytest.mark.parametrize(
    ("code", "letter", "dtype"),
    [
        (0x08, "B", "uint8"),
        (0x09, "b", "int8"),
        (0x0B, "h", "int16"),
        (0x0C, "i", "int32"),
        (0x0D, "f", "float32"),
        (0x0E, "d", "float64"),
    ],
)
def test_a_file_packed_by_the_struct_module(code, letter, dtype, tmp_path):
    values = [0, 1, 2, 3, 100, 7] if letter == "B" else [0, -1, 2, -3, 100, 7]
    data = struct.pack(f">4B2I6{letter}", 0, 0, code, 2, 2, 3, *values)
    path = tmp_path / "file"
    path.write_bytes(data)
    array = read_idx(path)
    assert array.dtype == dtype
    assert array.tolist() == [values[:3], values[3:]]
    write_idx(path, array)
    assert path.read_bytes() == data


def test_gzip_is_told_by_the_content_not_by_the_name(tmp_path):
    write_idx(tmp_path / "plain", np.arange(9, dtype=np.uint8))
    (tmp_path / "plain.gz").write_bytes((tmp_path / "plain").read_bytes())
    (tmp_path / "packed").write_bytes(gzip.compress((tmp_path / "plain").read_bytes()))
    for name in "plain.gz", "packed":
        assert read_idx(tmp_path / name).tolist() == list(range(9))


def test_the_same_array_gives_the_same_bytes_under_any_name(tmp_path):
    array = np.arange(1000, dtype=np.int16)
    write_idx(tmp_path / "a.gz", array)
    write_idx(tmp_path / "b.gz", array.astype(">i2"))
    assert (tmp_path / "a.gz").read_bytes() == (tmp_path / "b.gz").read_bytes()
    assert gzip.decompress((tmp_path / "a.gz").read_bytes())[8:] == array.astype(">i2").tobytes()


def header(code: int = 8, *shape: int) -> bytes:
    return struct.pack(f">4B{len(shape)}I", 0, 0, code, len(shape), *shape)


WHOLE = header(8, 2, 3) + bytes(6)
BAD_PLAIN = {
    "empty": (b"", "empty"),
    "too short": (b"\0\0\x08", "too short"),
    "type 0A": (header(0x0A, 1) + b"1", "no type 0a"),
    "type 00": (header(0x00, 1) + b"1", "no type 00"),
    "type 0F": (header(0x0F, 1) + b"1", "no type 0f"),
    "first bytes": (b"\x01" + WHOLE[1:], "begins with 01 00 08 02"),
    "little-endian magic": (b"\x03\x08\0\0" + WHOLE[4:], "begins with 03 08 00 00"),
    "no dimensions": (header(8) + b"1", "no dimensions"),
    "inside the header": (WHOLE[:11], "inside the header"),
    "missing byte": (WHOLE[:-1], "cut short: the header promises 18 bytes for shape (2, 3), the file has 17"),
    "trailing byte": (WHOLE + b"0", "do not belong to it: the header promises 18 bytes"),
    "too many dimensions": (header(8, *[1] * 80) + b"1", "80 dimensions"),
    "empty, of a shape beyond NumPy": (header(8, 0, *[2**32 - 1] * 3), "4 dimensions"),
    "web page": (b"\n<!DOCTYPE html><html><body>404</body></html>", "web page"),
}


@pytest.mark.parametrize(("data", "says"), BAD_PLAIN.values(), ids=BAD_PLAIN)
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
def test_what_is_no_idx_file_is_refused(data, says, packed, tmp_path):
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(gzip.compress(data) if packed else data)
    with pytest.raises(IdxError) as caught:
        read_idx(path)
    assert str(caught.value).startswith(f"{path}: ")
    if not packed or "promises" not in says:  # there the gzip trailer contradicts the header before anything else
        assert says in str(caught.value)


VALUES = random.Random(0).randbytes(20_000)  # not to be compressed: several steps of reading
PACKED = gzip.compress(header(8, 20_000) + VALUES)
LONGER = gzip.compress(header(8, 20_000) + VALUES + bytes(9))
SHORTER = gzip.compress(header(8, 20_000) + VALUES[:-9])
BAD_GZIP = {
    "cut short": (PACKED[:-9], "cut short"),
    "cut to its header": (PACKED[:10], "empty"),
    "two bytes": (PACKED[:2], "empty"),
    "cut, yet ending in the right length": (PACKED[:15_000] + PACKED[-4:], "cut short, only .* of 20,008 bytes"),
    "checksum": (PACKED[:-8] + b"0000" + PACKED[-4:], "damaged"),
    "not deflated": (PACKED[:10] + b"\xff" * 40, "damaged"),
    "trailing bytes": (PACKED + b"0000", "followed by something else"),
    "two streams": (PACKED + PACKED, "more bytes than the header promises"),
    "much after the stream": (PACKED + bytes(30_000) + PACKED[-4:], "more bytes than the header promises"),
    "more inside": (LONGER, "does not hold the 20,008 bytes"),
    "more inside, lying about it": (LONGER[:-4] + PACKED[-4:], "more bytes than the header promises"),
    "less inside": (SHORTER, "does not hold the 20,008 bytes"),
    "less inside, lying about it": (SHORTER[:-4] + PACKED[-4:], "damaged gzip stream .*length"),
}


@pytest.mark.parametrize(("data", "says"), BAD_GZIP.values(), ids=BAD_GZIP)
def test_a_gzip_stream_that_is_not_whole_is_refused(data, says, tmp_path):
    path = tmp_path / "packed.gz"
    path.write_bytes(data)
    with pytest.raises(IdxError, match=says):
        read_idx(path)


def bomb(promised: int, held: int) -> bytes:
    packed = bytearray(gzip.compress(header(8, promised) + VALUES[:3000] + bytes(held)))
    packed[-4:] = struct.pack("<I", (promised + 8) % 2**32)
    return bytes(packed)


LIES = {
    "plain, 4 GB promised": header(8, 2**32 - 1) + bytes(100),
    "plain, 2^128 bytes promised": header(8, *[2**32 - 1] * 4) + bytes(100),
    "packed, 1 GB promised": bomb(2**30 - 8, 100),
    "packed, 4 GB promised": bomb(2**32 - 9, 100),
    "packed, 100 bytes promised, 50 MB held": bomb(100, 50_000_000),
}


@pytest.mark.parametrize("data", LIES.values(), ids=LIES)
def test_a_lying_header_takes_no_memory(data, tmp_path):
    path = tmp_path / "lie"
    path.write_bytes(data)
    tracemalloc.start()
    try:
        with pytest.raises(IdxError):
            read_idx(path)
        assert tracemalloc.get_traced_memory()[1] < 300_000 + len(data)
    finally:
        tracemalloc.stop()


def test_a_packed_file_of_more_than_a_gigabyte_is_to_be_unpacked_first(tmp_path):
    path = tmp_path / "huge.gz"
    path.write_bytes(bomb(2**30, 100))
    with pytest.raises(IdxError, match="unpack it with gunzip"):
        read_idx(path)


def test_a_file_larger_than_memory(tmp_path):
    """In a process of its own with 2 GB of address space; the file is sparse."""
    path = tmp_path / "sparse"
    with path.open("wb") as file:
        file.write(header(8, 2**32 - 1))
        file.truncate(2**32 + 7)
    program = (
        "import resource, sys; from backproof.datasets import IdxError, read_idx\n"
        "resource.setrlimit(resource.RLIMIT_AS, (2**31, 2**31))\n"
        "try: read_idx(sys.argv[1])\n"
        "except IdxError as error: print(error)"
    )
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, env=environment)
    assert done.stdout == f"{path}: 4,294,967,303 bytes are more than this machine can hold\n", done.stderr


def test_only_regular_files_are_read_or_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in tmp_path, tmp_path / "pipe":
        with pytest.raises(IdxError, match="not a regular file"):
            read_idx(path)
        with pytest.raises(IdxError, match="not a regular file"):
            write_idx(path, np.zeros(3, np.uint8))
    with pytest.raises(FileNotFoundError):
        read_idx(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("array", "says"),
    [
        ([1, 2, 3], "int64.*astype"),
        (np.zeros(3, bool), "bool"),
        (np.zeros(3, np.uint16), "uint16"),
        (np.zeros(3, np.complex64), "complex64"),
        (np.array(["a"]), "<U1"),
        (np.uint8(3), "single number"),
        (np.broadcast_to(np.uint8(1), (2**32, 0)), "4294967296"),
    ],
)
def test_arrays_that_idx_cannot_hold(array, says, tmp_path):
    with pytest.raises(IdxError, match=says):
        write_idx(tmp_path / "x", array)
    assert list(tmp_path.iterdir()) == []


def test_a_write_that_fails_leaves_the_earlier_file(tmp_path, files_end_at):
    path = tmp_path / "kept.idx"
    write_idx(path, np.arange(3, dtype=np.uint8))
    with files_end_at(100), pytest.raises(OSError, match="too large") as caught:
        write_idx(path, np.zeros(5000, np.uint8))
    assert caught.value.filename == str(path)
    assert read_idx(path).tolist() == [0, 1, 2]
    assert list(tmp_path.iterdir()) == [path]


def test_a_few_hundred_broken_files(tmp_path: Path):
    fuzzer = Fuzzer(tmp_path)
    fuzz(fuzzer, 400, start=1)
    assert fuzzer.inputs == 400
    assert fuzzer.read > 10
    assert len(fuzzer.refused) > 8

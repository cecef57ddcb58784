"""The IDX format of the MNIST files: one array behind a small header, plain or gzipped.

Two zero bytes, a type code, the number of dimensions, each dimension as a big-endian unsigned 32-bit integer;
then the values, big-endian, last dimension fastest (LeCun, Cortes, Burges, "The MNIST database of handwritten
digits", section "File formats"). Read strictly: nothing is guessed, missing and trailing bytes are errors.
"""

from __future__ import annotations

import gzip
import io
import math
import os
import stat
import zlib
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from backproof.errors import BackproofError
from backproof.files import write_whole

Bytes: TypeAlias = npt.NDArray[np.uint8]

TYPES: dict[int, np.dtype[Any]] = {
    0x08: np.dtype("u1"),
    0x09: np.dtype("i1"),
    0x0B: np.dtype(">i2"),
    0x0C: np.dtype(">i4"),
    0x0D: np.dtype(">f4"),
    0x0E: np.dtype(">f8"),
}
MAX_UNPACKED = 2**30  # bytes; the largest set in use, EMNIST by class, holds 547 MB

_GZIP = b"\x1f\x8b"
_LONGEST_HEADER = 4 + 4 * 255
_DEFLATE_RATIO = 1032  # no deflate stream grows by more (zlib technical details, "Maximum Compression Factor")
_CHUNK = 1 << 12  # compressed bytes at a time, so that the pieces of a bomb stay small too


class IdxError(BackproofError, ValueError):
    """A file that is not the IDX file it should be, or an array that IDX cannot hold."""


def read_idx(path: str | os.PathLike[str]) -> npt.NDArray[Any]:
    """The array in an IDX file, plain or gzipped (told by its content, not by its name).

    Returns a fresh, writable array in the machine's byte order: uint8, int8, int16, int32, float32 or float64.
    What the header promises is compared with the size of the file before memory is taken for it.

    Raises IdxError if the file is anything but one whole IDX array, or a gzipped one of more than MAX_UNPACKED
    bytes; OSError if it cannot be opened.
    """
    return decode(unpack(read_bytes(path), path), path)


def write_idx(path: str | os.PathLike[str], array: npt.ArrayLike) -> None:
    """Write an array as IDX, gzipped if the name ends in .gz; the same array always gives the same bytes.

    Takes uint8, int8, int16, int32, float32 and float64 of one dimension or more, in either byte order.
    An earlier file is replaced only once the new one is complete.

    Raises IdxError for any other array, OSError if the file cannot be written.
    """
    path = Path(path)
    array = np.asarray(array)
    big_endian = array.dtype.newbyteorder(">")
    code = next((code for code, dtype in TYPES.items() if dtype == big_endian), None)
    if code is None:
        raise IdxError(
            f"{path}: IDX cannot hold {array.dtype}, only uint8, int8, int16, int32, float32 and float64; "
            "convert first, for instance array.astype(np.uint8)"
        )
    if array.ndim == 0:
        raise IdxError(f"{path}: IDX cannot hold a single number; give an array of one dimension or more")
    if max(array.shape) >= 2**32:
        raise IdxError(f"{path}: IDX cannot hold the shape {array.shape}; a dimension ends at {2**32 - 1}")
    if path.exists() and not path.is_file():
        raise IdxError(f"{path}: exists and is not a regular file; choose another name")
    data = (
        bytes([0, 0, code, array.ndim])
        + np.array(array.shape, ">u4").tobytes()
        + array.astype(big_endian).tobytes()
    )
    write_whole(path, _gzipped(data) if path.suffix == ".gz" else data)


def _gzipped(data: bytes) -> bytes:
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=packed, mtime=0) as file:  # no name, no date: same bytes
        file.write(data)
    return packed.getvalue()


def read_bytes(path: str | os.PathLike[str]) -> Bytes:
    """The bytes of a file, as they lie on the disk. Raises OSError, or IdxError for what is no regular file."""
    path = Path(path)
    if not stat.S_ISREG(path.stat().st_mode):  # a named pipe would keep us waiting for its writer
        raise IdxError(f"{path}: not a regular file")
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        try:
            raw = np.empty(size, np.uint8)
        except MemoryError:
            raise IdxError(f"{path}: {size:,} bytes are more than this machine can hold") from None
        return raw[: file.readinto(raw.data)]


def unpack(raw: Bytes, source: str | os.PathLike[str]) -> Bytes:
    """The plain IDX bytes: `raw` itself, or what its gzip stream holds. Raises IdxError naming `source`."""
    if raw[:2].tobytes() != _GZIP:
        return raw
    try:
        head = np.frombuffer(zlib.decompressobj(wbits=31).decompress(raw[:_CHUNK].data, _LONGEST_HEADER), np.uint8)
        dtype, shape, start = _header(head, source)
        size = start + math.prod(shape) * dtype.itemsize
        if size > MAX_UNPACKED:
            raise IdxError(
                f"{source}: the header promises {size:,} bytes; a gzipped file is read up to {MAX_UNPACKED:,}. "
                "If the size is meant, unpack it with gunzip first"
            )
        # The last four bytes of a gzip stream are the length of its contents (RFC 1952, ISIZE).
        if size != int.from_bytes(raw[-4:].tobytes(), "little") or size > _DEFLATE_RATIO * raw.size:
            raise IdxError(
                f"{source}: the gzip stream does not hold the {size:,} bytes that the header promises; "
                "the file is cut short, damaged or followed by something else: fetch or make it again"
            )
        return _inflate(raw, size, source)
    except zlib.error as error:
        raise IdxError(f"{source}: damaged gzip stream ({error}); fetch or make the file again") from None


def _inflate(raw: Bytes, size: int, source: str | os.PathLike[str]) -> Bytes:
    """Straight into one array of the promised size, which is never exceeded."""
    plain = np.empty(size, np.uint8)
    stream = zlib.decompressobj(wbits=31)
    filled = 0
    for start in range(0, raw.size, _CHUNK):
        piece = np.frombuffer(stream.decompress(raw[start : start + _CHUNK].data, size - filled + 1), np.uint8)
        if piece.size > size - filled or stream.unused_data or (stream.eof and start + _CHUNK < raw.size):
            raise IdxError(f"{source}: more bytes than the header promises ({size:,}); fetch or make it again")
        plain[filled : filled + piece.size] = piece
        filled += piece.size
    if not stream.eof or filled < size:
        raise IdxError(f"{source}: cut short, only {filled:,} of {size:,} bytes are there; fetch it again")
    return plain


def decode(plain: Bytes, source: str | os.PathLike[str]) -> npt.NDArray[Any]:
    """The array in plain IDX bytes; single-byte types share their memory. Raises IdxError naming `source`."""
    dtype, shape, start = _header(plain, source)
    expected = start + math.prod(shape) * dtype.itemsize
    if plain.size != expected:
        fault = "cut short" if plain.size < expected else "followed by bytes that do not belong to it"
        raise IdxError(
            f"{source}: {fault}: the header promises {expected:,} bytes for shape {shape}, "
            f"the file has {plain.size:,}"
        )
    try:
        values: npt.NDArray[Any] = plain[start:].view(dtype).reshape(shape)
    except ValueError as error:  # more dimensions, or larger empty ones, than NumPy can hold
        raise IdxError(f"{source}: the header promises {len(shape)} dimensions; {error}") from None
    return values if dtype.itemsize == 1 else values.astype(dtype.newbyteorder("="))


def _header(plain: Bytes, source: str | os.PathLike[str]) -> tuple[np.dtype[Any], tuple[int, ...], int]:
    """Type, shape and where the values begin."""
    magic = plain[:4].tobytes()
    if plain.size < 4:
        raise IdxError(f"{source}: {'empty' if not plain.size else 'too short'}, not an IDX file")
    if magic[:2] != b"\0\0":
        if plain[:256].tobytes().lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
            raise IdxError(
                f"{source}: a web page, not an IDX file; a server has answered with an error page that was "
                "saved under this name: delete it and fetch the file again"
            )
        raise IdxError(
            f"{source}: not an IDX file; it begins with {magic.hex(' ')}, IDX with 00 00 08 03 or the like"
        )
    code, ndim = magic[2:]
    if code not in TYPES:
        valid = " ".join(f"{known:02x}" for known in TYPES)
        raise IdxError(f"{source}: IDX has no type {code:02x}, only {valid} (third byte of the file)")
    if ndim == 0:
        raise IdxError(f"{source}: the header promises an array of no dimensions (fourth byte of the file)")
    start = 4 + 4 * ndim
    if plain.size < start:
        raise IdxError(f"{source}: cut short inside the header, which should give {ndim} dimensions")
    shape = tuple(int(size) for size in plain[4:start].view(">u4"))
    return TYPES[code], shape, start

"""The data sets by name: where each lies, what it must hold to the last bit, and how it gets here.

A file is looked for in the cache, then in the folders where it is shipped or installed, then fetched from the
mirrors in turn. Wherever it came from, it is used only if its sha256 is the one written here.
"""

from __future__ import annotations

import difflib
import hashlib
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from backproof.datasets.idx import Bytes, IdxError, read_bytes, unpack
from backproof.errors import BackproofError

TIMEOUT = 15.0  # seconds without an answer, or with next to none, after which a mirror is given up
_LEAST_BYTES = 1 << 14  # a mirror that brings less than this in TIMEOUT seconds is as good as silent


class DatasetError(BackproofError):
    """A data set of that name does not exist, is not on this machine, or its files do not belong together."""


@dataclass(frozen=True)
class DataFile:
    """One gzipped IDX file as published."""

    name: str
    size: int
    """Bytes of the gzipped file."""
    sha256: str
    """Of the gzipped file."""
    contents_sha256: str | None = None
    """Of what is in it, where known: accepts the file repacked, and lets an unpacked copy be kept."""

    @property
    def unpacked_name(self) -> str:
        return self.name.removesuffix(".gz")


@dataclass(frozen=True)
class Dataset:
    """Four files (train images, train labels, test images, test labels) and where they come from."""

    name: str
    summary: str
    classes: tuple[str, ...]
    files: tuple[DataFile, DataFile, DataFile, DataFile]
    mirrors: tuple[str, ...] = ()
    """Base addresses, tried in turn."""
    folders: tuple[Path, ...] = ()
    """Where the files may lie already, shipped or installed by the system."""
    hint: str = ""
    """Another way to get it, said when no mirror answers."""


FILE_NAMES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)


def _files(*columns: tuple[int, str, str | None]) -> tuple[DataFile, DataFile, DataFile, DataFile]:
    a, b, c, d = (DataFile(name, *column) for name, column in zip(FILE_NAMES, columns, strict=True))
    return a, b, c, d


_DIGITS = tuple("0123456789")

DATASETS = {
    dataset.name: dataset
    for dataset in (
        Dataset(
            "mnist-sample",
            "4,000 + 1,000 handwritten digits of MNIST, shipped with Backproof",
            _DIGITS,
            _files(
                (652178, "8268ec358c5e5ef1b1145a2ecf5c4aaecf00ab888360a5571ba0645702622edc", None),
                (2055, "1155821349a5cee9eaaeba1c0f4a1bdafaa2e67671558c005c188590aee1f663", None),
                (162824, "83e04b7e16fccc1456b1b4da3e662cd5725c5c99055b4116f6f5a7ef2a85aefe", None),
                (520, "a0968e302ec08efe06812537d54849c069806bd0847fe9d22e5d1af761946d75", None),
            ),
            folders=(Path(__file__).parent / "sample",),
        ),
        Dataset(
            "mnist",
            "60,000 + 10,000 handwritten digits",
            _DIGITS,
            _files(
                (
                    9912422,
                    "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
                    "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
                ),
                (
                    28881,
                    "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
                    "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
                ),
                (
                    1648877,
                    "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
                    "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
                ),
                (
                    4542,
                    "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
                    "ff7bcfd416de33731a308c3f266cd351222c34898ecbeaf847f06e48f7ec33f2",
                ),
            ),
            mirrors=(
                "https://storage.googleapis.com/cvdf-datasets/mnist/",
                "https://ossci-datasets.s3.amazonaws.com/mnist/",
            ),
        ),
        Dataset(
            "fashion-mnist",
            "60,000 + 10,000 pictures of clothes (Zalando)",
            (
                "T-shirt/top",
                "Trouser",
                "Pullover",
                "Dress",
                "Coat",
                "Sandal",
                "Shirt",
                "Sneaker",
                "Bag",
                "Ankle boot",
            ),
            _files(
                (
                    26421880,
                    "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
                    "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
                ),
                (
                    29515,
                    "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
                    "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
                ),
                (
                    4422102,
                    "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
                    "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
                ),
                (
                    5148,
                    "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
                    "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
                ),
            ),
            mirrors=("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",),
            folders=(Path("/usr/share/datasets/fashion-mnist"),),
            hint="On Debian and Ubuntu, apt-get install dataset-fashion-mnist brings it.",
        ),
        Dataset(
            "kmnist",
            "60,000 + 10,000 cursive hiragana (Kuzushiji-MNIST)",
            ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
            _files(
                (18165135, "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4", None),
                (29497, "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17", None),
                (3041136, "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5", None),
                (5120, "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c", None),
            ),
            mirrors=("https://codh.rois.ac.jp/kmnist/dataset/kmnist/",),
        ),
    )
}


def find_dataset(name: str | None = None) -> Dataset:
    """The data set of that name; of the name in BACKPROOF_DATASET, else `mnist`, if none is given.

    Raises DatasetError for a name that is not in DATASETS.
    """
    wanted = name or os.environ.get("BACKPROOF_DATASET") or "mnist"
    if wanted in DATASETS:
        return DATASETS[wanted]
    near = difflib.get_close_matches(wanted, DATASETS, n=1)
    origin = "" if name else " (from the environment variable BACKPROOF_DATASET)"
    raise DatasetError(
        f"no data set is called {wanted!r}{origin}; there are {', '.join(DATASETS)}"
        + (f". Did you mean {near[0]}?" if near else "")
    )


def cache_folder(dataset: Dataset) -> Path:
    """Where downloads of this set are kept: under BACKPROOF_DATA, else the user's cache folder."""
    root = os.environ.get("BACKPROOF_DATA")
    if not root:
        import pooch  # here and below: costs every start 60 ms otherwise

        root = pooch.os_cache("backproof")
    return Path(root).expanduser() / dataset.name


def places(dataset: Dataset, file: DataFile) -> list[Path]:
    """Where this file may lie on this machine, in the order of search."""
    places = [folder / file.name for folder in dataset.folders]
    if dataset.mirrors:
        cache = cache_folder(dataset)
        if file.contents_sha256:
            return [cache / file.unpacked_name, cache / file.name, *places]
        return [cache / file.name, *places]
    return places


def read_verified(path: Path, file: DataFile) -> Bytes | None:
    """The plain IDX bytes of `file` as found at `path`; None if nothing or something else lies there.

    The file counts if it is the published one, or holds the same contents unpacked or (Debian's) packed anew.
    """
    try:
        raw = read_bytes(path)
        if _sha256(raw) in (file.sha256, file.contents_sha256):
            return unpack(raw, path)
        plain = unpack(raw, path)
    except (FileNotFoundError, IdxError):
        return None
    return plain if plain is not raw and _sha256(plain) == file.contents_sha256 else None


def obtain(dataset: Dataset, *, timeout: float = TIMEOUT) -> list[tuple[Path, Bytes]]:
    """Path and verified plain IDX bytes of each of the four files, fetched first where they are missing.

    Shows the progress of downloads on stderr. `timeout`: seconds of silence after which a mirror is given up.
    Raises DatasetError, naming what each mirror did, if a file is nowhere to be had, or if the cache cannot be
    written. A file that fails its sha256 is never used and never takes the place of a good one.
    """
    mirrors = list(dataset.mirrors)
    return [_obtain_file(dataset, file, mirrors, timeout) for file in dataset.files]


def _obtain_file(dataset: Dataset, file: DataFile, mirrors: list[str], timeout: float) -> tuple[Path, Bytes]:
    for path in places(dataset, file):
        if (plain := read_verified(path, file)) is not None:
            break
    else:
        path = _download(dataset, file, mirrors, timeout)
        plain = read_verified(path, file)
        if plain is None:
            raise DatasetError(f"{path}: changed while it was being read; try again")
    if file.contents_sha256 and dataset.mirrors and path.suffix == ".gz":
        _keep(plain, cache_folder(dataset) / file.unpacked_name)
    return path, plain


def _keep(plain: Bytes, path: Path) -> None:
    """Unpacked it loads several times faster; where it cannot be kept, all works the same."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            plain.tofile(temporary)  # not forced to the disk: what a crash leaves of it fails its sha256
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def _sha256(data: Bytes) -> str:
    return hashlib.sha256(data.data).hexdigest()


class _MirrorError(Exception):
    """What one mirror did wrong."""


def _download(dataset: Dataset, file: DataFile, mirrors: list[str], timeout: float) -> Path:
    """Into the cache, from the first mirror that sends the right bytes; that one is asked first from now on."""
    import pooch

    def downloader(url: str, output: str, _: object) -> None:
        _transfer(url, Path(output), file, timeout)

    folder = cache_folder(dataset)
    failures = []
    for mirror in list(mirrors):
        url = mirror + file.name
        try:
            with _quiet(pooch.get_logger()):
                path = pooch.retrieve(url, f"sha256:{file.sha256}", file.name, folder, downloader=downloader)
        except _MirrorError as error:
            failures.append(f"  {url}: {error}")
        except ValueError:  # pooch's word for a wrong sha256
            failures.append(f"  {url}: sent something else (its sha256 is not that of the published file)")
        except OSError as error:
            raise DatasetError(
                f"cannot write {folder / file.name}: {error.strerror or error}; "
                "make room, or choose another folder with the environment variable BACKPROOF_DATA"
            ) from error
        else:
            mirrors.remove(mirror)
            mirrors.insert(0, mirror)
            return Path(path)
    raise DatasetError(
        "\n".join(
            [
                f"{dataset.name} is not on this machine, and {file.name} could not be fetched:",
                *failures,
                *([dataset.hint] if dataset.hint else []),
                "Without a connection: mnist-sample is shipped with Backproof (--data mnist-sample, "
                "name='mnist-sample' or BACKPROOF_DATASET=mnist-sample); files that you have are read with "
                "--data-dir or data_dir=.",
            ]
        )
    )


def _transfer(url: str, output: Path, file: DataFile, timeout: float) -> None:
    """One attempt at one address. Raises _MirrorError for what goes wrong there, OSError for what does here."""
    import requests
    import urllib3

    from backproof.datasets.progress import transfer_progress  # rich: 50 ms at every start otherwise

    try:
        with (
            transfer_progress(url, file.size) as advance,
            requests.get(url, stream=True, timeout=timeout) as response,
            output.open("wb") as target,
        ):
            if response.status_code != 200:
                raise _MirrorError(f"answered {response.status_code} {response.reason}")
            received, seen, since = 0, 0, time.monotonic()
            # read1 hands over what has come, so that a trickle cannot hold us; urllib3 before 2.2 has only read.
            read = getattr(response.raw, "read1", response.raw.read)
            while chunk := read(1 << 16):
                received += len(chunk)
                if received > file.size:
                    raise _MirrorError(f"sent more than the {file.size:,} bytes of the published file")
                target.write(chunk)
                advance(len(chunk))
                if time.monotonic() - since > timeout:
                    if received - seen < _LEAST_BYTES:
                        raise _MirrorError(f"only {received - seen:,} bytes in {timeout:g} s")
                    seen, since = received, time.monotonic()
    except (requests.Timeout, urllib3.exceptions.TimeoutError):
        raise _MirrorError(f"no answer within {timeout:g} s") from None
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        raise _MirrorError(_reason(error)) from None
    if received < file.size:
        raise _MirrorError(f"sent only {received:,} of {file.size:,} bytes")


def _reason(error: Exception) -> str:
    import requests
    import urllib3

    if isinstance(error, requests.ConnectionError):
        return "cannot be reached"
    if isinstance(error, urllib3.exceptions.ProtocolError):
        return "broke off before the end"
    return str(error)


@contextmanager
def _quiet(logger: logging.Logger) -> Iterator[None]:
    """pooch announces each download in a log line of its own; ours say the same."""
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)

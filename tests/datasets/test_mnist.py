"""load_mnist as the book's scripts call it, and files that do not belong together."""

import gzip
from dataclasses import replace

import numpy as np
import pytest

from backproof.datasets import DATASETS, DatasetError, IdxError, load_images, load_mnist, read_idx, write_idx
from backproof.datasets.registry import FILE_NAMES

TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS = FILE_NAMES


def test_the_shipped_digits_are_stratified_and_disjoint():
    (x_train, t_train), (x_test, t_test) = load_images("mnist-sample")
    assert x_train.shape == (4000, 28, 28)
    assert x_test.shape == (1000, 28, 28)
    assert np.bincount(t_train).tolist() == [400] * 10
    assert np.bincount(t_test).tolist() == [100] * 10
    seen = {image.tobytes() for image in x_train}
    assert len(seen) == 4000
    assert not any(image.tobytes() in seen for image in x_test)
    # Shuffled: no long run of one class, in any part of the files.
    for labels in t_train, t_test:
        assert all(len(set(labels[start : start + 50])) >= 8 for start in range(0, len(labels), 50))


@pytest.mark.parametrize("normalize", [True, False])
@pytest.mark.parametrize("flatten", [True, False])
@pytest.mark.parametrize("one_hot_label", [True, False])
def test_the_forms(normalize, flatten, one_hot_label):
    raw = load_images("mnist-sample")
    for (x, t), (images, labels) in zip(
        load_mnist(normalize, flatten, one_hot_label, name="mnist-sample"), raw, strict=True
    ):
        n = len(images)
        assert x.shape == ((n, 784) if flatten else (n, 1, 28, 28))
        assert x.dtype == (np.float32 if normalize else np.uint8)
        expected = images.reshape(x.shape)
        if normalize:
            assert (x.min(), x.max()) == (0, 1)
            expected = expected.astype(np.float32) / 255
        np.testing.assert_array_equal(x, expected)
        if one_hot_label:
            assert t.shape == (n, 10)
            assert t.dtype == np.float32
            assert (t.sum(axis=1) == 1).all()
            t = t.argmax(axis=1)
        else:
            assert t.dtype == np.uint8
        np.testing.assert_array_equal(t, labels)


def test_the_arrays_are_the_callers_own():
    (first, labels), _ = load_mnist(normalize=False, name="mnist-sample")
    kept = first.copy()
    first[...] = 0
    labels[...] = 0
    (again, labels_again), _ = load_mnist(normalize=False, name="mnist-sample")
    np.testing.assert_array_equal(again, kept)
    assert labels_again.any()


def test_the_environment_names_the_set_of_book_scripts(monkeypatch):
    monkeypatch.setenv("BACKPROOF_DATASET", "mnist-sample")
    (x_train, t_train), (x_test, t_test) = load_mnist(normalize=True, one_hot_label=True)
    assert (x_train.shape, t_train.shape, x_test.shape, t_test.shape) == (
        (4000, 784),
        (4000, 10),
        (1000, 784),
        (1000, 10),
    )


def test_without_a_connection_the_message_names_the_shipped_digits(cache, monkeypatch):
    monkeypatch.setitem(DATASETS, "mnist", replace(DATASETS["mnist"], mirrors=("http://127.0.0.1:9/",)))
    monkeypatch.delenv("BACKPROOF_DATASET", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with pytest.raises(DatasetError, match="BACKPROOF_DATASET=mnist-sample"):
        load_mnist()


def test_by_name_from_a_mirror(demo, demo_files, server, cache, monkeypatch):
    monkeypatch.setitem(DATASETS, "demo", replace(demo, mirrors=(server.address("good"),)))
    (x_train, t_train), (x_test, t_test) = load_mnist(normalize=False, flatten=False, name="demo")
    for array, expected in zip((x_train[:, 0], t_train, x_test[:, 0], t_test), demo_files.values(), strict=True):
        np.testing.assert_array_equal(array, expected)


def test_a_folder_of_ones_own_gzipped_or_plain(demo_folder, demo_files, tmp_path, cache):
    plain = tmp_path / "plain"
    plain.mkdir()
    for name in FILE_NAMES:
        (plain / name.removesuffix(".gz")).write_bytes(gzip.decompress((demo_folder / name).read_bytes()))
    for folder in demo_folder, str(plain):
        (x_train, _), (_, t_test) = load_images(data_dir=folder)
        np.testing.assert_array_equal(x_train, demo_files[TRAIN_IMAGES])
        np.testing.assert_array_equal(t_test, demo_files[TEST_LABELS])
    assert not cache.exists()


def test_a_folder_that_is_none(tmp_path, demo_folder):
    with pytest.raises(DatasetError, match="does not exist"):
        load_mnist(data_dir=tmp_path / "nowhere")
    with pytest.raises(DatasetError, match="not a folder"):
        load_mnist(data_dir=demo_folder / TRAIN_IMAGES)
    (demo_folder / TEST_LABELS).unlink()
    (demo_folder / TRAIN_LABELS).unlink()
    with pytest.raises(DatasetError, match=rf"lacks {TRAIN_LABELS}, {TEST_LABELS} \(with or without .gz\)"):
        load_mnist(data_dir=demo_folder)


def test_swapped_files_are_noticed(demo_folder):
    images, labels = demo_folder / TRAIN_IMAGES, demo_folder / TRAIN_LABELS
    images.rename(demo_folder / "x")
    labels.rename(images)
    (demo_folder / "x").rename(labels)
    with pytest.raises(DatasetError, match=f"swapped: {images} holds labels and {labels} holds images"):
        load_mnist(data_dir=demo_folder)


@pytest.mark.parametrize(
    ("name", "array", "says"),
    [
        (TRAIN_IMAGES, np.zeros((59, 28, 28), np.uint8), "holds 59 images, .* 60 labels"),
        (TEST_LABELS, np.zeros(11, np.uint8), "holds 10 images, .* 11 labels"),
        (TRAIN_IMAGES, np.zeros((60, 8, 8), np.uint8), r"expected images, .* it holds uint8 \(60, 8, 8\)"),
        (TRAIN_IMAGES, np.zeros((60, 784), np.uint8), r"it holds uint8 \(60, 784\)"),
        (TRAIN_IMAGES, np.zeros((60, 28, 28), np.float32), r"it holds float32"),
        (TEST_LABELS, np.zeros((10, 10), np.uint8), r"expected labels, .* it holds uint8 \(10, 10\)"),
        (TEST_LABELS, np.zeros(10, np.int32), r"it holds int32 \(10,\)"),
        (TRAIN_LABELS, np.arange(60, dtype=np.uint8), "label 59 at sample 59; expected 0 to 9"),
    ],
)
def test_files_that_do_not_belong_together(name, array, says, demo_folder):
    write_idx(demo_folder / name, array)
    with pytest.raises(DatasetError, match=says) as caught:
        load_mnist(data_dir=demo_folder)
    assert str(demo_folder / name) in str(caught.value)


def test_an_empty_set(demo_folder):
    write_idx(demo_folder / TEST_IMAGES, np.zeros((0, 28, 28), np.uint8))
    write_idx(demo_folder / TEST_LABELS, np.zeros(0, np.uint8))
    with pytest.raises(DatasetError, match="at least one"):
        load_mnist(data_dir=demo_folder)


def test_a_damaged_file_of_ones_own(demo_folder):
    path = demo_folder / TRAIN_IMAGES
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(IdxError, match=f"{path}: .*cut short"):
        load_mnist(data_dir=demo_folder)
    with pytest.raises(ValueError, match="cut short"):
        read_idx(path)

import matplotlib.image
import numpy as np
import pytest

from backproof.errors import BackproofError
from backproof.training import History
from backproof.training.plots import plot_mistakes


def picture(path):
    """(H, W, 3), 0 to 1."""
    return matplotlib.image.imread(path)[..., :3]


def share(image, color):
    """How much of the picture has about that colour."""
    rgb = np.array([int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return (np.abs(image - rgb).max(axis=2) < 0.05).mean()


def test_loss_and_both_accuracies_are_drawn(tmp_path):
    loss = list(np.linspace(2.3, 0.1, 400))
    history = History(loss, [0, 200, 400], [0.1, 0.8, 0.9], [0.1, 0.6, 0.7], [0.0, 1.0, 2.0])
    history.plot(tmp_path / "curve.png")
    image = picture(tmp_path / "curve.png")
    assert share(image, "#1f5fa8") > 0.0005
    assert share(image, "#d1491f") > 0.0005
    assert share(image, "#3a3a3a") > 0.0005


def test_without_evaluations_only_the_loss(tmp_path):
    History([1.0, 0.5]).plot(tmp_path / "curve.png")
    image = picture(tmp_path / "curve.png")
    assert share(image, "#1f5fa8") == 0
    assert image.std() > 0.01


def test_an_empty_history_is_an_error(tmp_path):
    with pytest.raises(BackproofError, match="empty"):
        History().plot(tmp_path / "curve.png")
    assert list(tmp_path.iterdir()) == []


def darkness(path):
    return (picture(path) < 0.1).all(axis=2).mean()


@pytest.mark.parametrize("shape", [(784,), (28, 28), (1, 28, 28)])
@pytest.mark.parametrize("names", [None, [f"garment {i}" for i in range(10)]])
def test_only_what_was_misclassified_is_drawn(tmp_path, shape, names):
    """All-black pictures: the dark part of the sheet grows with the number of mistakes."""
    images, labels = np.ones((90, *shape)), np.arange(90) % 10
    images[:, ..., 0] = 0  # a white rim, so that the grey scale has two ends
    predicted = labels.copy()
    plot_mistakes(images, labels, predicted, tmp_path / "none.png", names)
    predicted[:4] = 9
    plot_mistakes(images, labels, predicted, tmp_path / "four.png", names)
    plot_mistakes(images, labels, (labels + 1) % 10, tmp_path / "all.png", names)
    none, four, all_ = (darkness(tmp_path / name) for name in ("none.png", "four.png", "all.png"))
    assert none < 0.02 < four < all_
    assert share(picture(tmp_path / "four.png"), "#1a7f37") > 0.0001
    assert share(picture(tmp_path / "four.png"), "#c62828") > 0.0001
    assert none < 0.02


def test_other_shapes_are_refused(tmp_path):
    with pytest.raises(BackproofError, match="square grey pictures"):
        plot_mistakes(np.ones((2, 783)), np.array([0, 1]), np.array([1, 0]), tmp_path / "sheet.png")
    assert list(tmp_path.iterdir()) == []

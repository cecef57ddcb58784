"""Colour scales are even and keep their order; pictures decode to what went in."""

import base64
import io

import matplotlib.image
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from backproof.xray.colours import COOL_WARM, GREY, LEVELS, NOT_A_NUMBER, VIRIDIS, colours, levels, png
from backproof.xray.pictures import ImageShape, columns, heat_map, image_shape, images
from backproof.xray.values import value_of


def lightness(rgb):
    """CIE L* of sRGB colours (IEC 61966-2-1)."""
    c = rgb / 255
    linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    y = linear @ [0.2126, 0.7152, 0.0722]
    return np.where(y > 0.008856, 116 * np.cbrt(y) - 16, 903.3 * y)


def decoded(address):
    data = base64.b64decode(address.removeprefix("data:image/png;base64,"))
    return matplotlib.image.imread(io.BytesIO(data))


def test_the_scale_for_one_sign_grows_evenly_lighter():
    steps = np.diff(lightness(colours(VIRIDIS, 33)))
    assert (steps > 0).all()
    assert steps.max() / steps.min() < 2.5


def test_the_scale_for_both_signs_is_lightest_at_zero_and_falls_alike_both_ways():
    light = lightness(colours(COOL_WARM, 33))
    assert light.argmax() == 16
    assert (np.diff(light[:17]) > 0).all()
    assert (np.diff(light[16:]) < 0).all()
    np.testing.assert_allclose(light, light[::-1], atol=6)


@given(array=hnp.arrays(np.float64, (3, 4), elements=st.floats(-5, 5) | st.just(np.nan) | st.just(np.inf)))
def test_a_picture_holds_the_colour_of_every_entry(array):
    picture = decoded(png(levels(array, -5, 5), VIRIDIS))
    palette = colours(VIRIDIS)
    for index, entry in np.ndenumerate(array):
        wanted = palette[round((entry + 5) / 10 * (LEVELS - 1))] if np.isfinite(entry) else NOT_A_NUMBER
        assert np.abs(np.rint(picture[index][:3] * 255) - wanted).max() <= 1 or not np.isfinite(entry)
        if not np.isfinite(entry):
            assert tuple(np.rint(picture[index][:3] * 255)) == NOT_A_NUMBER


def test_levels_of_the_whole_range_of_floats():
    ends = np.array([-1.7e308, 0.0, 1.7e308])
    assert levels(ends, -1.7e308, 1.7e308).tolist() == [0, round((LEVELS - 1) / 2), LEVELS - 1]


@given(
    rows=st.integers(2, 50),
    columns_=st.integers(1, 50),
    most=st.integers(5, 20),
    sign=st.sampled_from([0.0, -0.5]),
)
def test_a_heat_map_has_block_means_for_cells(rows, columns_, most, sign):
    array = np.random.default_rng(rows).random((rows, columns_)) + sign
    picture = heat_map(value_of(array), most)
    assert max(picture.width, picture.height) <= most
    assert ("mean" in picture.says) == (max(rows, columns_) > most)
    assert f"{rows} rows × {columns_} column" in picture.says
    if array.min() < 0 < array.max():
        assert picture.scale == "cool-warm"
        assert picture.low == -picture.high == -np.abs(array).max()
    else:
        assert (picture.scale, picture.low, picture.high) == ("viridis", array.min(), array.max())


def test_a_heat_map_of_a_large_array_says_what_was_left_out():
    assert "evenly spaced" in heat_map(value_of(np.zeros((1000, 1000))), 100).says


@pytest.mark.parametrize(
    ("shape", "is_data", "like"),
    [
        ((5, 784), True, ImageShape(1, 28, 28)),
        ((5, 3072), True, ImageShape(3, 32, 32)),
        ((5, 784), False, None),
        ((5, 50), True, None),
        ((5, 28, 28), True, ImageShape(1, 28, 28)),
        ((5, 8, 12, 12), False, ImageShape(8, 12, 12)),
        ((5, 3, 3, 3), True, None),
    ],
)
def test_what_is_taken_for_images(shape, is_data, like):
    assert image_shape(value_of(np.ones(shape)), is_data) == like


def test_images_stand_side_by_side_as_they_are():
    array = np.random.default_rng(0).random((2, 64))
    array[0, 0], array[0, 1] = 0, 1
    picture = images(value_of(array), ImageShape(1, 8, 8), gradient=False)
    pixels = decoded(picture.address)
    assert pixels.shape == (8, 17, 4)
    np.testing.assert_allclose(pixels[:, :8, 0], array[0].reshape(8, 8), atol=1 / 200)
    np.testing.assert_allclose(pixels[:, 9:, 0], array[1].reshape(8, 8), atol=1 / 200)
    assert (pixels[:, 8, 3] == 0).all()
    assert picture.scale == "grey"


def test_images_in_colour_and_channels():
    array = np.random.default_rng(0).random((1, 3, 8, 8))
    array[0, 0, 0, 0], array[0, 0, 0, 1] = 0, 1
    pixels = decoded(images(value_of(array), ImageShape(3, 8, 8), gradient=False).address)
    np.testing.assert_allclose(pixels[..., :3], np.moveaxis(array[0], 0, 2), atol=1 / 200)
    many = images(value_of(np.ones((2, 5, 9, 9))), ImageShape(5, 9, 9), gradient=False)
    assert "5 channels of the first sample" in many.says


def test_weight_columns_are_pictures_about_zero():
    weights = np.random.default_rng(0).normal(size=(64, 3))
    picture = columns(value_of(weights), ImageShape(1, 8, 8))
    assert picture.low == -picture.high
    wanted = colours(COOL_WARM)[levels(weights[:, 0].reshape(8, 8), picture.low, picture.high)]
    np.testing.assert_allclose(decoded(picture.address)[:8, :8, :3] * 255, wanted, atol=1)
    assert columns(value_of(weights), ImageShape(1, 9, 9)) is None
    assert "mean over 3 channels" in columns(value_of(np.ones((192, 2))), ImageShape(3, 8, 8)).says


def test_grey_goes_from_black_to_white():
    assert colours(GREY)[[0, -1]].tolist() == [[0, 0, 0], [255, 255, 255]]

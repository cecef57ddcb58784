"""The layers of `wrong_layers` draw from one generator: each test finds it in the same state, in any order."""

import numpy as np
import pytest
import wrong_layers


@pytest.fixture(autouse=True)
def _same_numbers_in_any_order():
    wrong_layers.RNG.bit_generator.state = np.random.default_rng(12).bit_generator.state

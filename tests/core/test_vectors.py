import numpy as np
import pytest

from nearhit_server.core.vectors import normalized


def test_normalized_vector_has_length_one():
    assert np.linalg.norm(normalized(np.array([3, 4], np.float32))) == pytest.approx(1)


@pytest.mark.parametrize("scale", [1e-40, 1e-20, 1e20, 3e38])
def test_normalized_takes_every_length_that_float32_has(scale):
    vector = np.array([scale, scale, 0], np.float32)
    assert normalized(vector) == pytest.approx([0.5**0.5, 0.5**0.5, 0], abs=1e-4)


def test_normalized_again_is_the_same_to_the_bit():
    vectors = np.random.default_rng(1).normal(size=(1_000, 384)).astype(np.float32)
    for vector in vectors:
        once = normalized(vector)
        assert normalized(once).tobytes() == once.tobytes()

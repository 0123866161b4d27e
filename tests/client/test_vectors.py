"""Vectors in every form that callers have them."""

import struct
from array import array
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearhit.vectors import float32_le, from_float32_le

COMPONENTS = [0.5, -1.25, 3.0]
WIRE = struct.pack("<3f", *COMPONENTS)


@pytest.mark.parametrize(
    "vector",
    [
        COMPONENTS,
        tuple(COMPONENTS),
        array("f", COMPONENTS),
        array("d", COMPONENTS),
        np.array(COMPONENTS, dtype=np.float32),
        np.array(COMPONENTS, dtype=np.float64),
        np.array(COMPONENTS, dtype=np.float16),
        np.array(COMPONENTS, dtype=">f4"),
        np.repeat(np.array(COMPONENTS, dtype=np.float32), 2)[::2],
        memoryview(array("f", COMPONENTS)),
        [Decimal("0.5"), np.float32(-1.25), 3],
    ],
    ids=lambda vector: f"{type(vector).__name__}-{getattr(vector, 'dtype', '')}",
)
def test_float32_le_packs_every_kind_of_vector(vector):
    assert float32_le(vector) == WIRE


@pytest.mark.parametrize(
    ("vector", "error"),
    [
        (b"\0\0\0\0", TypeError),
        (bytearray(4), TypeError),
        ("text", TypeError),
        (["0.5"], TypeError),
        ([None], TypeError),
        (0.5, TypeError),
        (np.zeros((1, 3)), ValueError),
        (np.zeros((3, 1), dtype=np.float32), ValueError),
        (np.float64(0.5), ValueError),
    ],
)
def test_float32_le_refuses_what_is_no_vector(vector, error):
    with pytest.raises(error, match="a vector"):
        float32_le(vector)


@given(st.lists(st.floats(width=32, allow_nan=False)))
def test_from_float32_le_returns_what_float32_le_packed(components):
    vector = from_float32_le(float32_le(components))

    assert vector.typecode == "f"
    assert vector.tolist() == components
    assert np.asarray(vector).dtype == np.float32


def test_from_float32_le_raises_when_bytes_are_not_whole_components():
    with pytest.raises(ValueError, match="multiple"):
        from_float32_le(b"\0" * 5)

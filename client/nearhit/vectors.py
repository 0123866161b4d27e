"""Vectors as callers have them, and as they travel: float32, little-endian."""

import sys
from array import array
from collections.abc import Iterator
from typing import Final, Protocol


class VectorLike(Protocol):
    """One vector, shape (dimension,): a list, an array.array, a NumPy array, a CPU tensor."""

    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[float]: ...


_FLOAT32_FORMAT: Final = "f"


def float32_le(vector: VectorLike) -> bytes:
    """The vector's components as float32, little-endian, 4 bytes a component.

    Raises TypeError if it does not consist of numbers, ValueError if it has more than
    one dimension. Whether the numbers make sense is for the server to say.
    """
    if isinstance(vector, (bytes, bytearray, str)):
        raise TypeError(f"a vector is a sequence of numbers, not {type(vector).__name__}")
    view = _view(vector)
    if view is not None and view.ndim != 1:
        raise ValueError(f"a vector has one dimension, this one has the shape {view.shape}")
    if view is not None and view.format == _FLOAT32_FORMAT:
        components = array("f", view.tobytes())
    else:
        components = _narrowed(vector)
    return _little_endian(components).tobytes()


def from_float32_le(data: bytes) -> "array[float]":
    """The components of a vector that arrived, shape (len(data) / 4,).

    Raises ValueError if the length is not a multiple of 4.
    """
    return _little_endian(array("f", data))


def _view(vector: VectorLike) -> memoryview | None:
    try:
        return memoryview(vector)  # type: ignore[arg-type]
    except (TypeError, ValueError, BufferError):
        return None


def _narrowed(vector: VectorLike) -> "array[float]":
    try:
        # Reads any sequence by __float__, so that no array library has to be known here.
        return array("f", vector)
    except TypeError as error:
        raise TypeError(f"a vector is a sequence of numbers: {error}") from error


def _little_endian(components: "array[float]") -> "array[float]":
    if sys.byteorder == "big":
        components.byteswap()
    return components

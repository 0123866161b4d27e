"""Vectors, times and masks."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

import numpy as np
from google.protobuf.duration_pb2 import Duration
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from nearhit.v1 import types_pb2
from nearhit_server.core.validation import invalid
from nearhit_server.core.vectors import FloatVector

T = TypeVar("T")
M = TypeVar("M", bound=Message)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LITTLE_ENDIAN_FLOAT: Final = np.dtype("<f4")
_MAX_DURATION_SECONDS: Final = 315_576_000_000
"""The range of google.protobuf.Duration, ten thousand years."""


def decode_vector(vector: types_pb2.Vector, *, field: str = "vector") -> FloatVector:
    """The components, shape (dimension,). Raises InvalidArgumentError."""
    match vector.WhichOneof("encoding"):
        case "floats":
            return np.fromiter(vector.floats.values, np.float32, len(vector.floats.values))
        case "float32_le":
            if len(vector.float32_le) % _LITTLE_ENDIAN_FLOAT.itemsize:
                raise invalid(f"{field}.float32_le", "is not a multiple of 4 bytes long")
            return np.frombuffer(vector.float32_le, _LITTLE_ENDIAN_FLOAT).astype(np.float32)
    raise invalid(field, "has neither floats nor float32_le")


def encode_vector(vector: FloatVector) -> types_pb2.Vector:
    """The vector as little-endian bytes."""
    return types_pb2.Vector(float32_le=vector.astype(_LITTLE_ENDIAN_FLOAT, copy=False).tobytes())


def decode_duration(duration: Duration, *, field: str) -> timedelta:
    """The duration to the microsecond. Raises InvalidArgumentError."""
    same_sign = duration.seconds * duration.nanos >= 0
    in_range = abs(duration.seconds) <= _MAX_DURATION_SECONDS and abs(duration.nanos) < 10**9
    if not (same_sign and in_range):
        raise invalid(field, "is not a valid google.protobuf.Duration")
    return timedelta(seconds=duration.seconds, microseconds=duration.nanos / 1_000)


def encode_duration(duration: timedelta) -> Duration:
    """The duration as a message."""
    message = Duration()
    message.FromTimedelta(duration)
    return message


def encode_time(time: datetime) -> Timestamp:
    """The time, which has a zone, as a message."""
    # In a third of the time of Timestamp.FromDatetime, which also takes times without a zone.
    since = time - _EPOCH
    return Timestamp(seconds=since.days * 86_400 + since.seconds, nanos=since.microseconds * 1_000)


def decode_mask(paths: Iterable[str], known: Callable[[str], T], *, field: str) -> frozenset[T]:
    """The fields that a mask names. Raises InvalidArgumentError for one that `known`, which
    raises ValueError or KeyError, does not know."""
    fields = set()
    for index, path in enumerate(paths):
        try:
            fields.add(known(path))
        except (KeyError, ValueError) as error:
            raise invalid(
                f"{field}.paths[{index}]", f"{path[:80]!r} is no field that can be named here"
            ) from error
    return frozenset(fields)


def named_part(message: M, mask: FieldMask) -> M:
    """A copy with the fields that the mask names, which are known; the others do not count,
    whatever they hold."""
    part = type(message)()
    mask.MergeMessage(message, part)
    return part

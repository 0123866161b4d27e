"""Plain values on their way into a message, checked where protobuf's complaint is a riddle.

Limits are not checked: they are the server's, and it names the field.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from numbers import Real
from operator import index
from typing import Any

from google.protobuf.duration_pb2 import Duration
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.timestamp_pb2 import Timestamp

from nearhit.inputs import UNSET


def text(name: str, value: str) -> str:
    """`value`, which has to be a string; TypeError if it is not."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a string, not {type(value).__name__}")
    return value


def texts(name: str, values: Iterable[str]) -> list[str]:
    """`values`, which have to be strings, and not be one string; TypeError if they are not."""
    if isinstance(values, str):
        raise TypeError(f"{name} must be several strings: write [{values[:20]!r}]")
    return [text(f"each of {name}", value) for value in values]


def number(name: str, value: float) -> float:
    """`value`, which has to be a real number; TypeError if it is not."""
    if not isinstance(value, Real):
        raise TypeError(f"{name} must be a number, not {type(value).__name__}")
    return float(value)


def whole(name: str, value: int) -> int:
    """`value`, which has to be a whole number; TypeError if it is not."""
    try:
        return index(value)
    except TypeError:
        raise TypeError(f"{name} must be a whole number, not {type(value).__name__}") from None


def attributes(values: Mapping[str, str]) -> dict[str, str]:
    """The attributes, names and values of which have to be strings; TypeError if not."""
    if not isinstance(values, Mapping):
        raise TypeError(f"attributes must be a mapping, not {type(values).__name__}")
    return {
        text("an attribute's name", name): text(f"attribute {name!r}", value)
        for name, value in values.items()
    }


def attribute_changes(values: Mapping[str, str | None]) -> tuple[dict[str, str], list[str]]:
    """The attributes to set, and the paths of a mask that name them and those, None, to remove;
    TypeError if there is anything but strings."""
    if not isinstance(values, Mapping):
        raise TypeError(f"merge_attributes must be a mapping, not {type(values).__name__}")
    paths = ["attributes." + text("an attribute's name", name) for name in values]
    return attributes({name: v for name, v in values.items() if v is not None}), paths


def metadata_json(metadata: Mapping[str, Any]) -> str:
    """The metadata as a JSON object.

    Raises TypeError if they are no mapping or hold something that JSON does not know,
    ValueError if they hold NaN, an infinity or themselves.
    """
    if not isinstance(metadata, Mapping):
        raise TypeError(f"metadata must be a mapping, not {type(metadata).__name__}")
    try:
        # Not ASCII only: the server's limit counts bytes, and an escape takes six.
        return json.dumps(
            dict(metadata), ensure_ascii=False, allow_nan=False, separators=(",", ":")
        )
    except (TypeError, ValueError, RecursionError) as error:
        raise type(error)(f"metadata must be JSON: {error}") from error


def duration(name: str, value: timedelta) -> Duration:
    """`value` as a Duration; TypeError if it is not a timedelta."""
    if not isinstance(value, timedelta):
        raise TypeError(
            f"{name} must be a timedelta, not {type(value).__name__}: "
            "for a minute write timedelta(minutes=1)"
        )
    message = Duration()
    message.FromTimedelta(value)
    return message


def timestamp(name: str, value: datetime) -> Timestamp:
    """`value` as a Timestamp; TypeError if it is not a datetime with a time zone."""
    # Without one it could be the time here or that of UTC.
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise TypeError(f"{name} must be a datetime with a time zone, as datetime.now(UTC) has one")
    message = Timestamp()
    message.FromDatetime(value)
    return message


def changes(
    converters: Mapping[str, Callable[[Any], Any]], values: Mapping[str, Any]
) -> tuple[dict[str, Any], FieldMask]:
    """The fields of a message for what is not UNSET, and the mask that names them.

    None is named in the mask and absent from the message, which takes a field back to
    its default.
    """
    named = {name: value for name, value in values.items() if value is not UNSET}
    fields = {name: converters[name](value) for name, value in named.items() if value is not None}
    return fields, FieldMask(paths=list(named))

"""The lines of an import or export: one JSON object for each entry.

    {"prompt": ..., "response": ..., "attributes": {...}, "metadata": {...},
     "ttl_seconds": 3600, "vector": "base64 of float32, little-endian"}

Only `prompt` and `response` are needed; `vector` may also be a list of numbers. An export adds
`entry_id`, `created_at`, `updated_at`, `expires_at` and `quarantined` for people, which an import
ignores: it derives the id anew, and the time to live and what is reported start again. Any other
key is refused, because a misspelt `ttl_seconds` would be an answer that never expires.
"""

import base64
import json
from array import array
from datetime import timedelta
from typing import Any, Final, NoReturn

from nearhit import Entry, NewEntry
from nearhit.vectors import float32_le, from_float32_le

_WRITTEN_FOR_PEOPLE: Final = {"entry_id", "created_at", "updated_at", "expires_at", "quarantined"}
_READ: Final = {"prompt", "response", "attributes", "metadata", "ttl_seconds", "vector"}


class BadLineError(Exception):
    """A line that is no entry; the message is one sentence without the line's number."""


def parse_line(line: bytes) -> NewEntry:
    """The entry of one line. Raises BadLineError."""
    fields = _object(line)
    unknown = sorted(fields.keys() - _READ - _WRITTEN_FOR_PEOPLE)
    if unknown:
        raise BadLineError(f"unknown key {unknown[0]!r}")
    return NewEntry(
        _required_text(fields, "prompt"),
        _required_text(fields, "response"),
        attributes=_attributes(fields.get("attributes")),
        metadata=_metadata(fields.get("metadata")),
        ttl=_ttl(fields.get("ttl_seconds")),
        vector=_vector(fields.get("vector")),
    )


def entry_record(entry: Entry) -> dict[str, Any]:
    """An entry as a JSON object. What the entry does not have is left out."""
    record: dict[str, Any] = {
        "entry_id": entry.entry_id,
        "prompt": entry.prompt,
        "response": entry.response,
        "attributes": dict(entry.attributes) or None,
        "metadata": entry.metadata,
        "ttl_seconds": None if entry.ttl is None else seconds_number(entry.ttl),
        "created_at": entry.created_at.isoformat(),
        "updated_at": entry.updated_at.isoformat(),
        "expires_at": None if entry.expires_at is None else entry.expires_at.isoformat(),
        "vector": None if entry.vector is None else _base64(entry.vector),
        "quarantined": entry.quarantined or None,
    }
    return {name: value for name, value in record.items() if value is not None}


def seconds_number(duration: timedelta) -> int | float:
    """The seconds, a whole number where it is one."""
    seconds = duration.total_seconds()
    return int(seconds) if seconds.is_integer() else seconds


def _object(line: bytes) -> dict[str, Any]:
    try:
        text = line.decode()
        fields = json.loads(text, parse_constant=_refuse_constant)
        if "\\u" in text:
            # An escape can write half of a surrogate pair, which no protobuf carries.
            json.dumps(fields, ensure_ascii=False).encode()
    except UnicodeError:
        raise BadLineError("not valid Unicode text") from None
    except RecursionError:
        raise BadLineError("nested too deeply") from None
    except ValueError as error:
        raise BadLineError(f"not JSON: {error}") from None
    if not isinstance(fields, dict):
        raise BadLineError("not a JSON object")
    return fields


def _refuse_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON number")


def _required_text(fields: dict[str, Any], name: str) -> str:
    if name not in fields:
        raise BadLineError(f"has no {name}")
    if not isinstance(fields[name], str):
        raise BadLineError(f"{name} is no string")
    return str(fields[name])


def _attributes(value: Any) -> dict[str, str] | None:
    if value is None:
        return None
    if not isinstance(value, dict) or not all(isinstance(each, str) for each in value.values()):
        raise BadLineError("attributes is no object of strings")
    return value


def _metadata(value: Any) -> dict[str, Any] | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise BadLineError("metadata is no object")
    try:
        # 1e999 is valid JSON and becomes an infinity, which cannot be written again.
        json.dumps(value, allow_nan=False)
    except (ValueError, RecursionError):
        raise BadLineError("metadata holds a number out of range or is nested too deeply") from None
    return value


def _ttl(value: Any) -> timedelta | None:
    if value is None:
        return None
    if not _is_number(value) or not value > 0:
        raise BadLineError("ttl_seconds is no number over 0")
    try:
        return timedelta(seconds=value)
    except OverflowError:
        raise BadLineError("ttl_seconds is too large") from None


def _vector(value: Any) -> "array[float] | None":
    if value is None:
        return None
    try:
        if isinstance(value, str):
            return from_float32_le(base64.b64decode(value, validate=True))
        if isinstance(value, list) and all(map(_is_number, value)):
            return array("f", value)
    except (ValueError, OverflowError):
        pass
    raise BadLineError("vector is neither base64 of float32 nor a list of numbers")


def _base64(vector: "array[float]") -> str:
    return base64.b64encode(float32_le(vector)).decode()


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)

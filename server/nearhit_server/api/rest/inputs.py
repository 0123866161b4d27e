"""From what a client sends to a model, or to what is wrong with it."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl

from pydantic import ValidationError

from nearhit_server.api.rest.faults import TWICE, fault, faults_of
from nearhit_server.api.rest.problems import HttpError, invalid_fields
from nearhit_server.api.rest.schemas import Input

InputT = TypeVar("InputT", bound=Input)

_MAX_VALUES: Final = 4_096
"""Of a body, about four times what the largest has. To read a million of them, and to say what is
wrong with each, would keep everybody else waiting for seconds."""

_MARKS: Final = b"{[,:"
"""One of them is before every value."""

_MAX_DIGITS: Final = 300
"""Of an integer: so many fit into a double."""

_MAX_QUERY_FIELDS: Final = 64


def read_json(model: type[InputT], body: bytes) -> InputT:
    """A body, which is JSON whatever its content type says; an empty one is an empty object.

    Raises HttpError that names the fields at fault.
    """
    _check_size(body)
    try:
        value = json.loads(
            body.decode() or "{}",
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_number,
        )
    except UnicodeDecodeError:
        raise _refusal("json_invalid", "is not UTF-8") from None
    except RecursionError:
        raise _refusal("json_invalid", "is nested too deeply") from None
    except ValueError as error:
        raise _refusal("json_invalid", f"is not JSON: {error}") from None
    try:
        return model.model_validate(value, strict=True)
    except ValidationError as error:
        raise invalid_fields(faults_of(error)) from None


def read_query(model: type[InputT], query_string: bytes) -> InputT:
    """The parameters of a query. Raises HttpError that names those at fault."""
    try:
        pairs = parse_qsl(
            query_string.decode("latin-1"),
            keep_blank_values=True,
            max_num_fields=_MAX_QUERY_FIELDS,
            errors="strict",
        )
    except ValueError:
        problem = fault("query", "query_invalid", "is not well formed")
        raise invalid_fields([problem]) from None
    try:
        return model.model_validate(_object(pairs))
    except ValidationError as error:
        raise invalid_fields(faults_of(error)) from None


def _check_size(body: bytes) -> None:
    # Most bodies have few marks even if those within strings are counted, which is faster.
    if _marks(body) > _MAX_VALUES and _marks(_outside_strings(body)) > _MAX_VALUES:
        raise _refusal("too_long", f"has more values than {_MAX_VALUES}")


def _marks(body: bytes) -> int:
    return sum(map(body.count, _MARKS))


def _outside_strings(body: bytes) -> bytes:
    plain = body.replace(rb"\\", b"").replace(rb"\"", b"")
    # A value has two strings at most, one of them its name: the rest need not be looked at.
    return b"".join(plain.split(b'"', 4 * _MAX_VALUES)[::2])


def _integer(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        raise ValueError(f"a number has more than {_MAX_DIGITS} digits")
    return int(digits)


def _number(digits: str) -> float:
    # JSON has one sort of number: 10.0 is an integer, and some languages write it so.
    number = float(digits)
    return int(number) if number.is_integer() else number


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        # Which of the two would be meant? Some readers take the last, others the first.
        counts = Counter(name for name, _ in pairs)
        members |= {name: TWICE for name, count in counts.items() if count > 1}
    return members


def _refusal(rule: str, message: str) -> HttpError:
    return invalid_fields([fault("body", rule, message)])

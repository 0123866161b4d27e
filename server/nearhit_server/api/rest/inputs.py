"""From what a client sends to a model, or to what is wrong with it."""

import json
from collections.abc import Sequence
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl

from pydantic import ValidationError

from nearhit_server.api.rest.problems import FieldProblem, HttpError, invalid_fields
from nearhit_server.api.rest.schemas import Input

InputT = TypeVar("InputT", bound=Input)

_MAX_FIELDS: Final = 16
"""Of a hundred thousand faults the first few do."""

_MAX_NAME_CHARACTERS: Final = 64
_MAX_QUERY_FIELDS: Final = 64


def read_json(model: type[InputT], body: bytes) -> InputT:
    """A body, which is JSON whatever its content type says; an empty one is an empty object.

    Raises HttpError that names the fields at fault.
    """
    body = body or b"{}"
    try:
        value = model.model_validate_json(body, strict=True)
    except ValidationError as error:
        raise _refusal(error) from None
    # Which of the two would be meant? pydantic takes the last, others the first.
    json.loads(body, object_pairs_hook=_refuse_duplicates)
    return value


def read_query(model: type[InputT], query_string: bytes) -> InputT:
    """The parameters of a query. Raises HttpError that names those at fault."""
    try:
        pairs = parse_qsl(
            query_string.decode("latin-1"),
            keep_blank_values=True,
            max_num_fields=_MAX_QUERY_FIELDS,
            errors="strict",
        )
    except ValueError as error:
        raise invalid_fields([_fault("query", "query_invalid", "is not well formed")]) from error
    try:
        return model.model_validate(_refuse_duplicates(pairs))
    except ValidationError as error:
        raise _refusal(error) from None


def _refuse_duplicates(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for name, value in pairs:
        if name in members:
            raise invalid_fields([_fault(_shortened(name), "duplicate", "is there twice")])
        members[name] = value
    return members


def _refusal(error: ValidationError) -> HttpError:
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    return invalid_fields(
        [_fault(_path(fault["loc"]), fault["type"], fault["msg"]) for fault in faults[:_MAX_FIELDS]]
    )


def _fault(field: str, rule: str, message: str) -> FieldProblem:
    return {"field": field, "rule": rule, "message": message}


def _path(location: Sequence[str | int]) -> str:
    """A field's path as the core writes it: `context[3]`, `attributes['lang']`."""
    if not location:
        return "body"
    first, *rest = location
    # What pydantic appends to a key that is at fault itself.
    steps = [
        f"[{_shortened(step)!r}]" if isinstance(step, str) else f"[{step}]"
        for step in rest
        if step != "[key]"
    ]
    return "".join([_shortened(str(first)), *steps])


def _shortened(name: str) -> str:
    return name[:_MAX_NAME_CHARACTERS]

"""What a model finds wrong with an input, told to people who know JSON and not Python."""

from collections.abc import Sequence
from typing import Any, Final

from pydantic import ValidationError

from nearhit_server.api.rest.problems import FieldProblem

TWICE: Final = object()
"""The value of a member that is there twice. No field takes it, so that the model says where."""

_MAX_FAULTS: Final = 16
"""Of a hundred faults the first few do."""

_MAX_NAME_CHARACTERS: Final = 64

_MESSAGES: Final = {
    "bool_type": "is neither true nor false",
    "dict_type": "is not an object",
    "extra_forbidden": "is not known here",
    "finite_number": "is not a finite number",
    "float_type": "is not a number",
    "greater_than_equal": "is less than {ge}",
    "int_parsing": "is not an integer",
    "int_parsing_size": "is not an integer of any use",
    "int_type": "is not an integer",
    "less_than_equal": "is more than {le}",
    "list_type": "is not an array",
    "literal_error": "is not {expected}",
    "missing": "is missing",
    "model_type": "is not an object",
    "string_pattern_mismatch": "does not match {pattern}",
    "string_too_long": "has more characters than {max_length}",
    "string_too_short": "has fewer characters than {min_length}",
    "string_type": "is not a string",
    "string_unicode": "has half of a surrogate pair",
    "too_long": "has more items than {max_length}",
    "too_short": "has fewer items than {min_length}",
}
"""By pydantic's type of error, whose own words are about Python."""


def faults_of(error: ValidationError) -> list[FieldProblem]:
    """The first of the fields at fault, by their paths."""
    return [_fault_of(fault) for fault in error.errors(include_url=False)[:_MAX_FAULTS]]


def fault(field: str, rule: str, message: str) -> FieldProblem:
    """One field at fault."""
    return {"field": field, "rule": rule, "message": message}


def _fault_of(fault_: Any) -> FieldProblem:
    field = _path(fault_["loc"])
    if fault_["input"] is TWICE:
        return fault(field, "duplicate", "is there twice")
    rule = fault_["type"]
    if rule not in _MESSAGES:
        return fault(field, rule, fault_["msg"])
    return fault(field, rule, _MESSAGES[rule].format(**fault_.get("ctx", {})))


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

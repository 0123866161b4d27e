"""What a well-formed request is, whatever the cache. Field names are those of the contract."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, NoReturn

import numpy as np

from nearhit_server.core import limits
from nearhit_server.core.errors import InvalidArgumentError, Violation
from nearhit_server.core.limits import Limits
from nearhit_server.core.vectors import FloatVector

_MAX_JSON_DEPTH: Final = 64
_MAX_INTEGER_DIGITS: Final = 1_000
"""Beyond any use, and well below what Python and others refuse to read."""


class Violations:
    """Gathers what is wrong with a request, so that its caller hears of all of it at once."""

    def __init__(self) -> None:
        self._found: list[Violation] = []

    def add(self, field: str, description: str) -> None:
        """Note that `field` is wrong."""
        self._found.append(Violation(field, description))

    def check(self, field: str, holds: bool, description: str) -> None:
        """Note that `field` is wrong unless `holds`."""
        if not holds:
            self.add(field, description)

    def raise_if_any(self) -> None:
        """Raise InvalidArgumentError if anything was noted."""
        if self._found:
            raise InvalidArgumentError(self._found)


def invalid(field: str, description: str) -> InvalidArgumentError:
    """The error for one field."""
    return InvalidArgumentError([Violation(field, description)])


def check_cache_id(cache_id: str, *, field: str = "cache") -> None:
    """Refuse what no cache can be called."""
    if not cache_id:
        raise invalid(field, "names no cache")
    _check_pattern(limits.CACHE_ID, cache_id, field)


def check_entry_id(entry_id: str, *, field: str = "entry_id") -> None:
    """Refuse what no entry can be called."""
    _check_pattern(limits.ENTRY_ID, entry_id, field)


def _check_pattern(pattern: re.Pattern[str], value: str, field: str) -> None:
    if not pattern.fullmatch(value):
        raise invalid(field, f"does not match {pattern.pattern}")


def check_page_size(page_size: int) -> None:
    """Refuse a page size that is negative or too large."""
    if not 0 <= page_size <= limits.MAX_PAGE_SIZE:
        raise invalid("page_size", f"is not between 0 and {limits.MAX_PAGE_SIZE}")


def check_text(violations: Violations, field: str, text: str) -> None:
    """Refuse text that stores and other languages trip over."""
    violations.check(field, "\0" not in text, "contains a NUL character")


def check_prompt(
    violations: Violations, prompt: str, limit: Limits, *, field: str = "prompt"
) -> None:
    """Refuse a prompt that is blank, too long or contains NUL."""
    violations.check(field, bool(prompt.strip()), "is empty or blank")
    violations.check(
        field,
        len(prompt) <= limit.max_prompt_characters,
        f"has {len(prompt)} characters, more than {limit.max_prompt_characters}",
    )
    check_text(violations, field, prompt)


def check_response(violations: Violations, response: str, limit: Limits) -> None:
    """Refuse a response that is too long or contains NUL."""
    size = len(response.encode())
    violations.check(
        "response",
        size <= limit.max_response_bytes,
        f"has {size} bytes of UTF-8, more than {limit.max_response_bytes}",
    )
    check_text(violations, "response", response)


def check_context(violations: Violations, turns: Sequence[str], limit: Limits) -> None:
    """Refuse a conversation with too many turns, or turns too long."""
    violations.check(
        "context",
        len(turns) <= limits.MAX_CONTEXT_TURNS,
        f"has {len(turns)} turns, more than {limits.MAX_CONTEXT_TURNS}",
    )
    for index, turn in enumerate(turns):
        field = f"context[{index}]"
        violations.check(
            field,
            len(turn) <= limit.max_prompt_characters,
            f"has {len(turn)} characters, more than {limit.max_prompt_characters}",
        )
        check_text(violations, field, turn)


def check_attributes(violations: Violations, attributes: Mapping[str, str]) -> None:
    """Refuse attributes that are too many, misnamed, empty or too long."""
    violations.check(
        "attributes",
        len(attributes) <= limits.MAX_ATTRIBUTES,
        f"has {len(attributes)} attributes, more than {limits.MAX_ATTRIBUTES}",
    )
    # The one message for too many is enough: 100,000 of them would fill the answer.
    for name, value in list(attributes.items())[: limits.MAX_ATTRIBUTES]:
        check_attribute_name(violations, name, field="attributes")
        check_attribute_value(violations, value, field=f"attributes[{name[:64]!r}]")


def check_attribute_name(violations: Violations, name: str, *, field: str) -> None:
    """Refuse what no attribute can be called."""
    violations.check(
        field,
        limits.ATTRIBUTE_NAME.fullmatch(name) is not None,
        f"{name[:80]!r} does not match {limits.ATTRIBUTE_NAME.pattern}",
    )


def check_attribute_value(violations: Violations, value: str, *, field: str) -> None:
    """Refuse a value that is empty, too long or contains NUL."""
    violations.check(
        field,
        1 <= len(value) <= limits.MAX_ATTRIBUTE_VALUE_CHARACTERS,
        f"has {len(value)} characters, not 1 to {limits.MAX_ATTRIBUTE_VALUE_CHARACTERS}",
    )
    check_text(violations, field, value)


def check_ttl(violations: Violations, ttl: timedelta, *, field: str = "ttl") -> None:
    """Refuse a time to live that is not between 1 ms and ten years."""
    violations.check(
        field,
        limits.MIN_TTL <= ttl <= limits.MAX_TTL,
        "is not between 1 millisecond and 10 years",
    )


def check_threshold(
    violations: Violations, threshold: float, *, field: str = "similarity_threshold"
) -> None:
    """Refuse a threshold that no cosine can have; NaN compares false."""
    violations.check(field, -1.0 <= threshold <= 1.0, "is not between -1 and 1")


def check_metadata(
    violations: Violations, metadata_json: str, limit: Limits, *, field: str = "metadata_json"
) -> None:
    """Refuse metadata that are not a JSON object, too long or nested too deeply."""
    size = len(metadata_json.encode())
    if size > limit.max_metadata_bytes:
        violations.add(field, f"has {size} bytes of UTF-8, more than {limit.max_metadata_bytes}")
        return
    check_text(violations, field, metadata_json)
    try:
        metadata = json.loads(
            metadata_json,
            parse_constant=_refuse_constant,
            parse_float=_finite,
            parse_int=_integer,
        )
        if not isinstance(metadata, dict):
            violations.add(field, "is not a JSON object")
        elif not _is_unicode(metadata):
            violations.add(field, "has half of a surrogate pair")
        elif _depth(metadata) > _MAX_JSON_DEPTH:
            violations.add(field, f"is nested more than {_MAX_JSON_DEPTH} levels deep")
    except RecursionError:
        violations.add(field, f"is nested more than {_MAX_JSON_DEPTH} levels deep")
    except ValueError as error:
        violations.add(field, f"is not JSON: {error}")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON value")


def _finite(number: str) -> float:
    # A number that no double holds would come back from most languages as infinity.
    value = float(number)
    if not math.isfinite(value):
        raise ValueError(f"{number[:20]} is out of range")
    return value


def _integer(number: str) -> int:
    if len(number) > _MAX_INTEGER_DIGITS:
        raise ValueError(f"a number has more than {_MAX_INTEGER_DIGITS} digits")
    return int(number)


def _is_unicode(value: Any) -> bool:
    # JSON can escape half of a pair, which no UTF-8 can hold.
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _depth(value: Any) -> int:
    levels = 0
    level = [value]
    while level:
        levels += 1
        level = [
            child
            for parent in level
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, dict | list)
        ]
    return levels


def check_components(violations: Violations, vector: FloatVector, *, field: str) -> None:
    """Refuse what is no vector."""
    if vector.size == 0:
        violations.add(field, "has no components")
    elif not np.isfinite(vector).all():
        violations.add(field, "has a component that is not finite")


def check_vector(violations: Violations, vector: FloatVector, *, field: str = "vector") -> None:
    """Refuse a vector that has no direction."""
    check_components(violations, vector, field=field)
    if vector.size and not vector.any():
        violations.add(field, "is all zeros")

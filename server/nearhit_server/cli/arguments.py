"""How words of the command line become values. Each raises typer.BadParameter, a usage error."""

import json
import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

import typer

from nearhit import AttributeType

_DURATION: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d|w)?")
_SECONDS: Final = {"ms": 0.001, "s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


def parse_duration(word: str) -> timedelta:
    """`90s`, `15m`, `2h`, `7d`, or a plain number of seconds."""
    match = _DURATION.fullmatch(word.strip())
    try:
        if match is None:
            raise ValueError(word)
        number, unit = match.groups()
        return timedelta(seconds=float(number) * _SECONDS[unit or "s"])
    except (ValueError, OverflowError):
        raise typer.BadParameter(
            f"{word!r} is no duration; write 90s, 15m, 2h, 7d or a number of seconds"
        ) from None


def parse_attributes(pairs: Sequence[str] | None) -> dict[str, str] | None:
    """Repeated `name=value`, None if there are none. A value may hold further `=`."""
    attributes: dict[str, str] = {}
    for pair in pairs or ():
        name, separator, value = pair.partition("=")
        if not (separator and name):
            raise _wrong("--attribute", f"{pair!r} is not name=value")
        if name in attributes:
            raise _wrong("--attribute", f"{name!r} is given twice")
        attributes[name] = value
    return attributes or None


def parse_declarations(pairs: Sequence[str]) -> dict[str, AttributeType]:
    """Repeated `name:type`."""
    declared: dict[str, AttributeType] = {}
    for pair in pairs:
        name, _, kind = pair.rpartition(":")
        known = [member for member in AttributeType if member.value == kind]
        if not (name and known):
            kinds = ", ".join(member.value for member in AttributeType)
            raise _wrong("--declare-attribute", f"{pair!r} is not name:type with a type of {kinds}")
        if name in declared:
            raise _wrong("--declare-attribute", f"{name!r} is given twice")
        declared[name] = known[0]
    return declared


def parse_metadata(text: str) -> dict[str, Any]:
    """A JSON object."""
    try:
        metadata = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise typer.BadParameter(f"is not JSON: {error}") from None
    if not isinstance(metadata, dict):
        raise typer.BadParameter('is not a JSON object, as in \'{"source": "faq"}\'')
    return metadata


def _wrong(option: str, message: str) -> typer.BadParameter:
    return typer.BadParameter(message, param_hint=f"'{option}'")

"""RedisVL's filter expressions, read by their shape.

An expression is a tree of AND and OR whose leaves hold a condition as text, in Redis's query
language, with each special character of a tag's value escaped. Only the forms that RedisVL
makes are read; anything else is refused, never guessed at.
"""

import re
from typing import Any, Final

from nearhit.filters import Filter
from nearhit.integrations.redisvl.conditions import EVERYTHING, Condition
from nearhit.integrations.redisvl.leaves import Bounds, Leaves

_NEGATED: Final = re.compile(r"\(-(@.*)\)", re.DOTALL)
_TAG: Final = re.compile(r"@([^:]+):\{((?:[^\\{}]|\\.)*)\}", re.DOTALL)
_RANGE: Final = re.compile(r"@([^:]+):\[(\(?)(\S+) (\(?)(\S+)\]")
# Before a bracket in the phrase could end it, so only the last one does.
_PHRASE: Final = re.compile(r'@([^:]+):(?:\("([^"]*)"\)|"([^"]*)")', re.DOTALL)
_PATTERN: Final = re.compile(r"@([^:]+):\((.*)\)", re.DOTALL)
_MISSING: Final = re.compile(r"ismissing\(@(.+)\)")

_ALTERNATIVE: Final = re.compile(r"(?:[^\\|]|\\.)*", re.DOTALL)
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
_WILDCARD: Final = re.compile(r"(?:[^\\*]|\\.)*\*", re.DOTALL)


def condition_of(expression: Any, leaves: Leaves) -> Condition:
    """The condition that a filter stands for, RedisVL's or nearhit's own; None is everything.

    Raises TypeError for what is no filter, ValueError for one that cannot be followed.
    """
    if expression is None:
        return EVERYTHING
    if isinstance(expression, Filter):
        return Condition.served(expression, lambda entry: True)
    operator = getattr(expression, "_operator", None)
    if operator is not None and hasattr(expression, "_left"):
        left = condition_of_part(expression._left, leaves)
        right = condition_of_part(expression._right, leaves)
        return left | right if operator.name == "OR" else left & right
    text = getattr(expression, "_filter", None)
    if not isinstance(text, str):
        raise TypeError(
            f"filter_expression must be a filter, not {type(expression).__name__}: "
            'make one with Tag("lang") == "en" or nearhit.attribute("lang") == "en"'
        )
    return _leaf(text, leaves)


def condition_of_part(expression: Any, leaves: Leaves) -> Condition:
    """One side of RedisVL's `&` or `|`."""
    if expression is None or isinstance(expression, Filter):
        raise TypeError("RedisVL's filters and nearhit's own cannot be combined in one expression")
    return condition_of(expression, leaves)


def _leaf(text: str, leaves: Leaves) -> Condition:
    if text == "*":
        return EVERYTHING
    if negated := _NEGATED.fullmatch(text):
        return ~_leaf(negated[1], leaves)
    if tag := _TAG.fullmatch(text):
        return _tag(tag[1], tag[2], leaves)
    if range_ := _RANGE.fullmatch(text):
        return leaves.number(range_[1], _bounds(range_))
    if phrase := _PHRASE.fullmatch(text):
        return leaves.phrase(phrase[1], phrase[2] or phrase[3] or "")
    if pattern := _PATTERN.fullmatch(text):
        return leaves.text_like(pattern[1], pattern[2])
    if missing := _MISSING.fullmatch(text):
        return leaves.missing(missing[1])
    raise ValueError(f"cannot follow the filter {text!r}: use Tag, Num, Timestamp and Text")


def _tag(name: str, values: str, leaves: Leaves) -> Condition:
    alternatives = [part for part in _ALTERNATIVE.findall(values) if part]
    patterns = [part for part in alternatives if _WILDCARD.match(part)]
    if not patterns:
        return leaves.tag(name, [_unescaped(part) for part in alternatives])
    if any("\\*" in part or "\\\\" in part for part in alternatives):
        raise ValueError(f"cannot tell the wildcards of {values!r} from asterisks")
    return leaves.tag_like(name, [_unescaped(part) for part in alternatives])


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(r"\1", text)


def _bounds(range_: re.Match[str]) -> Bounds:
    _, minimum_bracket, minimum, maximum_bracket, maximum = range_.groups()
    return Bounds(
        _bound(minimum, none="-inf"),
        _bound(maximum, none="+inf"),
        exclusive_minimum=bool(minimum_bracket),
        exclusive_maximum=bool(maximum_bracket),
    )


def _bound(text: str, *, none: str) -> float | None:
    if text.lstrip("+") == none.lstrip("+"):
        return None
    return float(text)

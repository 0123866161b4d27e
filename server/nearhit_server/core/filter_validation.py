"""Whether a filter makes sense, and makes sense for a cache."""

import math
from collections.abc import Iterator

from nearhit_server.core.caches import AttributeType, CacheSpec
from nearhit_server.core.filters import (
    MAX_DEPTH,
    MAX_NODES,
    MAX_TAG_VALUES,
    AllOf,
    AnyOf,
    Filter,
    Negation,
    NumericRange,
    TagIn,
    TextMatch,
    words,
)
from nearhit_server.core.limits import MAX_ATTRIBUTE_VALUE_CHARACTERS
from nearhit_server.core.validation import (
    Violations,
    check_attribute_name,
    check_attribute_value,
    invalid,
)


def check_filter(filter_: Filter, spec: CacheSpec, *, field: str = "filter") -> None:
    """Raise InvalidArgumentError unless `filter_` is within limits and fits the cache."""
    _check_shape(filter_, field)
    violations = Violations()
    for path, node in _nodes(filter_, field):
        _check_node(violations, node, spec, path)
    violations.raise_if_any()


def _check_shape(filter_: Filter, field: str) -> None:
    # Level by level, so that no depth is too deep for this function itself.
    level, depth, count = [filter_], 0, 0
    while level:
        depth, count = depth + 1, count + len(level)
        if depth > MAX_DEPTH:
            raise invalid(field, f"is nested more than {MAX_DEPTH} levels deep")
        if count > MAX_NODES:
            raise invalid(field, f"has more than {MAX_NODES} nodes")
        level = [child for node in level for _, child in _children(node)]


def _children(node: Filter) -> list[tuple[str, Filter]]:
    match node:
        case AllOf(filters):
            return [(f"all_of.filters[{i}]", child) for i, child in enumerate(filters)]
        case AnyOf(filters):
            return [(f"any_of.filters[{i}]", child) for i, child in enumerate(filters)]
        case Negation(child):
            return [("negation", child)]
        case _:
            return []


def _nodes(filter_: Filter, path: str) -> Iterator[tuple[str, Filter]]:
    yield path, filter_
    for step, child in _children(filter_):
        yield from _nodes(child, f"{path}.{step}")


def _check_node(violations: Violations, node: Filter, spec: CacheSpec, path: str) -> None:
    match node:
        case AllOf(filters):
            violations.check(f"{path}.all_of.filters", bool(filters), "is empty")
        case AnyOf(filters):
            violations.check(f"{path}.any_of.filters", bool(filters), "is empty")
        case TagIn():
            _check_tag_in(violations, node, f"{path}.tag_in")
        case NumericRange():
            _check_numeric_range(violations, node, spec, f"{path}.numeric_range")
        case TextMatch():
            _check_text_match(violations, node, spec, f"{path}.text_match")


def _check_tag_in(violations: Violations, node: TagIn, path: str) -> None:
    check_attribute_name(violations, node.name, field=f"{path}.name")
    violations.check(
        f"{path}.values",
        1 <= len(node.values) <= MAX_TAG_VALUES,
        f"has {len(node.values)} values, not 1 to {MAX_TAG_VALUES}",
    )
    for index, value in enumerate(node.values[:MAX_TAG_VALUES]):
        check_attribute_value(violations, value, field=f"{path}.values[{index}]")


def _check_numeric_range(
    violations: Violations, node: NumericRange, spec: CacheSpec, path: str
) -> None:
    _check_declared(violations, node.name, AttributeType.NUMERIC, spec, path)
    violations.check(
        path, node.minimum is not None or node.maximum is not None, "has neither min nor max"
    )
    for field, bound in (("min", node.minimum), ("max", node.maximum)):
        if bound is not None:
            violations.check(f"{path}.{field}", not math.isnan(bound), "is not a number")


def _check_text_match(violations: Violations, node: TextMatch, spec: CacheSpec, path: str) -> None:
    _check_declared(violations, node.name, AttributeType.TEXT, spec, path)
    field = f"{path}.text"
    violations.check(
        field,
        len(node.text) <= MAX_ATTRIBUTE_VALUE_CHARACTERS,
        f"has more than {MAX_ATTRIBUTE_VALUE_CHARACTERS} characters",
    )
    violations.check(
        field, bool(words(node.text[:MAX_ATTRIBUTE_VALUE_CHARACTERS])), "contains no word"
    )


def _check_declared(
    violations: Violations, name: str, type_: AttributeType, spec: CacheSpec, path: str
) -> None:
    violations.check(
        f"{path}.name",
        spec.attribute_types.get(name) is type_,
        f"{name[:80]!r} is not declared {type_.value} in cache {spec.cache_id!r}",
    )

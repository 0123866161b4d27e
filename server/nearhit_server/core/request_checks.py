"""Whether a search, a store or an update is well formed, and fits the cache it names."""

from collections.abc import Mapping
from itertools import islice

from nearhit_server.core import limits
from nearhit_server.core.caches import AttributeType, CacheSpec, Strategy
from nearhit_server.core.embedding.models import vector_required
from nearhit_server.core.errors import FailedPreconditionError, Reason, Violation
from nearhit_server.core.filter_validation import check_filter
from nearhit_server.core.limits import Limits
from nearhit_server.core.queries import EntryUpdate, NewEntry, SearchQuery, UpdateField
from nearhit_server.core.validation import (
    Violations,
    check_attribute_name,
    check_attributes,
    check_context,
    check_metadata,
    check_prompt,
    check_response,
    check_threshold,
    check_ttl,
    check_vector,
    invalid,
)
from nearhit_server.core.vectors import FloatVector


def check_search(query: SearchQuery, spec: CacheSpec, limit: Limits) -> None:
    """Raise InvalidArgumentError or FailedPreconditionError unless the query can be run."""
    violations = Violations()
    if query.prompt is not None:
        check_prompt(violations, query.prompt, limit)
    elif query.vector is None:
        violations.add("prompt", "is needed unless a vector is given")
    elif Strategy.EXACT in query.strategies:
        violations.add("strategies", "EXACT needs a prompt")
    if query.prompt is None and query.context:
        violations.add("context", "needs a prompt")
    violations.check(
        "strategies",
        len(set(query.strategies)) == len(query.strategies),
        "names a strategy twice",
    )
    if query.similarity_threshold is not None:
        check_threshold(violations, query.similarity_threshold)
    violations.check(
        "max_results",
        1 <= query.max_results <= limits.MAX_RESULTS,
        f"is not between 1 and {limits.MAX_RESULTS}",
    )
    check_context(violations, query.context, limit)
    _check_attributes_of(violations, query.attributes, spec)
    if query.vector is not None:
        check_vector(violations, query.vector)
    violations.raise_if_any()
    if query.filter is not None:
        check_filter(query.filter, spec)
    _check_dimension(query.vector, spec)


def plan_strategies(query: SearchQuery, spec: CacheSpec) -> tuple[Strategy, ...]:
    """The strategies to try, in order: those named, or those of the cache that can be tried.

    Raises FailedPreconditionError if a strategy that was named cannot be tried, or none can.
    """
    if query.strategies:
        if Strategy.SEMANTIC in query.strategies:
            _check_semantic(query, spec)
        return query.strategies
    possible = tuple(
        strategy
        for strategy in spec.strategies
        if (strategy is Strategy.EXACT and query.prompt is not None)
        or (strategy is Strategy.SEMANTIC and _has_vector(query, spec))
    )
    # Without a prompt it can only be a semantic search, whatever the cache's default.
    if query.prompt is None or not possible:
        _check_semantic(query, spec)
    return possible or (Strategy.SEMANTIC,)


def _has_vector(query: SearchQuery, spec: CacheSpec) -> bool:
    return query.vector is not None or spec.model is not None


def _check_semantic(query: SearchQuery, spec: CacheSpec) -> None:
    if not spec.semantic:
        raise FailedPreconditionError(
            f"the strategies of cache {spec.cache_id!r} do not include SEMANTIC, so it keeps no "
            "vectors",
            reason=Reason.SEMANTIC_DISABLED,
            violations=[Violation("strategies", "names one that the cache does not have")],
        )
    if not _has_vector(query, spec):
        raise vector_required(spec)


def check_new_entry(new: NewEntry, spec: CacheSpec, limit: Limits) -> None:
    """Raise InvalidArgumentError or FailedPreconditionError unless the entry can be stored."""
    violations = Violations()
    check_prompt(violations, new.prompt, limit)
    check_response(violations, new.response, limit)
    _check_attributes_of(violations, new.attributes, spec)
    if new.metadata_json is not None:
        check_metadata(violations, new.metadata_json, limit)
    if new.ttl is not None:
        check_ttl(violations, new.ttl)
    if new.vector is not None:
        check_vector(violations, new.vector)
    violations.raise_if_any()
    _check_dimension(new.vector, spec)
    if new.vector is None and spec.semantic and spec.model is None:
        raise vector_required(spec)


def check_update(update: EntryUpdate, spec: CacheSpec, limit: Limits) -> None:
    """Raise InvalidArgumentError or FailedPreconditionError unless the update can be made."""
    violations = Violations()
    if UpdateField.PROMPT in update.fields:
        check_prompt(violations, update.prompt or "", limit)
    if UpdateField.RESPONSE in update.fields:
        if update.response is None:
            violations.add("response", "is named in update_mask but absent")
        else:
            check_response(violations, update.response, limit)
    if UpdateField.METADATA in update.fields and update.metadata_json is not None:
        check_metadata(violations, update.metadata_json, limit)
    if UpdateField.ATTRIBUTES in update.fields:
        _check_attributes_of(violations, update.attributes, spec)
        violations.check(
            "update_mask",
            not update.attribute_changes,
            "names attributes as a whole and one by one",
        )
    _check_attribute_changes(violations, update.attribute_changes, spec)
    if UpdateField.TTL in update.fields and update.ttl is not None:
        check_ttl(violations, update.ttl)
    if UpdateField.VECTOR in update.fields and update.vector is not None:
        check_vector(violations, update.vector)
    violations.raise_if_any()
    if UpdateField.VECTOR in update.fields:
        _check_dimension(update.vector, spec)


def merged_attributes(
    attributes: Mapping[str, str], changes: Mapping[str, str | None]
) -> dict[str, str]:
    """An entry's attributes with changes that `check_update` let pass. Raises
    InvalidArgumentError if they are too many."""
    merged = {name: value for name, value in {**attributes, **changes}.items() if value is not None}
    if len(merged) > limits.MAX_ATTRIBUTES:
        raise invalid(
            "attributes",
            f"with the entry's own there are {len(merged)}, more than {limits.MAX_ATTRIBUTES}",
        )
    return merged


def check_selection(attributes: Mapping[str, str], spec: CacheSpec) -> None:
    """Raise InvalidArgumentError unless entries can carry the attributes."""
    violations = Violations()
    _check_attributes_of(violations, attributes, spec)
    violations.raise_if_any()


def _check_attributes_of(
    violations: Violations, attributes: Mapping[str, str], spec: CacheSpec
) -> None:
    check_attributes(violations, attributes)
    if len(attributes) > limits.MAX_ATTRIBUTES:
        return
    if attributes and spec.restrict_attributes and not spec.attribute_types:
        # LangCache's words, which another library matches.
        violations.add("attributes", "no attributes are configured for this cache.")
        return
    for name, value in attributes.items():
        declared = spec.attribute_types.get(name)
        if declared is None and spec.restrict_attributes:
            violations.add("attributes", f"{name[:80]!r} is not declared for this cache")
        elif declared is AttributeType.NUMERIC:
            violations.check(
                f"attributes[{name!r}]",
                limits.is_number(value),
                "is declared numeric, and its value is not a decimal number",
            )


def _check_attribute_changes(
    violations: Violations, changes: Mapping[str, str | None], spec: CacheSpec
) -> None:
    new = {name: value for name, value in changes.items() if value is not None}
    _check_attributes_of(violations, new, spec)
    # Any number may be removed, also of names that the cache no longer allows; but one that is no
    # name is enough to hear of.
    removed = (name for name in changes if name not in new)
    misnamed = (name for name in removed if not limits.ATTRIBUTE_NAME.fullmatch(name))
    for name in islice(misnamed, 1):
        check_attribute_name(violations, name, field="attributes")


def _check_dimension(vector: FloatVector | None, spec: CacheSpec) -> None:
    if vector is not None and vector.size != spec.dimension:
        raise FailedPreconditionError(
            f"the vector has {vector.size} components, those of cache {spec.cache_id!r} have "
            f"{spec.dimension}",
            reason=Reason.DIMENSION_MISMATCH,
            violations=[Violation("vector", f"does not have {spec.dimension} components")],
        )

"""Whether what is asked of the embedding cache is well formed."""

from typing import Final

from nearhit_server.core import limits
from nearhit_server.core.embedding.embedding_requests import (
    EmbeddingNames,
    EmbeddingQuery,
    EmbeddingWrite,
    NewEmbedding,
)
from nearhit_server.core.embedding.keys import EMBEDDING_KEY
from nearhit_server.core.limits import Limits
from nearhit_server.core.validation import (
    Violations,
    check_components,
    check_metadata,
    check_prompt,
    check_text,
    check_ttl,
)

_MAX_MODEL_CHARACTERS: Final = 256


def check_query(query: EmbeddingQuery, limit: Limits) -> None:
    """Raise InvalidArgumentError unless the vectors can be asked for."""
    violations = Violations()
    _check_names(violations, query.names, limit)
    if query.compute_if_missing:
        violations.check("texts", not query.names.keys, "is needed to compute what is missing")
    if query.refresh_ttl and not query.names.namespace:
        violations.add("refresh_ttl", 'is not for namespace "", which only the server writes')
    if query.ttl is not None:
        check_ttl(violations, query.ttl)
        violations.check("ttl", not query.refresh_ttl, "comes with refresh_ttl; give one")
        _check_writable(violations, query.names.namespace)
    violations.raise_if_any()


def check_names(names: EmbeddingNames, limit: Limits) -> None:
    """Raise InvalidArgumentError unless these can be names of rows."""
    violations = Violations()
    _check_names(violations, names, limit)
    violations.raise_if_any()


def check_deletion(names: EmbeddingNames, limit: Limits) -> None:
    """Raise InvalidArgumentError unless these can be names of rows that clients write."""
    violations = Violations()
    _check_writable(violations, names.namespace)
    _check_names(violations, names, limit)
    violations.raise_if_any()


def check_flush(namespace: str) -> None:
    """Raise InvalidArgumentError unless this can be a namespace that clients write."""
    violations = Violations()
    _check_writable(violations, namespace)
    _check_namespace(violations, namespace)
    violations.raise_if_any()


def check_write(write: EmbeddingWrite, limit: Limits) -> None:
    """Raise InvalidArgumentError unless the rows can be written."""
    violations = Violations()
    _check_writable(violations, write.namespace)
    _check_namespace(violations, write.namespace)
    _check_model(violations, write.model)
    _check_count(violations, "items", len(write.rows))
    # The one message for too many is enough.
    for index, row in enumerate(write.rows[: limits.MAX_BATCH_ITEMS]):
        _check_row(violations, row, limit, field=f"items[{index}]")
    violations.raise_if_any()


def _check_row(violations: Violations, row: NewEmbedding, limit: Limits, *, field: str) -> None:
    if row.text is not None:
        check_prompt(violations, row.text, limit, field=f"{field}.text")
    elif row.key is not None:
        _check_key(violations, row.key, field=f"{field}.key")
    else:
        violations.add(f"{field}.name", "is neither a text nor a key")
    # Nobody compares it by its direction, as nobody normalises it.
    check_components(violations, row.vector, field=f"{field}.vector")
    violations.check(
        f"{field}.vector",
        row.vector.size <= limits.MAX_DIMENSION,
        f"has {row.vector.size} components, more than {limits.MAX_DIMENSION}",
    )
    if row.metadata_json is not None:
        check_metadata(violations, row.metadata_json, limit, field=f"{field}.metadata_json")
    if row.ttl is not None:
        check_ttl(violations, row.ttl, field=f"{field}.ttl")


def _check_names(violations: Violations, names: EmbeddingNames, limit: Limits) -> None:
    _check_namespace(violations, names.namespace)
    # A key says by itself which model; what the server computed is kept by model as well.
    if names.model or (names.namespace and not names.keys):
        _check_model(violations, names.model)
    violations.check("keys", not (names.texts and names.keys), "comes with texts; give one")
    _check_count(violations, "keys" if names.keys else "texts", len(names.keys or names.texts))
    for index, text in enumerate(names.texts[: limits.MAX_BATCH_ITEMS]):
        check_prompt(violations, text, limit, field=f"texts[{index}]")
    for index, key in enumerate(names.keys[: limits.MAX_BATCH_ITEMS]):
        _check_key(violations, key, field=f"keys[{index}]")


def _check_writable(violations: Violations, namespace: str) -> None:
    violations.check("namespace", bool(namespace), 'is "", which only the server writes')


def _check_namespace(violations: Violations, namespace: str) -> None:
    violations.check(
        "namespace",
        not namespace or limits.NAMESPACE.fullmatch(namespace) is not None,
        f"does not match {limits.NAMESPACE.pattern}",
    )


def _check_model(violations: Violations, model: str) -> None:
    violations.check("model", bool(model), "is needed in a namespace")
    violations.check(
        "model",
        len(model) <= _MAX_MODEL_CHARACTERS,
        f"has {len(model)} characters, more than {_MAX_MODEL_CHARACTERS}",
    )
    check_text(violations, "model", model)


def _check_count(violations: Violations, field: str, count: int) -> None:
    violations.check(
        field,
        1 <= count <= limits.MAX_BATCH_ITEMS,
        f"has {count} items, not 1 to {limits.MAX_BATCH_ITEMS}",
    )


def _check_key(violations: Violations, key: str, *, field: str) -> None:
    violations.check(
        field,
        EMBEDDING_KEY.fullmatch(key) is not None,
        f"does not match {EMBEDDING_KEY.pattern}",
    )

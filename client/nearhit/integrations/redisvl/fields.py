"""What a cache's entries can be filtered by, and the attributes that come of it."""

from collections.abc import Iterable, Mapping
from numbers import Real
from typing import Any, Final

from nearhit.choices import AttributeType
from nearhit.integrations.redisvl.dtypes import RESERVED_PREFIX

TIMES: Final = frozenset({"inserted_at", "updated_at"})
TEXTS: Final = frozenset({"prompt", "response"})
"""Fields of every entry that RedisVL can filter by too."""

VECTORS: Final = frozenset({"vector", "prompt_vector"})
"""The names of an entry's vector: the argument's, and that of RedisVL's index."""

RESERVED: Final = (
    TIMES | TEXTS | VECTORS | {"entry_id", "metadata", "key", "vector_distance", "filters"}
)

_TYPES: Final[Mapping[str, AttributeType]] = {
    "tag": AttributeType.TAG,
    "numeric": AttributeType.NUMERIC,
    "timestamp": AttributeType.NUMERIC,
    "text": AttributeType.TEXT,
}


def declared_attributes(
    filterable_fields: Iterable[Mapping[str, Any]] | None,
) -> dict[str, AttributeType]:
    """The attributes to declare for RedisVL's field definitions; their `attrs` say nothing.

    Raises ValueError for a name that is reserved or given twice, and for a type that there
    is not.
    """
    declared: dict[str, AttributeType] = {}
    for field in filterable_fields or ():
        name, kind = field["name"], str(field["type"]).lower()
        _check_name(name)
        if name in declared:
            raise ValueError(f"field {name} is given twice")
        if kind not in _TYPES:
            raise ValueError(
                f"field {name} has the type {kind!r}; there are only {', '.join(_TYPES)}"
            )
        declared[name] = _TYPES[kind]
    return declared


def attributes(filters: Mapping[str, Any] | None) -> dict[str, str]:
    """The attributes that filter values are stored as: strings.

    Raises ValueError for a reserved name, TypeError for what is no string or number.
    """
    return {name: _attribute(name, value) for name, value in (filters or {}).items()}


def _check_name(name: str) -> None:
    if name in RESERVED or name.startswith(RESERVED_PREFIX):
        raise ValueError(f"{name} is a reserved field name")


def _attribute(name: str, value: object) -> str:
    _check_name(name)
    if isinstance(value, str):
        return value
    if isinstance(value, Real) and not isinstance(value, bool):
        return str(value)
    raise TypeError(
        f"filter {name!r} must be a string or a number, not {type(value).__name__}: "
        "write a time as its timestamp()"
    )

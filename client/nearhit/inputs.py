"""What callers give: items of a batch, and the mark for "leave as it is"."""

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from datetime import timedelta
from enum import Enum
from typing import Any, Final

from nearhit.choices import Strategy
from nearhit.filters import Filter
from nearhit.vectors import VectorLike


class Unset(Enum):
    """The type of UNSET."""

    UNSET = "unset"

    def __repr__(self) -> str:
        return self.name


UNSET: Final = Unset.UNSET
"""Leaves a field as it is; None is a value, which mostly takes the field away."""


@dataclass(frozen=True)
class Query:
    """One search of `search_many`; the fields are the arguments of `search`."""

    prompt: str | None = None
    _: KW_ONLY
    vector: VectorLike | None = None
    strategies: Sequence[Strategy] | None = None
    similarity_threshold: float | None = None
    attributes: Mapping[str, str] | None = None
    filter: Filter | None = None
    max_results: int | None = None
    context: Sequence[str] | None = None
    with_vectors: bool = False


@dataclass(frozen=True)
class NewEntry:
    """One entry of `store_many`; the fields are the arguments of `store`."""

    prompt: str
    response: str
    _: KW_ONLY
    vector: VectorLike | None = None
    attributes: Mapping[str, str] | None = None
    metadata: Mapping[str, Any] | None = None
    ttl: timedelta | None = None


@dataclass(frozen=True, kw_only=True)
class NewEmbedding:
    """One row of `set_embeddings`: of a text, or by key where the text is not to be kept.

    `vector` comes back bit for bit as float32, and `metadata` with it. `ttl` is how long the
    row lives, None for ever.
    """

    text: str | None = None
    key: str | None = None
    vector: VectorLike
    metadata: Mapping[str, Any] | None = None
    ttl: timedelta | None = None

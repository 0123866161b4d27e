"""What SemanticCache does with entries, as flows, and entries as RedisVL's dicts."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any, Final

from nearhit.choices import AttributeType, Strategy
from nearhit.errors import NotFoundError
from nearhit.integrations.flows import Ask, Flow
from nearhit.integrations.redisvl import names
from nearhit.integrations.redisvl.conditions import Condition
from nearhit.integrations.redisvl.fields import TIMES, VECTORS, attributes
from nearhit.integrations.redisvl.lifetimes import lifetime
from nearhit.integrations.redisvl.vectorizers import Embed, Vectorizer
from nearhit.messages.values import metadata_json, texts
from nearhit.results import Hit, Match, Miss
from nearhit.vectors import VectorLike

_ENTRY_ID: Final = re.compile("[0-9a-f]{32}")
_MAX_RESULTS: Final = 100
"""The most entries of one search."""

_MAX_ENTRY_IDS: Final = 1_000
"""The most entries that one call deletes."""

# An exact match is the nearest there is, and costs no embedding. Where more than one entry is
# wanted it would answer alone, so it comes second, for prompts that have no vector.
_FIRST: Final = (Strategy.EXACT, Strategy.SEMANTIC)
_SEVERAL: Final = (Strategy.SEMANTIC, Strategy.EXACT)
_BY_VECTOR: Final = (Strategy.SEMANTIC,)


@dataclass(frozen=True)
class Entries:
    """The entries of the cache called `name`.

    `dimension` is that of its vectors, 0 if it is not known; `declared` are its filter fields.
    """

    name: str
    vectorizer: Vectorizer | None
    dimension: int
    declared: Mapping[str, AttributeType]

    def check(
        self,
        prompt: str | None,
        vector: VectorLike | None,
        *,
        num_results: int,
        return_fields: list[str] | None,
        condition: Condition,
        distance_threshold: float,
    ) -> Flow[list[dict[str, Any]]]:
        """The hits, nearest first."""
        _check_prompt(prompt)
        if vector is None and not prompt:
            raise ValueError("give a prompt or a vector")
        if return_fields is not None and not isinstance(return_fields, list):
            raise TypeError(f"return_fields must be a list, not {type(return_fields).__name__}")
        threshold = _similarity(distance_threshold)
        if vector is None and self.vectorizer is not None:
            vector = yield Embed(self.vectorizer, prompt or "")
        self._check_vector(vector)
        # What does not meet the condition is sorted out here, so there has to be enough.
        count = num_results if condition.exact else max(num_results, _MAX_RESULTS)
        by_prompt = _FIRST if count == 1 else _SEVERAL
        found: Hit | Miss = yield Ask(
            lambda client: client.search(
                prompt if vector is None else None,
                vector=vector,
                strategies=by_prompt if vector is None else _BY_VECTOR,
                similarity_threshold=threshold,
                filter=condition.filter,
                max_results=count,
            )
        )
        matches = found.matches if isinstance(found, Hit) else ()
        held = [match for match in matches if condition.exact or condition.holds(match.entry)]
        return [_hit(self.name, match, return_fields) for match in held[:num_results]]

    def store(
        self,
        prompt: str,
        response: str,
        vector: VectorLike | None,
        *,
        metadata: dict[str, Any] | None,
        filters: Mapping[str, Any] | None,
        seconds: int | None,
    ) -> Flow[str]:
        """Keeps an entry; its key."""
        if not isinstance(prompt, str):
            raise TypeError(f"prompt must be a string, not {type(prompt).__name__}")
        if not isinstance(response, str):
            raise ValueError(f"response must be a string, not {type(response).__name__}")
        if metadata is not None and not isinstance(metadata, dict):
            raise ValueError(f"metadata must be a dict, not {type(metadata).__name__}")
        check_json(metadata)
        named = attributes(filters)
        if vector is None and self.vectorizer is not None:
            vector = yield Embed(self.vectorizer, prompt)
        self._check_vector(vector)
        stored = yield Ask(
            lambda client: client.store(
                prompt,
                response,
                vector=vector,
                attributes=named,
                metadata=metadata,
                ttl=lifetime(seconds),
            )
        )
        return names.key_of(self.name, stored.entry_id)

    def update(self, key: str, fields: Mapping[str, Any]) -> Flow[None]:
        """Changes fields of an entry and starts its time to live again."""
        changes = dict(self._changes(fields))
        entry_id = self._entry_id(key)
        if entry_id is None:
            raise KeyError(key)
        if self.vectorizer is not None and "prompt" in changes and "vector" not in changes:
            changes["vector"] = yield Embed(self.vectorizer, changes["prompt"])
        self._check_vector(changes.get("vector"))
        try:
            yield Ask(lambda client: client.refresh_ttl(entry_id))
            if changes:
                yield Ask(lambda client: client.update(entry_id, **changes))
        except NotFoundError as error:
            raise KeyError(key) from error

    def expire(self, key: str, seconds: int | None) -> Flow[None]:
        """Gives an entry, if it is there, a time to live."""
        entry_id = self._entry_id(key)
        ttl = lifetime(seconds)
        if entry_id is None or ttl is None:
            return
        try:
            yield Ask(lambda client: client.update(entry_id, ttl=ttl))
        except NotFoundError:
            return

    def drop(self, ids: Sequence[str] | None, keys: Sequence[str] | None) -> Flow[None]:
        """Removes the entries that are there."""
        if ids is None and keys is None:
            raise ValueError("give ids or keys")
        of_keys = map(self._entry_id, texts("keys", keys or ()))
        named = [*texts("ids", ids or ()), *(entry_id for entry_id in of_keys if entry_id)]
        known = [entry_id for entry_id in named if _ENTRY_ID.fullmatch(entry_id)]
        for start in range(0, len(known), _MAX_ENTRY_IDS):
            yield _deleting(known[start : start + _MAX_ENTRY_IDS])

    def _changes(self, fields: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
        """The fields of an entry to change, as the client names them."""
        named = {name: value for name, value in fields.items() if name in self.declared}
        if named:
            yield "merge_attributes", attributes(named)
        for name, value in fields.items():
            if name == "metadata":
                if not isinstance(value, dict):
                    raise TypeError(f"metadata must be a dict, not {type(value).__name__}")
                check_json(value)
                yield name, value
            elif name in VECTORS:
                yield "vector", value
            elif name in ("prompt", "response"):
                yield name, value
            elif name not in named and name not in TIMES:
                raise ValueError(f"{name} is not a field that an entry can be updated in")

    def _entry_id(self, key: str) -> str | None:
        return names.entry_id_of(self.name, key, form=_ENTRY_ID)

    def _check_vector(self, vector: VectorLike | None) -> None:
        if vector is None:
            return
        if not len(vector) or self.dimension not in (0, len(vector)):
            raise ValueError(
                f"the vector has {len(vector)} components, those of {self.name} {self.dimension}"
            )


def _deleting(entry_ids: Sequence[str]) -> Ask:
    return Ask(lambda client: client.delete(entry_ids=entry_ids))


def _hit(name: str, match: Match, return_fields: list[str] | None) -> dict[str, Any]:
    entry = match.entry
    hit: dict[str, Any] = {
        **entry.attributes,
        "entry_id": entry.entry_id,
        "prompt": entry.prompt,
        "response": entry.response,
        "vector_distance": round(1 - match.similarity, 6),
        "inserted_at": entry.created_at.timestamp(),
        "updated_at": entry.updated_at.timestamp(),
    }
    if entry.metadata is not None:
        hit["metadata"] = entry.metadata
    if return_fields:
        hit = {field: value for field, value in hit.items() if field in return_fields}
    return {**hit, "key": names.key_of(name, entry.entry_id)}


def _similarity(distance: float) -> float:
    """The least similarity that is within a distance."""
    if isinstance(distance, bool) or not isinstance(distance, Real):
        raise TypeError(f"distance_threshold must be a number, not {type(distance).__name__}")
    if not distance >= 0:
        raise ValueError(f"distance_threshold must not be negative, as {distance} is")
    # Rounded, because 1 - 0.7 is more than 0.3 and would leave out what is just that far.
    return max(round(1 - float(distance), 12), -1.0)


def _check_prompt(prompt: str | None) -> None:
    if prompt is not None and not isinstance(prompt, str):
        raise TypeError(f"prompt must be a string, not {type(prompt).__name__}")


def check_json(metadata: dict[str, Any] | None) -> None:
    """Raises TypeError for metadata that are no JSON."""
    if metadata is None:
        return
    try:
        metadata_json(metadata)
    except (ValueError, RecursionError) as error:
        raise TypeError(str(error)) from error

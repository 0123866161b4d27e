"""Making, changing and removing caches."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

from nearhit_server.core.access.callers import ALL, Grant
from nearhit_server.core.cache_directory import CacheDirectory
from nearhit_server.core.cache_settings import (
    CacheField,
    CachePage,
    CacheSettings,
    CacheStatus,
    check_rate,
    check_settings,
)
from nearhit_server.core.caches import (
    DEFAULT_CACHE_ID,
    NO_THRESHOLD,
    AttributeType,
    CacheSpec,
    LongPrompts,
    ModelBinding,
    Strategy,
    Verification,
)
from nearhit_server.core.concurrency import together
from nearhit_server.core.embedding.models import Models, binding
from nearhit_server.core.errors import (
    AlreadyExistsError,
    FailedPreconditionError,
    NotFoundError,
    Reason,
    Violation,
)
from nearhit_server.core.ports import Clock, Store
from nearhit_server.core.validation import check_cache_id, check_page_size, invalid

_DEFAULT_PAGE_SIZE: Final = 100
_DEFAULT_STRATEGIES: Final = (Strategy.EXACT, Strategy.SEMANTIC)


class CacheAdmin:
    """Manages caches. Methods raise InvalidArgumentError, NotFoundError, AlreadyExistsError,
    FailedPreconditionError and UnavailableError as the contract says."""

    def __init__(
        self,
        *,
        store: Store,
        directory: CacheDirectory,
        models: Models,
        clock: Clock,
        default_threshold: float,
        default_verification: Verification = Verification.OFF,
    ) -> None:
        self._store = store
        self._directory = directory
        self._models = models
        self._clock = clock
        self._default_threshold = default_threshold
        self._default_verification = default_verification

    async def ensure_default_cache(self) -> None:
        """Create the cache `default` unless it exists."""
        with suppress(AlreadyExistsError):
            await self.create(DEFAULT_CACHE_ID, CacheSettings())

    async def create(self, cache_id: str, settings: CacheSettings) -> CacheStatus:
        """Make an empty cache."""
        check_cache_id(cache_id, field="cache.cache_id")
        check_settings(settings)
        now = self._clock.now()
        model, dimension = await self._resolve_model(settings)
        spec = CacheSpec(
            cache_id=cache_id,
            model=model,
            dimension=dimension,
            created_at=now,
            updated_at=now,
            **self._plain_settings(settings),
        )
        check_rate(spec.max_false_hit_rate, spec.verification)
        spec = await self._store.create_cache(spec)
        # Another cache may have had this id.
        self._directory.forget(cache_id)
        return CacheStatus(spec, 0)

    async def get(self, cache_id: str) -> CacheStatus:
        """A cache's settings and size."""
        check_cache_id(cache_id, field="cache_id")
        return await self._directory.use(cache_id, self._status)

    async def list(self, *, page_size: int, page_token: str, visible: Grant) -> CachePage:
        """A page of the caches that are `visible`, ordered by id."""
        check_page_size(page_size)
        if page_token:
            check_cache_id(page_token, field="page_token")
        size = page_size or _DEFAULT_PAGE_SIZE
        specs = await self._visible_specs(visible, after=page_token, limit=size + 1)
        listed = await together(self._status_if_there(spec) for spec in specs[:size])
        return CachePage(
            tuple(status for status in listed if status is not None),
            specs[size - 1].cache_id if len(specs) > size else "",
        )

    async def update(
        self,
        cache_id: str,
        settings: CacheSettings,
        fields: frozenset[CacheField],
        *,
        allow_flush: bool,
    ) -> CacheStatus:
        """Change the named settings; those that make the entries unusable remove them."""
        check_cache_id(cache_id, field="cache.cache_id")
        if not fields:
            raise invalid("update_mask", "names no field")
        check_settings(settings)

        async def change(old: CacheSpec) -> CacheStatus:
            new = await self._changed(old, settings, fields)
            flush = _unusable_after(old, new)
            if flush and not allow_flush:
                raise FailedPreconditionError(
                    f"the change would remove every entry of cache {cache_id!r}; "
                    "repeat it with allow_flush to do so",
                    reason=Reason.FLUSH_REQUIRED,
                    violations=[Violation("allow_flush", "is needed for this change")],
                )
            return await self._status(await self._store.update_cache(new, flush=flush))

        try:
            return await self._directory.use(cache_id, change)
        finally:
            self._directory.forget(cache_id)

    async def delete(self, cache_id: str) -> int:
        """Remove a cache; returns how many entries it had."""
        check_cache_id(cache_id, field="cache_id")
        try:
            return await self._store.delete_cache(cache_id)
        finally:
            self._directory.forget(cache_id)

    async def _visible_specs(
        self, visible: Grant, *, after: str, limit: int
    ) -> Sequence[CacheSpec]:
        if visible.covers(ALL):
            return await self._store.list_caches(after=after, limit=limit)
        # By name, so that neither a page nor its token tells of caches that are somebody else's.
        specs: list[CacheSpec] = []
        for cache_id in sorted(name for name in visible.names if name > after):
            if len(specs) < limit:
                with suppress(NotFoundError):
                    specs.append(await self._store.get_cache(cache_id))
        return specs

    async def _status(self, spec: CacheSpec) -> CacheStatus:
        return CacheStatus(spec, await self._store.count(spec))

    async def _status_if_there(self, spec: CacheSpec) -> CacheStatus | None:
        try:
            return await self._directory.use(spec.cache_id, self._status)
        except NotFoundError:
            return None

    async def _changed(
        self, old: CacheSpec, settings: CacheSettings, fields: frozenset[CacheField]
    ) -> CacheSpec:
        plain = self._plain_settings(settings)
        changes = {_SPEC_FIELDS[f]: plain[_SPEC_FIELDS[f]] for f in fields if f in _SPEC_FIELDS}
        model, dimension = old.model, old.dimension
        if fields & {CacheField.MODEL, CacheField.DIMENSION}:
            model, dimension = await self._resolve_model(_with_old_model(old, settings, fields))
        if _trades_threshold(old, changes):
            changes.setdefault("similarity_threshold", plain["similarity_threshold"])
        new = replace(
            old, **changes, model=model, dimension=dimension, updated_at=self._clock.now()
        )
        check_rate(new.max_false_hit_rate, new.verification)
        return new

    async def _resolve_model(self, settings: CacheSettings) -> tuple[ModelBinding | None, int]:
        """The model and dimension that the settings stand for."""
        if not settings.model and settings.dimension:
            return None, settings.dimension
        embedder = await self._models.embedder(settings.model or self._models.default_name)
        if settings.dimension not in (0, embedder.dimension):
            raise FailedPreconditionError(
                f"the vectors of model {embedder.name!r} have {embedder.dimension} components, "
                f"not {settings.dimension}",
                reason=Reason.DIMENSION_MISMATCH,
                violations=[Violation("cache.dimension", "is not that of the model")],
            )
        return binding(embedder), embedder.dimension

    def _plain_settings(self, settings: CacheSettings) -> dict[str, Any]:
        """The fields of CacheSpec that need no model to be known."""
        return {
            "similarity_threshold": self._threshold(settings),
            "default_ttl": settings.default_ttl,
            "ttl_refresh_on_hit": settings.ttl_refresh_on_hit,
            "strategies": settings.strategies or _DEFAULT_STRATEGIES,
            "long_prompts": settings.long_prompts or LongPrompts.EXACT_ONLY,
            "max_entries": settings.max_entries,
            "attribute_types": dict(settings.attribute_types),
            "restrict_attributes": settings.restrict_attributes,
            "verification": settings.verification or self._default_verification,
            "max_false_hit_rate": settings.max_false_hit_rate,
            "shadow": settings.shadow,
        }

    def _threshold(self, settings: CacheSettings) -> float:
        if settings.similarity_threshold is not None:
            return settings.similarity_threshold
        # What is served by its confidence needs no other floor.
        return self._default_threshold if settings.max_false_hit_rate is None else NO_THRESHOLD


_SPEC_FIELDS: Final = {
    field: {CacheField.ATTRIBUTES: "attribute_types"}.get(field, field.value)
    for field in CacheField
    if field not in (CacheField.MODEL, CacheField.DIMENSION)
}
"""Where in CacheSpec a field of the contract is kept."""


def _trades_threshold(old: CacheSpec, changes: Mapping[str, Any]) -> bool:
    """Whether a change puts a rate in the place of a threshold, or the other way round."""
    if "max_false_hit_rate" not in changes:
        return False
    return (old.max_false_hit_rate is None) != (changes["max_false_hit_rate"] is None)


def _with_old_model(
    old: CacheSpec, settings: CacheSettings, fields: frozenset[CacheField]
) -> CacheSettings:
    """The settings with the cache's own model where they do not name another."""
    if CacheField.MODEL in fields:
        return settings
    if old.model is None and not settings.dimension:
        raise invalid("cache.dimension", "is needed in a cache without a model")
    return replace(settings, model="" if old.model is None else old.model.name)


def _unusable_after(old: CacheSpec, new: CacheSpec) -> bool:
    """Whether entries stored under `old` cannot be used under `new`."""
    return (old.model, old.dimension) != (new.model, new.dimension) or _indexed_attributes(
        old
    ) != _indexed_attributes(new)


def _indexed_attributes(spec: CacheSpec) -> dict[str, AttributeType]:
    """The attributes that entries are indexed by beside equality."""
    return {n: type_ for n, type_ in spec.attribute_types.items() if type_ is not AttributeType.TAG}

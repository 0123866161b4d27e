"""The administration of caches."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from nearhit.calls import Call, Pages, Timeout, long_call
from nearhit.choices import AttributeType, LongPrompts, Strategy, Verification
from nearhit.inputs import UNSET, Unset
from nearhit.messages import caches
from nearhit.operations.scope import Scope
from nearhit.results import Cache

_NO_ATTRIBUTES: Final[Mapping[str, AttributeType]] = MappingProxyType({})


class CacheOperations(Scope):
    """What makes, shows, changes and removes caches."""

    def create_cache(
        self,
        cache_id: str,
        *,
        model: str = "",
        dimension: int = 0,
        similarity_threshold: float | None = None,
        default_ttl: timedelta | None = None,
        ttl_refresh_on_hit: bool = False,
        strategies: Sequence[Strategy] = (),
        long_prompts: LongPrompts | None = None,
        max_entries: int | None = None,
        attributes: Mapping[str, AttributeType] = _NO_ATTRIBUTES,
        restrict_attributes: bool = False,
        verification: Verification | None = None,
        max_false_hit_rate: float | None = None,
        shadow: bool = False,
        timeout: Timeout = None,
    ) -> Call[Cache]:
        """Makes an empty cache and returns it with its defaults filled in.

        Args:
            cache_id: [a-z0-9][a-z0-9_-]{0,63}
            model: one of the server's models. "": its default, or none if there is a
                `dimension`, for callers who bring vectors.
            dimension: the number of components of the vectors; 0 with a model.
            similarity_threshold: for searches that name none, -1 to 1. None: the server's.
            default_ttl: for entries stored without one. None: they live for ever.
            ttl_refresh_on_hit: a hit starts its entries' time to live again.
            strategies: for searches that name none, in order. Empty: EXACT, SEMANTIC.
            long_prompts: what to do with prompts that are longer than the model reads.
                None: LongPrompts.EXACT_ONLY.
            max_entries: past it the least recently used are removed. None: no limit.
            attributes: the types of attributes that are more than plain tags.
            restrict_attributes: refuse attributes that are not declared.
            verification: what is done, beside the threshold, to keep wrong hits out. None:
                the server's default.
            max_false_hit_rate: the share of served hits that may be wrong, 0.001 to 0.5;
                then entries are served by their confidence, and the threshold, if it is
                given too, is a floor. Needs verification. None: the threshold decides.
            shadow: searches answer Miss and record what they would have answered.
            timeout: seconds or a timedelta. None: 30 s.

        Raises NearhitError: InvalidArgumentError; AlreadyExistsError;
        FailedPreconditionError if the server has no such model, or its dimension is not
        the one given; and what every call can raise. Never retried by itself.
        """
        request = caches.create(
            cache_id,
            model=model,
            dimension=dimension,
            similarity_threshold=similarity_threshold,
            default_ttl=default_ttl,
            ttl_refresh_on_hit=ttl_refresh_on_hit,
            strategies=strategies,
            long_prompts=long_prompts,
            max_entries=max_entries,
            attributes=attributes,
            restrict_attributes=restrict_attributes,
            verification=verification,
            max_false_hit_rate=max_false_hit_rate,
            shadow=shadow,
        )
        return long_call(lambda stubs: stubs.admin.CreateCache, request, caches.told, timeout)

    def get_cache(self, cache_id: str | None = None, *, timeout: Timeout = None) -> Call[Cache]:
        """The settings and the size of a cache. None: the client's own.

        `timeout` is 30 s if None. Raises NearhitError: NotFoundError; and what every call
        can raise.
        """
        request = caches.get(self.cache if cache_id is None else cache_id)
        return long_call(lambda stubs: stubs.admin.GetCache, request, caches.told, timeout)

    def list_caches(self, *, timeout: Timeout = None) -> Pages[Cache]:
        """Iterates over the server's caches, ordered by id.

        Pages are read as they are needed; `timeout` is for each of them, 30 s if None.
        Raises NearhitError, while iterating: what every call can raise.
        """
        return Pages(
            lambda page_token: long_call(
                lambda stubs: stubs.admin.ListCaches,
                caches.list_page(page_token),
                caches.listed,
                timeout,
            )
        )

    def update_cache(
        self,
        cache_id: str,
        *,
        model: str | Unset | None = UNSET,
        dimension: int | Unset | None = UNSET,
        similarity_threshold: float | Unset | None = UNSET,
        default_ttl: timedelta | Unset | None = UNSET,
        ttl_refresh_on_hit: bool | Unset | None = UNSET,
        strategies: Sequence[Strategy] | Unset | None = UNSET,
        long_prompts: LongPrompts | Unset | None = UNSET,
        max_entries: int | Unset | None = UNSET,
        attributes: Mapping[str, AttributeType] | Unset | None = UNSET,
        restrict_attributes: bool | Unset | None = UNSET,
        verification: Verification | Unset | None = UNSET,
        max_false_hit_rate: float | Unset | None = UNSET,
        shadow: bool | Unset | None = UNSET,
        allow_flush: bool = False,
        timeout: Timeout = None,
    ) -> Call[Cache]:
        """Changes the given settings of a cache, for all later calls, and returns it.

        The settings are those of `create_cache`; None takes one back to its default. A
        change of `model`, `dimension` or a declared attribute's type makes the stored
        entries unusable, so it removes them and needs `allow_flush`. `timeout` is 30 s if
        None.

        Raises NearhitError: InvalidArgumentError; NotFoundError; FailedPreconditionError
        if entries would be removed without `allow_flush`, or as for `create_cache`; and
        what every call can raise.
        """
        request = caches.update(
            cache_id,
            allow_flush=allow_flush,
            model=model,
            dimension=dimension,
            similarity_threshold=similarity_threshold,
            default_ttl=default_ttl,
            ttl_refresh_on_hit=ttl_refresh_on_hit,
            strategies=strategies,
            long_prompts=long_prompts,
            max_entries=max_entries,
            attributes=attributes,
            restrict_attributes=restrict_attributes,
            verification=verification,
            max_false_hit_rate=max_false_hit_rate,
            shadow=shadow,
        )
        return long_call(lambda stubs: stubs.admin.UpdateCache, request, caches.told, timeout)

    def delete_cache(self, cache_id: str, *, timeout: Timeout = None) -> Call[int]:
        """Removes a cache and returns how many entries went with it.

        `timeout` is 30 s if None. Raises NearhitError: NotFoundError; and what every call
        can raise. Never retried by itself.
        """
        request = caches.delete(cache_id)
        return long_call(lambda stubs: stubs.admin.DeleteCache, request, caches.deleted, timeout)

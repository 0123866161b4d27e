"""Between LangCache's bodies and the core's words."""

from datetime import timedelta
from typing import Any, TypeVar

from nearhit_server.api.rest.langcache.models import (
    CacheEntry,
    ConversationalSearchAnswer,
    ConversationalSearchInput,
    SearchAnswer,
    SearchInput,
    SetInput,
)
from nearhit_server.core.caches import Strategy
from nearhit_server.core.queries import Hit, Match, Miss, NewEntry, SearchQuery

SearchAnswerT = TypeVar("SearchAnswerT", bound=SearchAnswer)


def decode_search(body: SearchInput, *, deadline: float | None) -> SearchQuery:
    """What to look for, until `deadline`. LangCache's default is the semantic strategy, whatever
    the cache's."""
    strategies = tuple(Strategy(name) for name in body.search_strategies)
    named = "search_strategies" in body.model_fields_set and strategies
    return SearchQuery(
        prompt=body.prompt,
        strategies=strategies or (Strategy.SEMANTIC,),
        similarity_threshold=body.similarity_threshold,
        attributes=body.attributes,
        max_results=body.max_results,
        context=tuple(body.context) if isinstance(body, ConversationalSearchInput) else (),
        # Who named no strategy cannot know which prompts have none but this.
        exact_if_unreadable=not named,
        deadline=deadline,
    )


def decode_set(body: SetInput) -> NewEntry:
    """What to keep."""
    return NewEntry(
        prompt=body.prompt,
        response=body.response,
        attributes=body.attributes,
        ttl=None if body.ttl_millis is None else timedelta(milliseconds=body.ttl_millis),
    )


def encode_search(outcome: Hit | Miss) -> SearchAnswer:
    """What was found."""
    return _encode(SearchAnswer, outcome)


def encode_conversational_search(outcome: Hit | Miss) -> ConversationalSearchAnswer:
    """What was found, and what was looked for."""
    return _encode(ConversationalSearchAnswer, outcome, actual_prompt=outcome.effective_prompt)


def _encode(type_: type[SearchAnswerT], outcome: Hit | Miss, **members: Any) -> SearchAnswerT:
    if isinstance(outcome, Miss):
        reason = outcome.exact_only_reason
        return type_(
            data=[],
            hit=False,
            exact_only_reason=None if reason is None else reason.value,
            **members,
        )
    entries = [_encode_match(match) for match in outcome.matches]
    best = entries[0]
    return type_(
        data=entries,
        hit=True,
        entry_id=best.id,
        prompt=best.prompt,
        response=best.response,
        similarity=best.similarity,
        attributes=best.attributes,
        **members,
    )


def _encode_match(match: Match) -> CacheEntry:
    entry = match.entry
    return CacheEntry(
        id=entry.entry_id,
        prompt=entry.prompt,
        response=entry.response,
        attributes=dict(entry.attributes),
        similarity=match.similarity,
        search_strategy=match.strategy.value,
    )

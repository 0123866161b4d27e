"""Searches in shadow mode: what they would have answered, and what they do."""

from dataclasses import replace
from datetime import datetime

from nearhit_server.core.caches import Strategy
from nearhit_server.core.quality.reports import ShadowSearch
from nearhit_server.core.queries import Candidate, Hit, Miss, RefusalReason


def shadowed(outcome: Hit | Miss) -> Miss:
    """A search's answer in shadow mode: always a miss, of what it would have hit."""
    if isinstance(outcome, Miss):
        return outcome
    best = outcome.matches[0]
    candidate = Candidate(
        entry=best.entry,
        similarity=best.similarity,
        confidence=best.confidence,
        reason=RefusalReason.SHADOW,
        detail="the cache is in shadow mode",
    )
    return Miss(candidate, None, outcome.effective_prompt)


def shadow_search_of(outcome: Hit | Miss, *, searched_at: datetime) -> ShadowSearch:
    """What to record of a search that would have answered with `outcome`."""
    nothing = ShadowSearch(
        prompt=outcome.effective_prompt,
        entry_id="",
        entry_prompt="",
        similarity=0.0,
        confidence=None,
        strategy=Strategy.SEMANTIC,
        refusal=None,
        searched_at=searched_at,
    )
    if isinstance(outcome, Hit):
        best = outcome.matches[0]
        return replace(
            nothing,
            entry_id=best.entry.entry_id,
            entry_prompt=best.entry.prompt,
            similarity=best.similarity,
            confidence=best.confidence,
            strategy=best.strategy,
        )
    if (nearest := outcome.candidate) is None:
        return nothing
    return replace(
        nothing,
        entry_id=nearest.entry.entry_id,
        entry_prompt=nearest.entry.prompt,
        similarity=nearest.similarity,
        confidence=nearest.confidence,
        refusal=nearest.reason,
    )

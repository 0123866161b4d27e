"""Sums up what searches in shadow mode came to. Pure."""

import heapq
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import Final

from nearhit import RefusalReason, ShadowSearch

BANDS: Final = (0.99, 0.95, 0.9, 0.8, 0.0)
"""The least confidence of each band."""

_EXAMPLES: Final = 10


@dataclass(frozen=True, kw_only=True)
class ShadowSummary:
    """How many searches would have hit, and how surely.

    `bands` counts the would-be hits by the least confidence of their band, `unverified` those
    of no confidence. `refusals` counts the others by why the nearest entry was refused,
    `alone` those without any entry. `false_hit_rate` is the one to expect, None if no
    confidence is known. The examples are of different prompts or entries.
    """

    searches: int
    would_hit: int
    false_hit_rate: float | None
    bands: Mapping[float, int]
    unverified: int
    refusals: Mapping[RefusalReason, int]
    alone: int
    least_sure: tuple[ShadowSearch, ...]
    nearest_refused: tuple[ShadowSearch, ...]


def summary_of(searches: Iterable[ShadowSearch]) -> ShadowSummary:
    """The summary of all searches."""
    every = list(searches)
    near = [search for search in every if search.entry_id]
    hits = [search for search in near if search.refusal is None]
    refused = [search for search in near if search.refusal is not None]
    known = [hit.confidence for hit in hits if hit.confidence is not None]
    bands = Counter(next(least for least in BANDS if sure >= least) for sure in known)
    return ShadowSummary(
        searches=len(every),
        would_hit=len(hits),
        false_hit_rate=fmean(1 - sure for sure in known) if known else None,
        bands={least: bands[least] for least in BANDS},
        unverified=len(hits) - len(known),
        refusals=Counter(search.refusal for search in refused if search.refusal is not None),
        alone=len(every) - len(near),
        least_sure=tuple(heapq.nsmallest(_EXAMPLES, _different(hits), key=_sureness)),
        nearest_refused=tuple(
            heapq.nlargest(_EXAMPLES, _different(refused), key=lambda search: search.similarity)
        ),
    )


def _different(searches: Iterable[ShadowSearch]) -> Iterable[ShadowSearch]:
    """The latest search of each prompt and entry."""
    return {(search.prompt, search.entry_id): search for search in searches}.values()


def _sureness(search: ShadowSearch) -> tuple[bool, float]:
    # Where nothing is verified there is only the similarity to go by.
    unverified = search.confidence is None
    return unverified, search.similarity if search.confidence is None else search.confidence

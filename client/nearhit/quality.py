"""What is told of how far a cache's hits can be trusted."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from nearhit.choices import RefusalReason, Strategy, Verdict


@dataclass(frozen=True)
class Rate:
    """A share, 0 to 1, and the interval that contains it with a probability of 95 %."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class CacheStats:
    """What a cache has answered since it was made or flushed, and how much of it was right.

    `refusals` counts misses by why the nearest entry was refused. `reported_right` and
    `reported_wrong` count prompts. `false_hit_rate` is the share of served hits that were
    wrong, None without any reports. `min_confidence` is the least that is served now, more
    than 1 if only exact hits are sure enough, None where the threshold decides; it moves with
    the reports.
    """

    searches: int
    exact_hits: int
    semantic_hits: int
    refusals: Mapping[RefusalReason, int]
    reported_right: int
    reported_wrong: int
    false_hit_rate: Rate | None
    min_confidence: float | None
    quarantined_entries: int


@dataclass(frozen=True, kw_only=True)
class HitReport:
    """A verdict on an entry as the answer to a prompt.

    `entry_prompt` is the entry's at that time. `similarity` is that of the two prompts,
    `confidence` the one with which the entry would be served for the prompt; both are None if
    they could not be computed again.
    """

    entry_id: str
    prompt: str
    entry_prompt: str
    verdict: Verdict
    similarity: float | None
    confidence: float | None
    reported_at: datetime


@dataclass(frozen=True, kw_only=True)
class ShadowSearch:
    """What a search in shadow mode came to.

    The entry is the one that would have been served or, if `refusal` says why not, the
    nearest; `entry_id` is "" if there was none. `prompt` is "" if only a vector was given.
    """

    searched_at: datetime
    prompt: str
    entry_id: str
    entry_prompt: str
    similarity: float
    confidence: float | None
    strategy: Strategy
    refusal: RefusalReason | None


@dataclass(frozen=True)
class ReportPage:
    """Some of the reports about a cache; `next_page_token` is "" on the last page."""

    reports: tuple[HitReport, ...]
    next_page_token: str

    def __iter__(self) -> Iterator[HitReport]:
        return iter(self.reports)


@dataclass(frozen=True)
class ShadowPage:
    """Some of a cache's searches in shadow mode; `next_page_token` is "" on the last page."""

    searches: tuple[ShadowSearch, ...]
    next_page_token: str

    def __iter__(self) -> Iterator[ShadowSearch]:
        return iter(self.searches)

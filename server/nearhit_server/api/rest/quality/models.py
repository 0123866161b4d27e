"""The bodies of what is reported and told about hits."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from nearhit_server.api.rest.schemas import (
    Answer,
    EntryId,
    Input,
    Partial,
    Prompt,
    StrategyName,
    Text,
)
from nearhit_server.core import limits

VerdictName = Literal["right", "wrong"]
RefusalName = Literal[
    "below_threshold", "guard", "low_confidence", "not_verified", "not_verifiable", "shadow"
]


class ReportInput(Input):
    """Whether an entry was the right answer."""

    prompt: Prompt = Field(description="What was asked.")
    verdict: VerdictName = Field(examples=["right"])


class ReportedAnswer(Answer):
    """What the report led to."""

    quarantined: bool = Field(
        description="Whether searches no longer find the entry, until it is stored again, changed "
        "or released."
    )


class ReleasedAnswer(Answer):
    """Whether there was a quarantine to end."""

    released: bool


class RateAnswer(Answer):
    """A share, and the interval that contains it with a probability of 95 %."""

    value: float
    low: float
    high: float


class StatsAnswer(Answer):
    """What a cache has answered since it was made or flushed, and how much of it was right."""

    searches: int
    exact_hits: int
    semantic_hits: int
    refusals: dict[str, int] = Field(
        description="Misses by why the nearest entry was refused, such as `guard`."
    )
    reported_right: int
    reported_wrong: int
    false_hit_rate: Partial[RateAnswer] = Field(
        default=None, description="The share of hits that were wrong, if any were reported."
    )
    min_confidence: Partial[float] = Field(
        default=None,
        description="The least confidence that is served now, where a cache goes by it; more "
        "than 1 if only exact hits are sure enough.",
    )
    quarantined_entries: int


class PageInput(Input):
    """Which page."""

    page_size: int = Field(default=0, ge=0, le=limits.MAX_PAGE_SIZE, description="0: 100.")
    page_token: Text = Field(default="", description="`nextPageToken` of the page before.")


class HitReportAnswer(Answer):
    """A verdict on an entry as the answer to a prompt."""

    entry_id: EntryId
    prompt: str
    entry_prompt: str
    verdict: VerdictName
    similarity: Partial[float] = None
    confidence: Partial[float] = None
    reported_at: datetime


class ReportsAnswer(Answer):
    """A page of reports, the oldest first."""

    reports: list[HitReportAnswer]
    next_page_token: Partial[str] = Field(
        default=None, description="Where the next page begins, if there is one."
    )


class ShadowSearchAnswer(Answer):
    """What a search in shadow mode came to."""

    searched_at: datetime
    prompt: str = Field(description="Empty if only a vector was given.")
    entry_id: Partial[EntryId] = Field(
        default=None,
        description="The entry that would have been served, or else the nearest, if there is one.",
    )
    entry_prompt: Partial[str] = None
    similarity: Partial[float] = None
    confidence: Partial[float] = None
    search_strategy: StrategyName
    refusal: Partial[RefusalName] = Field(
        default=None, description="Why the entry would not have been served; else it would have."
    )


class ShadowSearchesAnswer(Answer):
    """A page of searches, the oldest first."""

    searches: list[ShadowSearchAnswer]
    next_page_token: Partial[str] = Field(
        default=None, description="Where the next page begins, if there is one."
    )

"""What is said about hits, and what searches in shadow mode came to."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final

from nearhit_server.core.caches import Strategy
from nearhit_server.core.entries import Entry, PromptKey
from nearhit_server.core.queries import RefusalReason

MAX_REPORTS: Final = 10_000
"""Reports that are kept of a cache, the latest."""

MAX_SHADOW_SEARCHES: Final = 10_000
"""Searches in shadow mode that are kept of a cache, the latest."""

WRONG_PROMPTS_TO_QUARANTINE: Final = 3
"""Prompts for which an entry has to be reported wrong, and more than are reported right."""


class Verdict(Enum):
    """Whether a hit was right."""

    RIGHT = "right"
    WRONG = "wrong"


@dataclass(frozen=True, kw_only=True)
class HitReport:
    """A verdict on an entry as the answer to a prompt.

    `similarity` and `confidence` are those of the two prompts, None if they could not be
    computed again.
    """

    entry_id: str
    prompt: str
    entry_prompt: str
    entry_updated_at: datetime
    verdict: Verdict
    similarity: float | None
    confidence: float | None
    reported_at: datetime

    @classmethod
    def of(
        cls,
        entry: Entry,
        prompt: str,
        verdict: Verdict,
        *,
        similarity: float | None,
        confidence: float | None,
        reported_at: datetime,
    ) -> "HitReport":
        """A report about an entry as it was read."""
        return cls(
            entry_id=entry.entry_id,
            prompt=prompt,
            entry_prompt=entry.prompt,
            entry_updated_at=entry.updated_at,
            verdict=verdict,
            similarity=similarity,
            confidence=confidence,
            reported_at=reported_at,
        )

    @property
    def key(self) -> str:
        """Names what the report is about, 32 hexadecimal digits: of several about the same prompt
        and the same state of the same entry, the last one counts."""
        about = (self.entry_id, self.entry_updated_at.isoformat(), PromptKey.of(self.prompt).folded)
        return hashlib.sha256("\n".join(about).encode()).hexdigest()[:32]


@dataclass(frozen=True, kw_only=True)
class ShadowSearch:
    """What a search in shadow mode came to: the entry that it would have answered with, or the
    nearest one and why it was refused; no entry if there was none."""

    prompt: str
    entry_id: str
    entry_prompt: str
    similarity: float
    confidence: float | None
    strategy: Strategy
    refusal: RefusalReason | None
    searched_at: datetime


@dataclass(frozen=True)
class ReportPage:
    """Reports in the order in which they came; `next_cursor` is None on the last page."""

    reports: tuple[HitReport, ...]
    next_cursor: str | None


@dataclass(frozen=True)
class ShadowPage:
    """Searches in the order in which they came; `next_cursor` is None on the last page."""

    searches: tuple[ShadowSearch, ...]
    next_cursor: str | None

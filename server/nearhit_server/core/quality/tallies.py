"""What is counted of a cache, as a store keeps it: names to numbers."""

import math
from collections.abc import Mapping
from typing import Final, TypeAlias

from nearhit_server.core.quality.reports import HitReport, Verdict
from nearhit_server.core.queries import RefusalReason

Tallies: TypeAlias = Mapping[str, int]
"""Counts by name; a name that is not there counts 0."""

SEARCHES: Final = "searches"
EXACT_HITS: Final = "exact_hits"
SEMANTIC_HITS: Final = "semantic_hits"
QUARANTINED: Final = "quarantined"

BANDS_PER_LOGIT: Final = 2
"""Confidences are counted by bands of their log-odds, each half as wide as 1: from 0.5 on, a step
is as much as from 0.95 to 0.97."""

_HIGHEST_BAND: Final = 16
_UNKNOWN: Final = "unknown"


def refusals(reason: RefusalReason) -> str:
    """Counts misses by why the nearest entry was refused."""
    return f"refused:{reason.value}"


def verdicts(verdict: Verdict, confidence: float | None) -> str:
    """Counts reports by their verdict and the band of the confidence."""
    band = _UNKNOWN if confidence is None else str(band_of(confidence))
    return f"{verdict.value}:{band}"


def tally_of(report: HitReport) -> str:
    """The name under which a report is counted."""
    return verdicts(report.verdict, report.confidence)


def band_of(confidence: float) -> int:
    """The band of a confidence between 0 and 1, -16 to 16; its middle is at
    band / BANDS_PER_LOGIT log-odds."""
    if not 0.0 < confidence < 1.0:
        return _HIGHEST_BAND if confidence > 0.5 else -_HIGHEST_BAND
    band = round(BANDS_PER_LOGIT * math.log(confidence / (1 - confidence)))
    return max(-_HIGHEST_BAND, min(_HIGHEST_BAND, band))


def total(tallies: Tallies, verdict: Verdict) -> int:
    """How many reports gave a verdict."""
    return sum(count for name, count in tallies.items() if name.startswith(f"{verdict.value}:"))


def evidence(tallies: Tallies) -> dict[int, tuple[int, int]]:
    """Bands of confidence to how many reports gave right and wrong; those of unknown confidence
    are left out."""
    found: dict[int, tuple[int, int]] = {}
    for place, verdict in enumerate((Verdict.RIGHT, Verdict.WRONG)):
        for name, count in tallies.items():
            kind, _, band = name.partition(":")
            if kind == verdict.value and band != _UNKNOWN and count > 0:
                both = list(found.get(int(band), (0, 0)))
                both[place] += count
                found[int(band)] = (both[0], both[1])
    return found

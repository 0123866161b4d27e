"""The least confidence to serve with, so that no more hits are wrong than the owner allows."""

import math
from dataclasses import dataclass, replace
from time import monotonic
from typing import Final

import numpy as np

from nearhit_server.core.caches import CacheSpec
from nearhit_server.core.quality import tallies as names
from nearhit_server.core.quality.store import QualityStore
from nearhit_server.core.quality.tallies import BANDS_PER_LOGIT, Tallies
from nearhit_server.core.verification.calibration import Calibration

_FRESH_SECONDS: Final = 5.0
"""How long what was read of the reports is good for: other servers take reports, too."""

_MOST_CACHES: Final = 10_000

_SPREAD: Final = 0.7
"""How far, in log-odds, a cache's traffic may be from the pairs that the calibration was fitted
on, before anything is known of it: a standard deviation."""

_CAUTION: Final = 0.1
"""We act as if things were as bad as with this probability they are."""

_CAUTION_DEVIATIONS: Final = 1.2816
"""So many standard deviations below the mean lies that point of a normal distribution."""

_MOST_STRICTER: Final = 4.0
_MOST_LOOSER: Final = 1.0
"""How far reports can move the operating point, in log-odds."""

_AIM: Final = 0.6
"""Of the rate that is allowed: the share of wrong ones among some hundred hits scatters."""

_SHIFTS: Final = np.linspace(-6.0, 6.0, 241)


def shift_of(tallies: Tallies) -> float:
    """By how much, in log-odds, a cache's hits are right more often than their confidence says, as
    far as one can count on it; 0 without reports.

    The posterior of a shift that is common to all confidences. Its prior is such that its cautious
    quantile is 0, so that reports can make a cache looser as well as stricter.
    """
    evidence = names.evidence(tallies)
    mean = _CAUTION_DEVIATIONS * _SPREAD
    log_posterior = -0.5 * ((_SHIFTS - mean) / _SPREAD) ** 2
    for band, (right, wrong) in evidence.items():
        log_odds = band / BANDS_PER_LOGIT + _SHIFTS
        log_posterior -= right * np.logaddexp(0, -log_odds) + wrong * np.logaddexp(0, log_odds)
    posterior = np.exp(log_posterior - log_posterior.max())
    cumulative = np.cumsum(posterior) / posterior.sum()
    cautious = float(np.interp(_CAUTION, cumulative, _SHIFTS))
    return min(_MOST_LOOSER, max(-_MOST_STRICTER, cautious)) if evidence else 0.0


def min_confidence(calibration: Calibration, max_false_hit_rate: float, tallies: Tallies) -> float:
    """The least confidence to serve with: the one that the calibration knows for the rate, or,
    where a cache's hits are right more or less often than it expects, for one as much higher or
    lower."""
    aim = _AIM * max_false_hit_rate
    odds = aim / (1 - aim) * math.exp(shift_of(tallies))
    return calibration.min_confidence(odds / (1 + odds))


@dataclass(frozen=True)
class _Known:
    min_confidence: float
    read_at: float


class OperatingPoints:
    """Knows the operating point of each cache that has one, and moves it with the reports."""

    def __init__(self, store: QualityStore, calibration: Calibration) -> None:
        self._store = store
        self._calibration = calibration
        self._known: dict[tuple[str, int], _Known] = {}

    async def of_cache(self, spec: CacheSpec) -> float | None:
        """The least confidence to serve with, None where the cache names no rate."""
        if spec.max_false_hit_rate is None:
            return None
        key = (spec.cache_id, spec.version)
        known = self._known.get(key)
        if known is None:
            known = await self._read(spec)
        elif monotonic() - known.read_at > _FRESH_SECONDS:
            # Whoever comes meanwhile goes by what is known.
            self._known[key] = replace(known, read_at=monotonic())
            known = await self._read(spec)
        return known.min_confidence

    def from_tallies(self, spec: CacheSpec, tallies: Tallies) -> float | None:
        """What `of_cache` says if these are the cache's counts."""
        if spec.max_false_hit_rate is None:
            return None
        return min_confidence(self._calibration, spec.max_false_hit_rate, tallies)

    async def _read(self, spec: CacheSpec) -> _Known:
        least = self.from_tallies(spec, await self._store.read_tallies(spec))
        if len(self._known) >= _MOST_CACHES:
            self._known.clear()
        assert least is not None
        known = _Known(least, monotonic())
        self._known[spec.cache_id, spec.version] = known
        return known

    def forget(self, spec: CacheSpec) -> None:
        """Read the reports again before they are next needed."""
        self._known.pop((spec.cache_id, spec.version), None)

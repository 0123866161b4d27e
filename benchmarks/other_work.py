"""Whether the machine had other things to do.

Ratios bear with a little of that, but not all programs alike: torch, whose threads wait for each
other many times a batch, slows down several times over where OpenVINO loses a third.
"""

import os
import resource
from pathlib import Path

_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
_LITTLE = 0.05


class OtherWork:
    """What others take of the processors, from when this is made."""

    def __init__(self) -> None:
        self._before = _seconds()

    def share(self) -> float:
        """The share of their time; printed if it is a lot. To be asked once all processes that
        this one has started have ended, and count as its own."""
        busy, idle, own = (now - then for now, then in zip(_seconds(), self._before, strict=True))
        share = max(0.0, (busy - own) / (busy + idle))
        if share > _LITTLE:
            print(f"\nwarning: other work took {share:.0%} of the processors: trust no figure")
        return round(share, 3)


def _seconds() -> tuple[float, float, float]:
    """Of all processors: busy, idle, and busy for us."""
    fields = Path("/proc/stat").read_text().partition("\n")[0].split()[1:9]
    _, _, _, idle, waiting, *_ = ticks = [int(field) for field in fields]
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return (
        (sum(ticks) - idle - waiting) / _TICKS_A_SECOND,
        (idle + waiting) / _TICKS_A_SECOND,
        sum(each.ru_utime + each.ru_stime for each in used),
    )

"""Whether the machine has other things to do.

Ratios bear with a little of that, but not all programs alike: torch, whose threads wait for each
other many times a batch, slows down several times over where OpenVINO loses a third.
"""

import time
from pathlib import Path

_SECONDS = 2.0
_QUIET = 0.05


def warn_if_busy() -> float:
    """The share of the processor time that others take just now; print it if it is a lot."""
    idle, total = _ticks()
    time.sleep(_SECONDS)
    idle_later, total_later = _ticks()
    busy = 1 - (idle_later - idle) / (total_later - total)
    if busy > _QUIET:
        print(f"warning: other work takes {busy:.0%} of the processors: trust no figure below")
    return busy


def _ticks() -> tuple[int, int]:
    """Idle and altogether, since the machine was started."""
    fields = Path("/proc/stat").read_text().partition("\n")[0].split()[1:]
    ticks = [int(field) for field in fields]
    # Idle, and idle while something is read.
    return ticks[3] + ticks[4], sum(ticks)

"""What was to be reached, beside what was measured."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.reporting import print_table

TITLE = "Goals"


@dataclass(frozen=True, kw_only=True)
class Goal:
    """A figure with a floor or a limit."""

    what: str
    measured: float
    at_least: float | None = None
    at_most: float | None = None

    def row(self) -> dict[str, Any]:
        """As a line of a table."""
        floor = self.at_least is None or self.measured >= self.at_least
        limit = self.at_most is None or self.measured <= self.at_most
        return {
            "goal": self.what,
            "wanted": self._wanted(),
            "measured": float(self.measured),
            "reached": "yes" if floor and limit else "NO",
        }

    def _wanted(self) -> str:
        if self.at_least is None:
            return f"at most {self.at_most:g}"
        return f"at least {self.at_least:g}"


def print_goals(goals: Sequence[Goal]) -> list[dict[str, Any]]:
    """Print them as a table, and return it."""
    rows = [goal.row() for goal in goals]
    print_table(TITLE, rows)
    return rows

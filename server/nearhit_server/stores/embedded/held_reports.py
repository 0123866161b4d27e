"""What is held against an entry: columns of its row. All runs on the database's thread."""

import sqlite3
from dataclasses import dataclass, replace
from typing import Final

from nearhit_server.core.quality.reports import WRONG_PROMPTS_TO_QUARANTINE, Verdict
from nearhit_server.stores.embedded.selection import LIVE
from nearhit_server.stores.embedded.session import Session

_COLUMNS: Final = "row_id, updated_us, quarantined, report_round, reported_right, reported_wrong"


@dataclass(frozen=True)
class ReportedEntry:
    """An entry with the prompts that it was reported right and wrong for in this round."""

    row_id: int
    updated_us: int
    quarantined: bool
    report_round: int | None
    right: int
    wrong: int

    def counting(self, verdict: Verdict, by: int) -> "ReportedEntry":
        """The entry with `by` more prompts of a verdict."""
        if verdict is Verdict.RIGHT:
            return replace(self, right=self.right + by)
        return replace(self, wrong=self.wrong + by)

    def judged(self) -> "ReportedEntry":
        """The entry, quarantined if it has to be. What is quarantined stays so."""
        wrong = self.wrong >= WRONG_PROMPTS_TO_QUARANTINE and self.wrong > self.right
        return replace(self, quarantined=self.quarantined or wrong)


def read_reported(session: Session, epoch: int, entry_id: str) -> ReportedEntry | None:
    """The entry with an id, None if it is missing or expired."""
    row = session.connection.execute(
        f"SELECT {_COLUMNS} FROM entries WHERE epoch = ? AND entry_id = ? AND {LIVE}",
        (epoch, entry_id, session.now_us),
    ).fetchone()
    if row is None:
        return None
    row_id, updated_us, quarantined, *held = row
    return ReportedEntry(row_id, updated_us, bool(quarantined), *held)


def write_reported(connection: sqlite3.Connection, entry: ReportedEntry) -> None:
    """Keep what is held against an entry."""
    connection.execute(
        "UPDATE entries SET quarantined = ?, report_round = ?, reported_right = ?,"
        " reported_wrong = ? WHERE row_id = ?",
        (entry.quarantined, entry.report_round, entry.right, entry.wrong, entry.row_id),
    )


def forget_reports(connection: sqlite3.Connection, row_id: int) -> None:
    """Hold nothing against an entry any more."""
    connection.execute(
        "UPDATE entries SET quarantined = 0, report_round = NULL, reported_right = 0,"
        " reported_wrong = 0 WHERE row_id = ?",
        (row_id,),
    )


def count_quarantined(session: Session, epoch: int) -> int:
    """How many entries of an epoch are quarantined and have not expired."""
    count: int
    (count,) = session.connection.execute(
        f"SELECT count(*) FROM entries WHERE epoch = ? AND quarantined AND {LIVE}",
        (epoch, session.now_us),
    ).fetchone()
    return count

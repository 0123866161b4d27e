"""Taking reports in, and entries out of quarantine. All runs on the database's thread."""

import sqlite3
from dataclasses import replace
from typing import NamedTuple

from nearhit_server.core.caches import CacheSpec
from nearhit_server.core.errors import entry_not_found
from nearhit_server.core.quality import reports
from nearhit_server.core.quality.reports import HitReport, Verdict
from nearhit_server.core.quality.tallies import tally_of
from nearhit_server.stores.embedded.database import Written
from nearhit_server.stores.embedded.entry_reads import get_row
from nearhit_server.stores.embedded.epochs import next_number
from nearhit_server.stores.embedded.held_reports import (
    ReportedEntry,
    forget_reports,
    read_reported,
    write_reported,
)
from nearhit_server.stores.embedded.index_changes import RowHidden, RowShown
from nearhit_server.stores.embedded.logs import forget_oldest
from nearhit_server.stores.embedded.session import Session
from nearhit_server.stores.embedded.tally_rows import add_to_tallies
from nearhit_server.stores.positions import REPORTS
from nearhit_server.stores.quality_json import report_to_json
from nearhit_server.stores.times import expiry_to_microseconds, to_microseconds


class _Earlier(NamedTuple):
    """A report that was kept before, and the round in which it was held against its entry."""

    verdict: str
    tally: str
    report_round: int | None


def put_report(session: Session, spec: CacheSpec, report: HitReport) -> Written[bool]:
    """As QualityStore.put_report."""
    connection = session.connection
    before = read_reported(session, spec.epoch, report.entry_id)
    if before is None:
        raise entry_not_found(spec.cache_id, report.entry_id)
    earlier = _earlier(connection, spec.epoch, report.key)
    if earlier is not None and earlier.tally == tally_of(report):
        return Written(before.quarantined)
    after = _held_against(connection, before, report, earlier)
    write_reported(connection, after)
    # A report about what the entry was before belongs to no round.
    _keep(connection, spec.epoch, report, None if after is before else after.report_round)
    moved = {tally_of(report): 1} | ({} if earlier is None else {earlier.tally: -1})
    add_to_tallies(connection, spec.epoch, moved)
    hidden = after.quarantined and not before.quarantined
    return Written(after.quarantined, [RowHidden(spec.epoch, after.row_id)] if hidden else [])


def _held_against(
    connection: sqlite3.Connection,
    entry: ReportedEntry,
    report: HitReport,
    earlier: _Earlier | None,
) -> ReportedEntry:
    if entry.updated_us != to_microseconds(report.entry_updated_at):
        return entry
    if entry.report_round is None:
        entry = replace(entry, report_round=next_number(connection))
    if earlier is not None and earlier.report_round == entry.report_round:
        entry = entry.counting(Verdict(earlier.verdict), -1)
    return entry.counting(report.verdict, 1).judged()


def _earlier(connection: sqlite3.Connection, epoch: int, key: str) -> _Earlier | None:
    row = connection.execute(
        f"SELECT verdict, tally, report_round FROM {REPORTS} WHERE epoch = ? AND key = ?",
        (epoch, key),
    ).fetchone()
    return None if row is None else _Earlier(*row)


def _keep(
    connection: sqlite3.Connection, epoch: int, report: HitReport, report_round: int | None
) -> None:
    connection.execute(
        f"INSERT OR REPLACE INTO {REPORTS} (epoch, key, verdict, tally, report_round, body)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            *(epoch, report.key, report.verdict.value, tally_of(report)),
            *(report_round, report_to_json(report)),
        ),
    )
    forget_oldest(connection, REPORTS, epoch, keep=reports.MAX_REPORTS)


def release_entry(session: Session, spec: CacheSpec, entry_id: str) -> Written[bool]:
    """As QualityStore.release."""
    found = get_row(session, spec, entry_id, with_vectors=True)
    if found is None:
        raise entry_not_found(spec.cache_id, entry_id)
    row_id, entry = found
    forget_reports(session.connection, row_id)
    if not entry.quarantined or entry.vector is None:
        return Written(entry.quarantined)
    expires_us = expiry_to_microseconds(entry.expires_at)
    updated_us = to_microseconds(entry.updated_at)
    shown = RowShown(spec.epoch, row_id, entry.vector, expires_us, updated_us)
    return Written(True, [shown])

"""Transactions that writes share."""

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress

import pytest

from nearhit_server.core.errors import Reason, UnavailableError
from nearhit_server.stores.embedded import database as database_module
from nearhit_server.stores.embedded.connection import Durability, connect
from nearhit_server.stores.embedded.database import MAX_WRITES_PER_COMMIT, Database, Written

TABLES = """
    PRAGMA foreign_keys = ON;
    CREATE TABLE numbers_written (number INTEGER PRIMARY KEY);
    CREATE TABLE checked_at_commit (
        number INTEGER REFERENCES numbers_written (number) DEFERRABLE INITIALLY DEFERRED
    );
"""


class RecordingMirror:
    """Notes the changes it is given."""

    def __init__(self):
        self.applied = []
        self.refuses = None

    def prepare(self, connection, changes):
        if self.refuses in changes:
            raise MemoryError
        return changes

    def apply(self, changes):
        self.applied.extend(changes)


@pytest.fixture
def mirror():
    return RecordingMirror()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "database"


@pytest.fixture
async def database(path, mirror):
    with ThreadPoolExecutor(max_workers=1) as executor:
        connection = executor.submit(connect, path, Durability.NORMAL).result()
        database = Database(executor, connection, mirror)
        await database.read(lambda connection: connection.executescript(TABLES))
        yield database
        # A test may have closed it.
        with suppress(sqlite3.ProgrammingError):
            await database.close()


def writing(number):
    """A write that notes a number in the database and in the mirror."""

    def write(connection):
        connection.execute("INSERT INTO numbers_written VALUES (?)", (number,))
        return Written(f"wrote {number}", [number])

    return write


def breaking_the_commit(connection):
    connection.execute("INSERT INTO checked_at_commit VALUES (-1)")
    return Written(None, ["never"])


def numbers_written(connection):
    return [row[0] for row in connection.execute("SELECT number FROM numbers_written")]


async def statements_of(database):
    """Collects the statements that SQLite runs from now on."""
    statements = []
    await database.read(lambda connection: connection.set_trace_callback(statements.append))
    return statements


async def outcomes_of(database, *writes):
    return await asyncio.gather(*(database.write(w) for w in writes), return_exceptions=True)


async def test_concurrent_writes_share_commits(database):
    statements = await statements_of(database)
    outcomes = await outcomes_of(database, *(writing(n) for n in range(100)))
    assert outcomes == [f"wrote {n}" for n in range(100)]
    assert statements.count("COMMIT") <= 3


async def test_writes_that_come_during_a_commit_make_up_the_next(database):
    statements = await statements_of(database)
    loop = asyncio.get_running_loop()
    later = []

    def first(connection):
        for number in range(1, 50):
            loop.call_soon_threadsafe(
                lambda n=number: later.append(asyncio.create_task(database.write(writing(n))))
            )
        return Written(None)

    await database.write(first)
    await asyncio.gather(*later)
    assert statements.count("COMMIT") <= 4
    assert len(await database.read(numbers_written)) == 49


async def test_commit_takes_a_bounded_number_of_writes(database):
    statements = await statements_of(database)
    count = 2 * MAX_WRITES_PER_COMMIT + 1
    await outcomes_of(database, *(writing(n) for n in range(count)))
    assert statements.count("COMMIT") >= 3


async def test_read_gets_its_turn_between_commits(database):
    writes = asyncio.gather(*(database.write(writing(n)) for n in range(3 * MAX_WRITES_PER_COMMIT)))
    await asyncio.sleep(0)
    seen = await database.read(numbers_written)
    assert len(seen) < 3 * MAX_WRITES_PER_COMMIT
    await writes


async def test_failing_write_fails_alone(database, mirror):
    def failing(connection):
        connection.execute("INSERT INTO numbers_written VALUES (7)")
        raise KeyError("mine")

    outcomes = await outcomes_of(database, writing(1), failing, writing(2))
    assert outcomes[0] == "wrote 1"
    assert isinstance(outcomes[1], KeyError)
    assert outcomes[2] == "wrote 2"
    assert await database.read(numbers_written) == [1, 2]
    assert mirror.applied == [1, 2]


async def test_write_that_sqlite_refuses_fails_alone_and_by_our_name(database):
    outcomes = await outcomes_of(database, writing(1), writing(1), writing(2))
    assert isinstance(outcomes[1], UnavailableError)
    assert outcomes[1].reason is Reason.STORE_UNAVAILABLE
    assert isinstance(outcomes[1].__cause__, sqlite3.IntegrityError)
    assert await database.read(numbers_written) == [1, 2]


async def test_failing_commit_fails_every_write_and_changes_nothing(database, mirror):
    outcomes = await outcomes_of(database, writing(1), breaking_the_commit, writing(2))
    assert [type(outcome) for outcome in outcomes] == [UnavailableError] * 3
    assert len(set(map(id, outcomes))) == 3
    assert await database.read(numbers_written) == []
    assert mirror.applied == []
    assert await database.write(writing(3)) == "wrote 3"
    assert mirror.applied == [3]


async def test_mirror_without_room_fails_the_commit(database, mirror):
    mirror.refuses = 2
    outcomes = await outcomes_of(database, writing(1), writing(2))
    assert [type(outcome) for outcome in outcomes] == [MemoryError] * 2
    assert await database.read(numbers_written) == []
    assert mirror.applied == []


async def test_mirror_has_changed_when_the_write_returns(database, mirror):
    await database.write(writing(1))
    assert mirror.applied == [1]


async def test_full_disk_fails_writes_until_there_is_room(database, mirror):
    def blow_up(connection):
        connection.execute("CREATE TABLE large AS SELECT zeroblob(1000000)")
        return Written(None, ["large"])

    await database.read(lambda connection: connection.execute("PRAGMA max_page_count = 1"))
    outcomes = await outcomes_of(database, blow_up)
    assert "SQLITE_FULL" in outcomes[0].message
    assert mirror.applied == []
    await database.read(lambda connection: connection.execute("PRAGMA max_page_count = 9999"))
    assert await database.write(blow_up) is None


async def test_database_that_another_holds_fails_all_that_wait(database, path):
    await database.read(lambda connection: connection.execute("PRAGMA busy_timeout = 0"))
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        outcomes = await outcomes_of(database, writing(1), writing(2))
        assert [outcome.reason for outcome in outcomes] == [Reason.STORE_UNAVAILABLE] * 2
        other.execute("ROLLBACK")
    assert await database.write(writing(3)) == "wrote 3"


async def test_read_that_sqlite_refuses_fails_by_our_name(database):
    with pytest.raises(UnavailableError) as raised:
        await database.read(lambda connection: connection.execute("SELECT * FROM missing"))
    assert raised.value.reason is Reason.STORE_UNAVAILABLE
    assert "missing" not in raised.value.message


async def test_cancelled_write_disturbs_no_other(database):
    cancelled = asyncio.create_task(database.write(writing(1)))
    other = asyncio.create_task(database.write(writing(2)))
    await asyncio.sleep(0)
    cancelled.cancel()
    assert await other == "wrote 2"
    assert cancelled.cancelled() or cancelled.cancelling()


async def test_close_finishes_what_was_asked_for(database):
    writes = [asyncio.create_task(database.write(writing(n))) for n in range(10)]
    read = asyncio.create_task(database.read(numbers_written))
    await asyncio.sleep(0)
    await database.close()
    assert [await write for write in writes] == [f"wrote {n}" for n in range(10)]
    assert len(await read) in range(11)


async def test_reads_that_come_together_share_visits_and_fail_alone(database, monkeypatch):
    visits = []
    submit = database._executor.submit
    monkeypatch.setattr(
        database._executor, "submit", lambda *work: visits.append(work) or submit(*work)
    )
    *read, failed = await asyncio.gather(
        *(database.read(numbers_written) for _ in range(20)),
        database.read(lambda connection: connection.execute("no SQL")),
        return_exceptions=True,
    )
    assert read == [[]] * 20
    assert isinstance(failed, UnavailableError)
    assert len(visits) < 10


async def test_close_waits_for_reads_of_later_visits(database, monkeypatch):
    monkeypatch.setattr(database_module, "MAX_READING_SECONDS", 0.0)
    reads = [asyncio.create_task(database.read(numbers_written)) for _ in range(5)]
    await asyncio.sleep(0)
    await database.close()
    async with asyncio.timeout(10):
        assert await asyncio.gather(*reads) == [[]] * 5


async def test_call_after_close_raises(database):
    await database.close()
    for call in (database.read(numbers_written), database.write(writing(1))):
        with pytest.raises(UnavailableError) as raised:
            await call
        assert raised.value.reason is Reason.SHUTTING_DOWN

"""Batches of lines, and the places between them."""

import io

import pytest

from nearhit_server.cli import reading
from nearhit_server.cli.reading import Position, read_batches

BEGINNING = Position()
GOOD = b'{"prompt": "a", "response": "b"}\n'


def batches(content, start=BEGINNING, **options):
    stream = io.BytesIO(content)
    stream.seek(start.offset)
    return list(read_batches(stream, start, **options))


def test_no_batch_when_file_is_empty():
    assert batches(b"") == []


def test_batches_end_where_the_next_one_begins():
    content = GOOD * 5

    found = batches(content, batch_lines=2)

    size = len(GOOD)
    assert [batch.end for batch in found] == [
        Position(2 * size, 3),
        Position(4 * size, 5),
        Position(5 * size, 6),
    ]
    assert [list(batch.entries) for batch in found] == [[1, 2], [3, 4], [5]]


def test_reading_continues_with_the_same_lines_when_started_in_between():
    content = GOOD + b"bad\n" + GOOD * 3
    first, *rest = batches(content, batch_lines=2)

    assert batches(content, first.end, batch_lines=2) == rest


def test_line_numbers_count_blank_lines_when_there_are_some():
    (batch,) = batches(b"\n  \r\n" + GOOD + b"\nnonsense\n" + GOOD)

    assert list(batch.entries) == [3, 6]
    assert list(batch.bad_lines) == [5]


def test_last_line_is_read_when_it_has_no_end():
    (batch,) = batches(GOOD.strip())
    assert list(batch.entries) == [1]


def test_first_line_is_read_when_file_has_byte_order_mark_and_crlf():
    (batch,) = batches(b"\xef\xbb\xbf" + GOOD.replace(b"\n", b"\r\n"))
    assert list(batch.entries) == [1]


def test_batch_ends_early_when_its_lines_are_large(monkeypatch):
    monkeypatch.setattr(reading, "BATCH_BYTES", 2 * len(GOOD))
    assert [len(batch.entries) for batch in batches(GOOD * 5)] == [2, 2, 1]


@pytest.mark.parametrize("extra", [0, 1, 50, 1_000])
def test_line_is_bad_when_it_is_too_long(monkeypatch, extra):
    monkeypatch.setattr(reading, "MAX_LINE_BYTES", 100)
    long = b"x" * (100 + extra) + b"\n"
    content = long + GOOD

    (batch,) = batches(content)

    assert list(batch.bad_lines) == [1]
    assert list(batch.entries) == [2]
    assert batch.end == Position(len(content), 3)

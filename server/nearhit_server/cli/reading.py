"""Reads a JSON-lines file in batches, each of which knows where the next one begins."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO, Final

from nearhit import NewEntry
from nearhit_server.cli.jsonl import BadLineError, parse_line

BATCH_LINES: Final = 256
BATCH_BYTES: Final = 4 << 20
MAX_LINE_BYTES: Final = 24 << 20
"""A call carries 32 MiB; a longer line could only be refused."""

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Position:
    """Where in a file the next line begins. Line numbers count from 1."""

    offset: int = 0
    line_number: int = 1


@dataclass(frozen=True)
class Batch:
    """Some lines of a file: entries and bad lines, by line number, and where they end."""

    entries: Mapping[int, NewEntry]
    bad_lines: Mapping[int, str]
    end: Position


def read_batches(
    stream: BinaryIO, start: Position, *, batch_lines: int = BATCH_LINES
) -> Iterator[Batch]:
    """The lines from `start` on, where `stream` stands. Blank lines are left out.

    A line longer than MAX_LINE_BYTES is a bad line and is never in memory as a whole.
    """
    lines: dict[int, NewEntry | BadLineError] = {}
    begin = end = start
    while line := stream.readline(MAX_LINE_BYTES + 1):
        size = len(line) + _skip_rest(stream, line)
        outcome = _read_line(line, end.line_number)
        if outcome is not None:
            lines[end.line_number] = outcome
        end = Position(end.offset + size, end.line_number + 1)
        if len(lines) >= batch_lines or end.offset - begin.offset >= BATCH_BYTES:
            yield _batch(lines, end)
            lines, begin = {}, end
    if end != begin:
        yield _batch(lines, end)


def _batch(lines: Mapping[int, NewEntry | BadLineError], end: Position) -> Batch:
    return Batch(
        {number: line for number, line in lines.items() if isinstance(line, NewEntry)},
        {number: str(line) for number, line in lines.items() if isinstance(line, BadLineError)},
        end,
    )


def _read_line(line: bytes, number: int) -> NewEntry | BadLineError | None:
    """The entry, or what is wrong with the line, or None if it is blank."""
    if len(line) > MAX_LINE_BYTES:
        return BadLineError(f"longer than {MAX_LINE_BYTES >> 20} MiB")
    if number == 1:
        line = line.removeprefix(_BYTE_ORDER_MARK)
    if not line.strip():
        return None
    try:
        return parse_line(line)
    except BadLineError as error:
        return error


def _skip_rest(stream: BinaryIO, line: bytes) -> int:
    """Read what is left of a line that was too long for one read; how many bytes that took."""
    skipped = 0
    while len(line) > MAX_LINE_BYTES and not line.endswith(b"\n"):
        line = stream.readline(MAX_LINE_BYTES + 1)
        skipped += len(line)
    return skipped

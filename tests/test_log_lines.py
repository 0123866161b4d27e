"""Lines are gathered, kept in order, and no reason for anything to fail."""

import io

import pytest

from nearhit_server.log_lines import GatheredLines
from polling import until


class Writes(io.StringIO):
    """Counts how often it is written to."""

    count = 0

    def write(self, text):
        self.count += 1
        return super().write(text)


async def test_lines_of_a_moment_are_written_at_once():
    file = Writes()
    lines = GatheredLines(file)
    for number in range(100):
        lines.info(f"line {number}")
    assert file.getvalue() == ""
    await until(lambda: file.count == 1)
    assert file.getvalue().splitlines() == [f"line {number}" for number in range(100)]


async def test_warning_is_written_now_behind_what_came_before_it():
    file = Writes()
    lines = GatheredLines(file)
    lines.info("first")
    lines.warning("second")
    assert file.getvalue() == "first\nsecond\n"
    lines.info("third")
    await until(lambda: file.getvalue() == "first\nsecond\nthird\n")


async def test_lines_go_out_in_pieces_that_a_full_pipe_takes_whole():
    pieces = []

    class Pieces(io.StringIO):
        def write(self, text):
            pieces.append(text)
            return len(text)

    lines = GatheredLines(Pieces())
    for number in range(100):
        lines.info(f"{number} " + "x" * 500)
    lines.info("y" * 5_000)
    lines.warning("last")
    assert all(piece.endswith("\n") for piece in pieces)
    assert len("".join(pieces).splitlines()) == 102
    assert [len(piece) for piece in pieces if len(piece) > 4_096] == [5_001]
    assert len(pieces) < 20


def test_line_is_written_now_where_no_loop_runs():
    file = Writes()
    GatheredLines(file).info("only")
    assert file.getvalue() == "only\n"


@pytest.mark.parametrize("failure", [OSError("no space left on device"), ValueError("closed")])
def test_line_that_cannot_be_written_fails_nobody(failure):
    class Broken(io.StringIO):
        def write(self, text):
            raise failure

    GatheredLines(Broken()).error("lost")

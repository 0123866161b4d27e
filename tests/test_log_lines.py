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

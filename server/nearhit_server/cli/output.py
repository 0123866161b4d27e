"""Printing: results to standard output, everything else to standard error."""

import json
import re
import sys
from collections.abc import Mapping
from typing import Any, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from nearhit_server.cli.failures import fail

# What a terminal would obey rather than show. A stored response may hold anything.
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

_PIPE_WIDTH: Final = 160
"""Columns where there is no terminal to ask; rich would break lines at 80."""


def result_console() -> Console:
    """Standard output. Made anew each time, as tests and pipes replace sys.stdout."""
    return _console(stderr=False)


def notice_console() -> Console:
    """Standard error, for progress and notices."""
    return _console(stderr=True)


def print_json(value: Any) -> None:
    """One line of JSON, in UTF-8 whatever the terminal's encoding."""
    try:
        line = json_line(value)
    except ValueError:
        fail("the metadata of an entry hold a number out of range, which is no JSON")
    sys.stdout.flush()
    sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()


def json_line(value: Any) -> bytes:
    """`value` as a line of JSON. Raises ValueError if it holds an infinity."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False).encode() + b"\n"


def print_line(text: str, *, style: str = "") -> None:
    """A line of a result; long ones are left to the terminal to wrap."""
    result_console().print(Text(visible(text), style=style), soft_wrap=True)


def print_fields(fields: Mapping[str, str]) -> None:
    """Names and values, a pair a line, values aligned."""
    width = max(len(name) for name in fields) + 2
    console = result_console()
    for name, value in fields.items():
        label = Text(f"{name}:".ljust(width), style="dim")
        # Further lines of a value stand under its first.
        indented = visible(value).replace("\n", "\n" + " " * width)
        console.print(label + Text(indented), soft_wrap=True)


def print_table(table: Table) -> None:
    """A table, as wide as the terminal."""
    result_console().print(table)


def notice(text: str) -> None:
    """A remark to the person at the terminal, on standard error."""
    print_notice(notice_console(), text)


def print_notice(console: Console, text: str) -> None:
    """The same on a console that may be showing a progress bar."""
    console.print(Text(f"nearhit: {visible(text)}"), soft_wrap=True)


def visible(text: str) -> str:
    """`text` with its control characters written out, but for line ends and tabs."""
    return _CONTROL.sub(lambda match: match.group().encode("unicode_escape").decode(), text)


def counted(count: int, noun: str, plural: str = "") -> str:
    """`1 entry`, `2 entries`."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def _console(*, stderr: bool) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else _PIPE_WIDTH
    return Console(stderr=stderr, highlight=False, markup=False, emoji=False, width=width)

"""Lines of a file as labelled pairs, each with the number of the line that it ends on."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from nearhit_server.tuning.pairs import Pair, PairsError, checked_pair

Lines: TypeAlias = Iterable[tuple[int, str]]
"""Numbers of lines, and the lines without what ends them."""

RowReader: TypeAlias = Callable[[Lines], Iterator[Pair]]

LABEL_NAMES: Final = ("label", "equivalent", "is_duplicate", "verdict")
FIRST_NAMES: Final = ("prompt", "first", "prompt1", "question1", "sentence1")
SECOND_NAMES: Final = (
    *("other", "stored", "second", "entry_prompt", "prompt2", "question2", "sentence2"),
)
"""What the members of a pair may be called: the first of these that is there counts."""

_ROLES: Final = {"the label": LABEL_NAMES, "a prompt": FIRST_NAMES, "the other": SECOND_NAMES}


class RowError(PairsError):
    """A line that is no pair."""

    def __init__(self, line_number: int, problem: object) -> None:
        super().__init__(f"line {line_number:,}: {problem}")


def tsv_pairs(lines: Lines) -> Iterator[Pair]:
    """Label, prompt and prompt separated by tabs, or columns that the first line names. Quotes
    are characters like any other."""
    places: Sequence[int] = (0, 1, 2)
    width = 3
    for position, (number, line) in enumerate(_not_blank(lines)):
        cells = line.split("\t")
        if position == 0 and set(map(_name, cells)) & set(LABEL_NAMES):
            places, width = _places(number, cells), len(cells)
            continue
        yield _pair_of_cells(number, cells, places, width)


def csv_pairs(lines: Lines) -> Iterator[Pair]:
    """Columns that the first line names, separated by commas; quoted cells may hold anything."""
    numbers: list[int] = [1]
    rows = csv.reader(_noting(numbers, lines), strict=True)
    try:
        header = next((row for row in rows if row), None)
        if header is None:
            return
        places = _places(numbers[-1], header)
        for row in rows:
            if row:
                yield _pair_of_cells(numbers[-1], row, places, len(header))
    except csv.Error as error:
        raise RowError(numbers[-1], f"is no CSV: {error}") from None


def jsonl_pairs(lines: Lines) -> Iterator[Pair]:
    """A JSON object a line, with the names that columns may have."""
    for number, line in _not_blank(lines):
        try:
            fields = json.loads(line)
            # An escape can write half of a surrogate pair, which no model reads.
            json.dumps(fields, ensure_ascii=False).encode()
        except UnicodeError:
            raise RowError(number, "is not valid Unicode text") from None
        except (ValueError, RecursionError):
            raise RowError(number, "is no JSON") from None
        if not isinstance(fields, Mapping):
            raise RowError(number, "is no JSON object")
        names = [_found(number, wanted, role, fields) for role, wanted in _ROLES.items()]
        yield _pair(number, [fields[name] for name in names])


def _places(number: int, header: Sequence[str]) -> list[int]:
    """Where the label and the two prompts stand."""
    names = [_name(cell) for cell in header]
    return [names.index(_found(number, wanted, role, names)) for role, wanted in _ROLES.items()]


def _found(number: int, wanted: Sequence[str], role: str, names: Iterable[str]) -> str:
    there = set(names)
    for name in wanted:
        if name in there:
            return name
    raise RowError(number, f"has nothing for {role}: none of {', '.join(wanted)}")


def _pair_of_cells(number: int, cells: Sequence[str], places: Sequence[int], width: int) -> Pair:
    if len(cells) != width:
        raise RowError(number, f"columns: {len(cells)} instead of {width}")
    return _pair(number, [cells[place] for place in places])


def _pair(number: int, values: Sequence[Any]) -> Pair:
    try:
        return checked_pair(*values)
    except PairsError as error:
        raise RowError(number, error) from None


def _name(cell: str) -> str:
    return cell.strip().casefold()


def _not_blank(lines: Lines) -> Iterator[tuple[int, str]]:
    return ((number, line) for number, line in lines if line.strip())


def _noting(numbers: list[int], lines: Lines) -> Iterator[str]:
    """The lines with their ends; the number of the latest is in `numbers`."""
    for number, line in lines:
        numbers[:] = [number]
        yield f"{line}\n"

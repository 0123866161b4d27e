"""Files of labelled pairs."""

import gzip
import zlib
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import BinaryIO, Final, cast

from nearhit_server.tuning.pair_rows import RowReader, csv_pairs, jsonl_pairs, tsv_pairs
from nearhit_server.tuning.pairs import Pair, PairsError

MAX_PAIRS: Final = 1_000_000
MAX_LINE_BYTES: Final = 1 << 20
"""Two prompts of 8,192 characters take at most a tenth of it, however they are written."""

_READERS: Final[dict[str, RowReader]] = {
    ".tsv": tsv_pairs,
    ".csv": csv_pairs,
    ".jsonl": jsonl_pairs,
}
_GZIPPED: Final = ".gz"
_BYTE_ORDER_MARK: Final = "\ufeff"


def read_pairs(path: Path) -> list[Pair]:
    """The pairs of a .tsv, .csv or .jsonl file, which may be gzipped (.tsv.gz).

    Raises PairsError, whose message names the file and the line.
    """
    reader = _reader_of(path)
    pairs: list[Pair] = []
    try:
        with _opened(path) as stream:
            for pair in reader(_lines(stream)):
                if len(pairs) == MAX_PAIRS:
                    raise PairsError(f"holds more than {MAX_PAIRS:,} pairs; take a sample of them")
                pairs.append(pair)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise PairsError(f"{path}: is no gzip file, or a damaged one") from error
    except OSError as error:
        raise PairsError(f"{path}: {error.strerror}") from error
    except PairsError as error:
        raise PairsError(f"{path}: {error}") from None
    if not pairs:
        raise PairsError(f"{path}: holds no pairs")
    return pairs


def _reader_of(path: Path) -> RowReader:
    inner = path.with_suffix("") if path.suffix == _GZIPPED else path
    reader = _READERS.get(inner.suffix.lower())
    if reader is None:
        raise PairsError(f"{path}: ends in none of {', '.join(_READERS)}, with or without .gz")
    return reader


def _opened(path: Path) -> BinaryIO:
    if path.exists() and not path.is_file():
        raise PairsError("is no file")
    return cast(BinaryIO, gzip.open(path)) if path.suffix == _GZIPPED else path.open("rb")


def _lines(stream: BinaryIO) -> Iterator[tuple[int, str]]:
    for number in count(1):
        line = stream.readline(MAX_LINE_BYTES + 1)
        if not line:
            return
        if len(line) > MAX_LINE_BYTES:
            raise PairsError(f"line {number:,}: is longer than {MAX_LINE_BYTES >> 20} MiB")
        try:
            text = line.decode()
        except UnicodeDecodeError:
            raise PairsError(f"line {number:,}: is not valid UTF-8") from None
        yield number, text.removeprefix(_BYTE_ORDER_MARK if number == 1 else "").rstrip("\r\n")

"""The import itself: batch after batch, the place kept after each."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, BinaryIO, Self

from nearhit import NearhitError, Stored
from nearhit_server.cli import output
from nearhit_server.cli.progress import Bar
from nearhit_server.cli.reading import Batch, Position, read_batches
from nearhit_server.cli.resume import NoFitError, Sidecar
from nearhit_server.cli.storing import BatchStorer


@dataclass(frozen=True)
class Source:
    """What is imported. `size` in bytes is None for what cannot be read twice."""

    name: str
    stream: BinaryIO
    size: int | None


@dataclass(frozen=True)
class ImportProgress:
    """How far an import has come: every line before `line_number` is stored or skipped."""

    offset: int = 0
    line_number: int = 1
    imported: int = 0
    replaced: int = 0
    exact_only: int = 0
    skipped: int = 0

    @classmethod
    def restored(cls, saved: Mapping[str, Any]) -> Self:
        """What a sidecar kept. Raises NoFitError."""
        try:
            progress = cls(**saved)
        except TypeError:
            raise NoFitError("the saved place is of another version") from None
        numbers = asdict(progress).values()
        if not all(isinstance(number, int) and number >= 0 for number in numbers):
            raise NoFitError("the saved place makes no sense")
        return progress

    def after(
        self, batch: Batch, outcomes: Mapping[int, Stored | NearhitError]
    ) -> "ImportProgress":
        """The progress once a batch's lines have had their outcomes."""
        stored = [outcome for outcome in outcomes.values() if isinstance(outcome, Stored)]
        return ImportProgress(
            offset=batch.end.offset,
            line_number=batch.end.line_number,
            imported=self.imported + len(stored),
            replaced=self.replaced + sum(not each.created for each in stored),
            exact_only=self.exact_only + sum(each.exact_only_reason is not None for each in stored),
            skipped=self.skipped + len(batch.bad_lines) + len(outcomes) - len(stored),
        )


class ImportRun:
    """One run over a source, from `progress` on, where the stream stands."""

    def __init__(
        self,
        *,
        source: Source,
        storer: BatchStorer,
        sidecar: Sidecar | None,
        progress: ImportProgress,
    ) -> None:
        self._source = source
        self._storer = storer
        self._sidecar = sidecar
        self._progress = progress

    def to_the_end(self, bar: Bar) -> ImportProgress:
        """Import what is left. Raises NearhitError and OSError; the place is kept by then."""
        self._sidecar = self._writable_sidecar(bar)
        start = Position(self._progress.offset, self._progress.line_number)
        for batch in read_batches(self._source.stream, start):
            outcomes = self._storer.store(batch.entries)
            self._report(batch, outcomes, bar)
            self._progress = self._progress.after(batch, outcomes)
            self._keep_place(bar)
        if self._sidecar is not None:
            self._sidecar.remove()
        return self._progress

    def remark(self) -> str:
        """What to know after an interruption."""
        line = f"line {self._progress.line_number:,}"
        if self._sidecar is None:
            return f"everything before {line} is done"
        return f"the same command continues at {line}"

    def _writable_sidecar(self, bar: Bar) -> Sidecar | None:
        # Now rather than after the first batch: whoever counts on resuming should know.
        if self._sidecar is not None:
            try:
                self._sidecar.save(asdict(self._progress))
            except OSError as error:
                bar.notice(f"an interruption will begin anew: {error}")
                return None
        return self._sidecar

    def _report(
        self, batch: Batch, outcomes: Mapping[int, Stored | NearhitError], bar: Bar
    ) -> None:
        refused = {
            number: outcome.message
            for number, outcome in outcomes.items()
            if isinstance(outcome, NearhitError)
        }
        for number, message in sorted({**batch.bad_lines, **refused}.items()):
            bar.notice(f"{self._source.name}:{number}: {message}")

    def _keep_place(self, bar: Bar) -> None:
        if self._sidecar is not None:
            self._sidecar.save(asdict(self._progress))
        imported = output.counted(self._progress.imported, "entry", "entries")
        bar.show(self._progress.offset, imported)

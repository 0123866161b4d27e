"""The export itself: page after page, the place kept after each."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, BinaryIO, Final, Protocol, Self

from nearhit import Entry, EntryPage, ResourceExhaustedError
from nearhit_server.cli import output
from nearhit_server.cli.failures import fail
from nearhit_server.cli.jsonl import entry_record
from nearhit_server.cli.progress import Bar
from nearhit_server.cli.resume import NoFitError, Sidecar

PAGE_ENTRIES: Final = 500
PAGE_TIMEOUT_SECONDS: Final = 30.0


class ListsEntries(Protocol):
    """The part of nearhit.Client that an export needs."""

    def list_entries_page(
        self, page_token: str, *, page_size: int, with_vectors: bool, timeout: float
    ) -> EntryPage: ...


@dataclass(frozen=True)
class ExportProgress:
    """How far an export has come: the next page, and what was written before it."""

    page_token: str = ""
    size_bytes: int = 0
    exported: int = 0

    @classmethod
    def restored(cls, saved: Mapping[str, Any]) -> Self:
        """What a sidecar kept. Raises NoFitError."""
        match saved:
            case {"page_token": str(token), "size_bytes": int(size), "exported": int(exported)}:
                return cls(token, size, exported)
        raise NoFitError("the saved place is of another version")


class ExportRun:
    """One run into a file, from `progress` on, where the file stands."""

    def __init__(
        self,
        *,
        client: ListsEntries,
        file: BinaryIO,
        with_vectors: bool,
        timeout_seconds: float,
        sidecar: Sidecar | None,
        progress: ExportProgress,
    ) -> None:
        self._client = client
        self._file = file
        self._with_vectors = with_vectors
        self._timeout_seconds = timeout_seconds
        self._sidecar = sidecar
        self._progress = progress
        self._page_entries = PAGE_ENTRIES

    def to_the_end(self, bar: Bar) -> ExportProgress:
        """Write what is left. Raises NearhitError and OSError; the place is kept by then."""
        while True:
            page = self._next_page()
            lines = b"".join(_line(entry) for entry in page)
            self._file.write(lines)
            # Before the sidecar speaks of them.
            self._file.flush()
            self._progress = ExportProgress(
                page.next_page_token,
                self._progress.size_bytes + len(lines),
                self._progress.exported + len(page.entries),
            )
            bar.show(self._progress.exported, f"{self._progress.exported:,} entries")
            if not page.next_page_token:
                return self._progress
            if self._sidecar is not None:
                self._sidecar.save(asdict(self._progress))

    def remark(self) -> str:
        """What to know after an interruption."""
        exported = output.counted(self._progress.exported, "entry", "entries")
        if self._sidecar is None or not self._progress.page_token:
            return f"{exported} written"
        return f"{exported} written, the same command continues"

    def _next_page(self) -> EntryPage:
        while True:
            try:
                return self._client.list_entries_page(
                    self._progress.page_token,
                    page_size=self._page_entries,
                    with_vectors=self._with_vectors,
                    timeout=self._timeout_seconds,
                )
            except ResourceExhaustedError as error:
                # Responses of a megabyte each do not travel by the hundred.
                if error.reason != "RESPONSE_TOO_LARGE" or self._page_entries == 1:
                    raise
                self._page_entries = max(1, self._page_entries // 4)


def _line(entry: Entry) -> bytes:
    try:
        return output.json_line(entry_record(entry))
    except ValueError:
        # Left out it would be lost at the next flush, with nobody the wiser.
        fail(
            f"the metadata of entry {entry.entry_id} hold a number out of range, which cannot "
            "be exported; delete the entry or update it, and run the same command again"
        )

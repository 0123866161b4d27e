"""Writing log lines, those of the day's work several at a time."""

import asyncio
import atexit
from collections import deque
from contextlib import suppress
from typing import Final, TextIO

_GATHER_SECONDS: Final = 0.05

_WHOLE_BYTES: Final = 4_096
"""What a full pipe takes in one piece (PIPE_BUF): of more, workers that share one would write into
each other's lines. Letters beyond ASCII, which have more bytes, hardly ever come in lines."""


class GatheredLines:
    """A structlog logger that writes to a file; each method takes a finished line.

    What is worth a warning is written at once. Other lines, one for each call, wait a moment for
    more of them where an event loop runs: each write lets go of the interpreter, and getting it
    back costs more than all else about a line. A process that is killed loses that moment.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file
        # Threads may add to it and take from it as they please.
        self._lines: deque[str] = deque()
        self._flushing: asyncio.TimerHandle | None = None
        atexit.register(self.flush)

    def info(self, line: str) -> None:
        """Write the line soon."""
        self._lines.append(line)
        if self._flushing is not None:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.flush()
        else:
            self._flushing = loop.call_later(_GATHER_SECONDS, self.flush)

    debug = info

    def warning(self, line: str) -> None:
        """Write the line, and those that came before it, now."""
        self._lines.append(line)
        self.flush()

    error = critical = exception = warning

    def flush(self) -> None:
        """Write what has been gathered."""
        self._flushing = None
        text = ""
        while self._lines:
            # Another thread may have been quicker.
            with suppress(IndexError):
                line = self._lines.popleft() + "\n"
                if text and len(text) + len(line) > _WHOLE_BYTES:
                    self._write(text)
                    text = ""
                text += line
        self._write(text)

    def _write(self, text: str) -> None:
        # Nobody reads the log, or the disk is full; neither is a reason to fail a call.
        with suppress(OSError, ValueError):
            self._file.write(text)
            self._file.flush()

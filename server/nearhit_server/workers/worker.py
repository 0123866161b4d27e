"""A worker, as its parent sees it."""

import asyncio
import multiprocessing
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any, Final

from nearhit_server.workers.messages import CannotStart, Serving

COMMAND: Final = (sys.executable, "-P", "-m", "nearhit_server.workers")
"""What runs a worker; -P: with nothing from the folder that it happens to be started in."""


class Worker:
    """A process that serves, until it is told to stop or its parent has gone.

    It is a new program and no fork: a fork would take along threads' locks without the threads,
    and a worker that is started after a year would differ from the first ones by whatever the
    parent has become. What joins them is a pair of sockets. The worker gets its settings there and
    says when it serves; the end of either process is an end of file for the other.
    """

    def __init__(
        self,
        settings: Mapping[str, Any],
        *,
        environment: Mapping[str, str],
        command: Sequence[str] = COMMAND,
    ) -> None:
        """Start it. `settings` are those of Settings, `environment` all its variables."""
        loop = asyncio.get_running_loop()
        self.serving: asyncio.Future[str | None] = loop.create_future()
        """The ready line, or None if the worker has ended without."""
        self.ended: asyncio.Future[int] = loop.create_future()
        """The exit status; less than zero: the signal that ended it."""
        self.reason: str | None = None
        """Why it could not start, if it has said so."""
        self._connection, theirs = multiprocessing.Pipe()
        with theirs:
            self._process = _start([*command, str(theirs.fileno())], theirs, environment)
        loop.add_reader(self._connection.fileno(), self._receive)
        # A worker that is dead already has nobody's ear; its end is noticed like any other.
        with suppress(OSError):
            self._connection.send(dict(settings))

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self._process.pid

    def drain(self) -> None:
        """Let it finish the calls in hand. Again: nothing more happens."""
        self._process.send_signal(signal.SIGTERM)

    def stop_at_once(self) -> None:
        """Let it cut off the calls in hand."""
        self._process.send_signal(signal.SIGUSR1)

    def kill(self) -> None:
        """End it, whatever it does."""
        self._process.kill()

    def _receive(self) -> None:
        try:
            message = self._connection.recv()
        except (EOFError, OSError):
            self._end()
            return
        match message:
            case Serving(ready_line=line):
                self.serving.set_result(line)
            case CannotStart(reason=reason):
                self.reason = reason

    def _end(self) -> None:
        asyncio.get_running_loop().remove_reader(self._connection.fileno())
        self._connection.close()
        # It does not take long: a process closes its files as the last thing but this.
        status = self._process.wait()
        if not self.serving.done():
            self.serving.set_result(None)
        self.ended.set_result(status)


def _start(
    command: Sequence[str], connection: Connection, environment: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    # Ctrl-C goes to the whole process group, and is for the parent alone. The worker begins with
    # it held back, and ignores it before it lets it through.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        return subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            pass_fds=(connection.fileno(),),
        )
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})

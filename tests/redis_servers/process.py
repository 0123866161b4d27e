"""A process of Redis with a folder of its own, to be killed, paused and started again."""

import signal
import subprocess
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from redis.exceptions import RedisError

from redis_servers.binaries import redis_binary, redis_environment

# Loading takes Redis as long as indexing did: half a second for 1,000 vectors.
START_SECONDS = 60


class PortTakenError(Exception):
    """Somebody else listens on the port."""


class RedisProcess:
    """One process at a time, always with the same configuration and folder."""

    def __init__(self, binary: str, folder: Path, config: Iterable[str]) -> None:
        self._binary = redis_binary(binary)
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        self._config = folder / f"{binary}.conf"
        self._log = folder / f"{binary}.log"
        lines = [*config, f"dir {folder}", f"logfile {self._log}", "loglevel warning"]
        self._config.write_text("\n".join(lines) + "\n")
        self._output = folder / f"{binary}.output"
        for path in (self._log, self._output):
            path.unlink(missing_ok=True)

    def start(self, is_ready: Callable[[int], bool]) -> None:
        """Start it and return once `is_ready` says so of the process id.

        `is_ready` may raise Redis errors while it is not. Raises PortTakenError.
        """
        assert self._process is None, "it is running already"
        with self._output.open("ab") as output:
            self._process = subprocess.Popen(
                [self._binary, self._config],
                cwd=self._folder,
                env=redis_environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        try:
            self._wait_until(is_ready)
        except BaseException:
            self.kill()
            raise

    @property
    def is_running(self) -> bool:
        """Whether it was started and not ended since."""
        return self._process is not None

    def kill(self) -> None:
        """End it as a crash would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it in an orderly way, as at the machine's shutdown."""
        self._end(signal.SIGTERM)

    def pause(self) -> None:
        """Let it hang: connections stay open, nothing is answered."""
        self._send(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on after `pause`."""
        self._send(signal.SIGCONT)

    def said(self) -> str:
        """All it has logged and printed."""
        paths = (self._log, self._output)
        return "".join(path.read_text(errors="replace") for path in paths if path.exists())

    def _wait_until(self, is_ready: Callable[[int], bool]) -> None:
        process = self._process
        assert process is not None
        deadline = time.monotonic() + START_SECONDS
        while not _is_true(lambda: is_ready(process.pid)):
            assert time.monotonic() < deadline, f"{self._binary.name} is not ready: {self.said()}"
            try:
                # Returns at once if it has ended.
                process.wait(0.01)
            except subprocess.TimeoutExpired:
                continue
            if "Address already in use" in self.said():
                raise PortTakenError
            raise AssertionError(f"{self._binary.name} did not start: {self.said()}")

    def _send(self, number: signal.Signals) -> None:
        assert self._process is not None, "it is not running"
        self._process.send_signal(number)

    def _end(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        self._send(number)
        self._send(signal.SIGCONT)
        self._process.wait(START_SECONDS)
        self._process = None


def _is_true(condition: Callable[[], bool]) -> bool:
    try:
        return condition()
    except (RedisError, OSError):
        return False


def wait_for(condition: Callable[[], bool], what: str, seconds: float = START_SECONDS) -> None:
    """Ask until `condition` holds; Redis errors count as not yet."""
    deadline = time.monotonic() + seconds
    while not _is_true(condition):
        assert time.monotonic() < deadline, f"not within {seconds} seconds: {what}"
        # Redis tells nobody when its cluster or replication changes, so it is polled.
        time.sleep(0.02)

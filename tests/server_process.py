"""A server in a process of its own, as people run it, to be killed and started again."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

COMMAND = (sys.executable, "-m", "nearhit_server", "serve")


class ServerProcess:
    """A started server; `address` is where it listens for gRPC."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        assert process.stdout is not None
        ready = process.stdout.readline()
        assert ready.startswith("nearhit ready grpc="), f"no ready line but {ready!r}"
        self.address = ready.split("grpc=")[1].split()[0]
        self.http_address = ready.split("http=")[1].split()[0]
        self.pid = process.pid

    def send(self, number: signal.Signals) -> None:
        """Send a signal."""
        self._process.send_signal(number)

    def wait(self) -> int:
        """The exit status, once the process has ended."""
        return self._process.wait(30)

    def kill(self) -> None:
        """End it as a crash would, with nothing tidied up."""
        self.send(signal.SIGKILL)
        self.wait()


@contextmanager
def server_process(data_dir: Path, *flags: str) -> Iterator[ServerProcess]:
    """Start a server on free ports; it is killed on the way out if it still runs."""
    ports = ("--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0")
    command = [*COMMAND, *ports, "--data-dir", str(data_dir), *flags]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            yield ServerProcess(process)
        finally:
            process.kill()


def failed_start(*flags: str, **environment: str) -> str:
    """What `nearhit serve` prints when it cannot start, which has to be one sentence."""
    ended = subprocess.run(
        [*COMMAND, *flags],
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | environment,
        check=False,
    )
    assert ended.returncode == 1, ended
    assert ended.stdout == ""
    lines = [line for line in ended.stderr.splitlines() if line.startswith("nearhit: ")]
    assert "Traceback" not in ended.stderr
    assert len(lines) == 1, ended.stderr
    return lines[0]

"""The command as a process of its own: start-up, signals, pipes, terminals."""

import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
from contextlib import suppress

import pytest

import nearhit

COMMAND = [sys.executable, "-m", "nearhit_server"]
ENOUGH_SECONDS = 120.0
HEAVY = ("torch", "sentence_transformers", "transformers", "numpy")


@pytest.fixture
def variables(environment):
    return {**os.environ, **environment}


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["search", "--help"], ["serve", "--help"], ["search", "x"], ["health"]],
)
def test_heavy_libraries_are_not_loaded_when_a_client_command_runs(arguments):
    script = f"""
import sys
from nearhit_server.cli import app
try:
    app({arguments!r})
finally:
    sys.stderr.write(",".join(name for name in {HEAVY!r} if name in sys.modules))
"""
    with nobody_listening() as target:
        environment = {**os.environ, "NEARHIT_TARGET": target}
        done = subprocess.run(
            [sys.executable, "-c", script], env=environment, capture_output=True, text=True
        )
    loaded = done.stderr.splitlines()[-1] if done.stderr else ""
    assert not set(loaded.split(",")) & set(HEAVY)


def test_version_is_printed():
    done = subprocess.run([*COMMAND, "--version"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, f"nearhit {nearhit.__version__}\n")


@pytest.mark.parametrize("arguments", [["search", "x"], ["demo"], ["caches", "list"], ["health"]])
def test_command_says_how_to_start_a_server_when_none_answers(arguments):
    with nobody_listening() as target:
        done = subprocess.run(
            [*COMMAND, *arguments, "--target", target], capture_output=True, text=True
        )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (
        f"nearhit: no server answers at {target}; "
        "start one with `nearhit serve`, or name another with --target\n"
    )


def interrupt(process):
    # Python drops an interrupt that lands in a destructor; people press the keys again then.
    for _ in range(3):
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
            return


@pytest.mark.usefixtures("client")
def test_command_exits_130_quietly_when_interrupted(variables):
    with subprocess.Popen(
        [*COMMAND, "import", "-"],
        env=variables,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        # Its complaint shows that a batch is done and that it waits for more lines.
        process.stdin.write("nonsense\n" * 256)
        process.stdin.flush()
        assert process.stderr.readline().startswith("nearhit: standard input:1: not JSON")
        for _ in range(255):
            process.stderr.readline()
        interrupt(process)
        output, complaints = process.communicate(timeout=ENOUGH_SECONDS)

    assert process.returncode == 130, complaints
    assert output == ""
    assert re.fullmatch(r"nearhit: everything before line (1|257) is done\n", complaints)


def test_output_is_plain_when_it_is_no_terminal(client, variables):
    client.store("p", "r")

    for arguments in (["search", "p"], ["caches", "list"], ["demo"], ["export"]):
        done = subprocess.run([*COMMAND, *arguments], env=variables, capture_output=True)
        assert done.returncode == 0
        assert b"\x1b" not in done.stdout
        assert done.stderr == b""


@pytest.mark.parametrize(
    "arguments", [["--help"], ["search", "p"], ["search", "p", "--json"], ["export"], ["demo"]]
)
def test_command_ends_with_one_sentence_when_output_cannot_be_written(client, variables, arguments):
    client.store("p", "r")

    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [*COMMAND, *arguments], env=variables, stdout=full, stderr=subprocess.PIPE, text=True
        )

    assert (done.returncode, done.stderr) == (1, "nearhit: output: No space left on device\n")


@pytest.mark.parametrize("arguments", [["export"], ["caches", "list"], ["search", "p"]])
def test_command_ends_quietly_when_the_reader_has_gone(client, variables, arguments):
    client.store("p", "r")
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [*COMMAND, *arguments], env=variables, stdout=writing, stderr=subprocess.PIPE, text=True
        )
    finally:
        os.close(writing)

    assert (done.returncode, done.stderr) == (1, "")


def test_json_is_utf8_when_the_terminal_is_not(client, variables):
    client.store("p", "😀")

    done = subprocess.run(
        [*COMMAND, "search", "p", "--json"],
        env={**variables, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
    )

    assert json.loads(done.stdout)["matches"][0]["entry"]["response"] == "😀"


@pytest.mark.parametrize(("answer", "left", "status"), [("n", 1, 1), ("y", 0, 0)])
def test_flush_asks_when_there_is_a_terminal(client, variables, answer, left, status):
    client.store("p", "r")
    keyboard, terminal = pty.openpty()
    try:
        os.write(keyboard, f"{answer}\n".encode())
        done = subprocess.run(
            [*COMMAND, "flush"], env=variables, stdin=terminal, capture_output=True, text=True
        )
    finally:
        os.close(keyboard)
        os.close(terminal)

    assert "Remove every entry of cache" in done.stderr
    assert done.returncode == status
    assert client.get_cache().entry_count == left


@pytest.mark.parametrize("colour", [True, False])
def test_demo_is_coloured_on_a_terminal_unless_no_color_is_set(variables, client, colour):
    screen, terminal = pty.openpty()
    environment = {**variables, "TERM": "xterm-256color"} | ({} if colour else {"NO_COLOR": "1"})
    with subprocess.Popen([*COMMAND, "demo"], env=environment, stdout=terminal) as process:
        os.close(terminal)
        shown = read_all(screen)
        assert process.wait(ENOUGH_SECONDS) == 0
    assert ("\x1b[1;32mHIT exact" in shown) == colour


def read_all(descriptor):
    chunks = []
    try:
        while chunk := os.read(descriptor, 65_536):
            chunks.append(chunk)
    except OSError:  # How Linux says that the other side is closed.
        pass
    finally:
        os.close(descriptor)
    return b"".join(chunks).decode()


class nobody_listening:  # noqa: N801
    """The address of a port that is bound and not listened at, so that nobody else gets it."""

    def __enter__(self):
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{self.socket.getsockname()[1]}"

    def __exit__(self, *error):
        self.socket.close()

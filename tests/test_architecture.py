"""Draws the arrows of the design from the imports, and fails on a new one."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

ALLOWED = {
    "core": {"core"},
    "api": {"api", "core", "nearhit.v1"},
    "stores": {"stores", "core"},
    "rate_limits": {"rate_limits", "core"},
    "memory": set(),
    "event_loop": set(),
    "encoders": {"encoders", "core"},
    "telemetry": {"telemetry", "core"},
    "certificates": {"certificates"},
    "exposure": {"settings"},
    "settings": {"settings"},
    "clocks": set(),
    "logs": {"log_lines", "settings"},
    "log_lines": set(),
    "lifecycle": set(),
    "servers": {"api", "core"},
    "health_watch": {"core"},
    # The composition root: the one place that knows the adapters.
    "app": {
        *("api", "app", "core", "encoders", "rate_limits", "stores", "telemetry"),
        *("certificates", "clocks", "exposure", "health_watch", "lifecycle", "memory"),
        *("servers", "settings", "tuning"),
    },
    # Processes around the application, and the one that keeps them running.
    "workers": {
        "api",
        "app",
        "event_loop",
        "lifecycle",
        "logs",
        "settings",
        "telemetry",
        "workers",
    },
    "bench": {"bench", "memory", "nearhit", "nearhit.v1"},
    "tuning": {"tuning", "core"},
    # A client like any other, but for `serve`.
    "cli": {
        *("app", "bench", "cli", "event_loop", "logs", "nearhit", "settings", "tuning"),
        "workers",
    },
    "__main__": {"cli"},
    "__init__": set(),
}
"""Room of the server to the rooms it may import."""

CORE_THIRD_PARTY = {"numpy", "structlog"}
"""The core does no I/O of its own: arrays and log lines are all it takes from outside."""

CLIENT_THIRD_PARTY = {"google", "grpc", "grpc_status"}
"""What `pip install nearhit` brings."""

INTEGRATION_THIRD_PARTY = {"langchain": {"langchain_core"}}
"""What the extra of an integration brings beyond that, for it alone."""


def imports_of(path: Path) -> Iterator[str]:
    """Every module that a file imports, also inside functions."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import hides where its arrow ends"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def sources(folder: str) -> list[Path]:
    return sorted(
        path for path in (ROOT / folder).rglob("*.py") if not path.stem.endswith(("_pb2", "_grpc"))
    )


def room_of(path: Path) -> str:
    return path.relative_to(ROOT / "server/nearhit_server").parts[0].removesuffix(".py")


def target_of(module: str) -> str | None:
    """The room, or part of the client, that an imported module belongs to."""
    match module.split("."):
        case ["nearhit_server", room, *_]:
            return room
        case ["nearhit", "v1", *_]:
            return "nearhit.v1"
        case ["nearhit", *_]:
            return "nearhit"
    return None


@pytest.mark.parametrize("path", sources("server/nearhit_server"), ids=lambda p: str(p.name))
def test_server_file_imports_only_the_rooms_it_may(path):
    allowed = ALLOWED[room_of(path)]
    targets = {target_of(module) for module in imports_of(path)} - {None}
    assert targets <= allowed


def third_party(module: str) -> str | None:
    name = module.split(".")[0]
    own = name in ("nearhit", "nearhit_server") or name in sys.stdlib_module_names
    return None if own else name


@pytest.mark.parametrize("path", sources("server/nearhit_server/core"), ids=lambda p: p.name)
def test_core_file_imports_no_input_or_output(path):
    assert {third_party(m) for m in imports_of(path)} - {None} <= CORE_THIRD_PARTY
    standard = {module.split(".")[0] for module in imports_of(path)}
    assert not standard & {"sqlite3", "socket", "subprocess", "pathlib", "os", "threading"}


def integration_of(path: Path) -> str | None:
    """The integration that a file of the client belongs to."""
    match path.relative_to(ROOT / "client/nearhit").parts:
        case ["integrations", name, *_]:
            return name.removesuffix(".py")
    return None


@pytest.mark.parametrize("path", sources("client/nearhit"), ids=lambda p: p.name)
def test_client_file_imports_only_what_a_plain_install_brings(path):
    own = INTEGRATION_THIRD_PARTY.get(integration_of(path), set())
    assert {third_party(m) for m in imports_of(path)} - {None} <= CLIENT_THIRD_PARTY | own
    assert not any(module.startswith("nearhit_server") for module in imports_of(path))


def test_every_room_has_its_arrows_named():
    rooms = {room_of(path) for path in sources("server/nearhit_server")}
    assert rooms == set(ALLOWED)


def test_no_file_is_much_longer_than_one_idea():
    long = {
        str(path.relative_to(ROOT)): lines
        for folder in ("client", "server", "tests")
        for path in sources(folder)
        if (lines := len(path.read_text().splitlines())) > 300
    }
    assert not long

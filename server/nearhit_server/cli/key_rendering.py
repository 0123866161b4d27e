"""API keys as JSON objects and as a table for people. Pure."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from rich.table import Table
from rich.text import Text

from nearhit import ApiKey
from nearhit_server.cli import output


def key_record(key: ApiKey) -> dict[str, Any]:
    """What is known of a key; what is not set is null."""
    return {
        "key_id": key.key_id,
        "display_name": key.display_name,
        "scopes": [scope.value for scope in key.scopes],
        "caches": list(key.caches),
        "namespaces": list(key.namespaces),
        "created_at": key.created_at.isoformat(),
        "expires_at": _time(key.expires_at),
        "revoked_at": _time(key.revoked_at),
    }


def key_table(found: Iterable[ApiKey], *, now: datetime) -> Table:
    """Keys, a line each, with what has become of them by `now`."""
    titles = ("key", "name", "scopes", "caches", "namespaces", "state")
    table = Table(*titles, box=None, pad_edge=False)
    for key in found:
        row = (
            key.key_id,
            key.display_name,
            ", ".join(scope.value for scope in key.scopes),
            _names(key.caches),
            _names(key.namespaces),
            _state(key, now),
        )
        table.add_row(*(Text(output.visible(cell)) for cell in row))
    return table


def _names(names: Iterable[str]) -> str:
    # The empty name would not be seen.
    return ", ".join(name or "''" for name in names) or "none"


def _state(key: ApiKey, now: datetime) -> str:
    if key.revoked_at is not None:
        return f"revoked {_minute(key.revoked_at)}"
    if key.expires_at is None:
        return "good"
    return f"{'expired' if key.expires_at <= now else 'good until'} {_minute(key.expires_at)}"


def _minute(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M} UTC"


def _time(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()

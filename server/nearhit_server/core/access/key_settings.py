"""What an administrator of keys can ask for, and whether it is possible."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from nearhit_server.core import limits
from nearhit_server.core.access.callers import ALL, Scope
from nearhit_server.core.access.secrets import KEY_ID
from nearhit_server.core.validation import Violations, check_text, invalid

MAX_DISPLAY_NAME_CHARACTERS: Final = 200
MAX_NAMES: Final = 1_000
MAX_GRACE_PERIOD: Final = timedelta(days=30)

_CACHE: Final = re.compile(rf"{limits.CACHE_ID.pattern}|{re.escape(ALL)}")
# The empty one is that of the vectors which the server computes itself.
_NAMESPACE: Final = re.compile(rf"({limits.NAMESPACE.pattern})?|{re.escape(ALL)}")


@dataclass(frozen=True, kw_only=True)
class NewKey:
    """What a key shall allow. `caches` and `namespaces` are names, or ALL among them;
    `expires_at` None is never."""

    display_name: str
    scopes: tuple[Scope, ...]
    caches: tuple[str, ...]
    namespaces: tuple[str, ...]
    expires_at: datetime | None


def check_new_key(new: NewKey, *, now: datetime) -> None:
    """Raise InvalidArgumentError unless there can be such a key."""
    violations = Violations()
    violations.check(
        "display_name",
        len(new.display_name) <= MAX_DISPLAY_NAME_CHARACTERS,
        f"has {len(new.display_name)} characters, more than {MAX_DISPLAY_NAME_CHARACTERS}",
    )
    check_text(violations, "display_name", new.display_name)
    violations.check("scopes", bool(new.scopes), "names no scope")
    violations.check("scopes", len(set(new.scopes)) == len(new.scopes), "names a scope twice")
    _check_names(violations, "caches", new.caches, _CACHE)
    _check_names(violations, "namespaces", new.namespaces, _NAMESPACE)
    if new.expires_at is not None:
        violations.check("expire_time", new.expires_at > now, "does not lie ahead")
    violations.raise_if_any()


def check_grace_period(grace_period: timedelta) -> None:
    """Refuse a grace period that is negative or too long."""
    if not timedelta() <= grace_period <= MAX_GRACE_PERIOD:
        raise invalid("grace_period", f"is not between 0 and {MAX_GRACE_PERIOD.days} days")


def check_key_id(key_id: str, *, field: str = "key_id") -> None:
    """Refuse what no key can be called."""
    if not KEY_ID.fullmatch(key_id):
        raise invalid(field, f"does not match {KEY_ID.pattern}")


def _check_names(
    violations: Violations, field: str, names: Collection[str], pattern: re.Pattern[str]
) -> None:
    if len(names) > MAX_NAMES:
        violations.add(field, f"has {len(names)} names, more than {MAX_NAMES}")
        return
    for index, name in enumerate(names):
        violations.check(
            f"{field}[{index}]",
            pattern.fullmatch(name) is not None,
            f"{name[:80]!r} does not match {pattern.pattern}",
        )

"""What a call needs, and whether its caller may."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Final, Self

from nearhit_server.core.errors import PermissionDeniedError

ALL: Final = "*"
"""Stands for every name."""


class Scope(Enum):
    """Something that a key allows."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


@dataclass(frozen=True)
class Grant:
    """Names of caches, or of embedding namespaces, that may be touched; `ALL` for every one."""

    names: frozenset[str] = frozenset()

    @classmethod
    def of(cls, names: Iterable[str]) -> Self:
        """The grant of some names."""
        return cls(frozenset(names))

    def covers(self, name: str) -> bool:
        """Whether `name` may be touched."""
        return ALL in self.names or name in self.names

    def includes(self, other: "Grant") -> bool:
        """Whether everything that `other` allows is allowed here too."""
        return ALL in self.names or other.names <= self.names


EVERYTHING: Final = Grant.of([ALL])


@dataclass(frozen=True, kw_only=True)
class Access:
    """What a call needs: any one of `scopes`, and the cache or namespace that it touches, None
    if it touches none in particular. `cost` is how many calls it counts as."""

    scopes: tuple[Scope, ...]
    cache: str | None = None
    namespace: str | None = None
    cost: int = 1


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Somebody who has been told apart from others by a key; `key_id` "" stands for everybody
    on a server that asks for no keys."""

    key_id: str
    scopes: frozenset[Scope]
    caches: Grant
    namespaces: Grant

    def check(self, access: Access) -> None:
        """Raise PermissionDeniedError unless the caller may.

        The answer is the same for what does not exist and for what is forbidden, so that nobody
        learns the names of caches that are not theirs.
        """
        allowed = (
            not self.scopes.isdisjoint(access.scopes)
            and (access.cache is None or self.caches.covers(access.cache))
            and (access.namespace is None or self.namespaces.covers(access.namespace))
        )
        if not allowed:
            raise PermissionDeniedError


ANYBODY: Final = Caller(
    key_id="", scopes=frozenset(Scope), caches=EVERYTHING, namespaces=EVERYTHING
)
"""Every caller of a server that asks for no keys."""

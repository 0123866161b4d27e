"""API keys as they are kept: what they allow, and a hash of their secret."""

from dataclasses import dataclass
from datetime import datetime

from nearhit_server.core.access.callers import Caller, Grant, Scope


@dataclass(frozen=True)
class SecretHash:
    """SHA-256 of a whole secret, lowercase hexadecimal, and until when it is good."""

    digest: str
    expires_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class ApiKey:
    """A key. `version` counts its changes; `secrets` has the newest first."""

    key_id: str
    display_name: str
    scopes: frozenset[Scope]
    caches: Grant
    namespaces: Grant
    secrets: tuple[SecretHash, ...]
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    version: int = 1

    @property
    def caller(self) -> Caller:
        """Who presents this key."""
        return Caller(
            key_id=self.key_id,
            scopes=self.scopes,
            caches=self.caches,
            namespaces=self.namespaces,
        )

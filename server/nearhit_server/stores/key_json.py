"""An API key as JSON text.

Reading is lenient, as with a cache's settings: fields that are missing take their defaults and
unknown ones are ignored. What is missing, or not understood, never allows more.
"""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from nearhit_server.core.access.callers import Grant, Scope
from nearhit_server.core.access.keys import ApiKey, SecretHash


def key_to_json(key: ApiKey) -> str:
    """The key without `key_id`, which stores keep apart."""
    return json.dumps(
        {
            "version": key.version,
            "display_name": key.display_name,
            "scopes": sorted(scope.value for scope in key.scopes),
            "caches": sorted(key.caches.names),
            "namespaces": sorted(key.namespaces.names),
            "secrets": [
                {"sha256": secret.digest, "expires_at": _optional_text(secret.expires_at)}
                for secret in key.secrets
            ],
            "created_at": key.created_at.isoformat(),
            "expires_at": _optional_text(key.expires_at),
            "revoked_at": _optional_text(key.revoked_at),
        }
    )


def key_from_json(text: str | bytes, *, key_id: str) -> ApiKey:
    """The reverse of `key_to_json`. Raises ValueError for what is not a key."""
    fields = json.loads(text)
    try:
        return ApiKey(
            key_id=key_id,
            version=fields["version"],
            display_name=fields.get("display_name", ""),
            scopes=_scopes(fields.get("scopes", ())),
            caches=Grant.of(fields.get("caches", ())),
            namespaces=Grant.of(fields.get("namespaces", ())),
            secrets=tuple(_secret(secret) for secret in fields.get("secrets", ())),
            created_at=datetime.fromisoformat(fields["created_at"]),
            expires_at=_optional_time(fields.get("expires_at")),
            revoked_at=_optional_time(fields.get("revoked_at")),
        )
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"not an API key: {error!r}") from error


def _scopes(values: Iterable[str]) -> frozenset[Scope]:
    # One that a later version has made is nothing that this version could allow.
    known = {scope.value for scope in Scope}
    return frozenset(Scope(value) for value in values if value in known)


def _secret(fields: dict[str, Any]) -> SecretHash:
    return SecretHash(fields["sha256"], _optional_time(fields.get("expires_at")))


def _optional_text(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()


def _optional_time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)

"""The administration of API keys."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from nearhit.calls import Call, Pages, Timeout, long_call
from nearhit.choices import KeyScope
from nearhit.messages import keys
from nearhit.operations.scope import Scope
from nearhit.results import ApiKey, IssuedKey


class KeyOperations(Scope):
    """What makes, lists and ends API keys. All of it needs a key with KeyScope.ADMIN."""

    def create_key(
        self,
        display_name: str = "",
        *,
        scopes: Iterable[KeyScope],
        caches: Iterable[str] = (),
        namespaces: Iterable[str] = (),
        expires_at: datetime | None = None,
        timeout: Timeout = None,
    ) -> Call[IssuedKey]:
        """Makes an API key and returns it with its secret, which nobody can tell again.

        Args:
            display_name: for people, at most 200 characters.
            scopes: what it allows, at least one.
            caches: the ids of the caches it may touch; "*" stands for all.
            namespaces: the embedding namespaces it may touch; "" stands for the vectors
                that the server computes itself, "*" for all.
            expires_at: when it ends, with a time zone. None: never.
            timeout: seconds or a timedelta. None: 30 s.

        Raises NearhitError: InvalidArgumentError; PermissionDeniedError if it would reach
        further than the client's own key; and what every call can raise. Never retried by
        itself.
        """
        request = keys.create(
            display_name,
            scopes=scopes,
            caches=caches,
            namespaces=namespaces,
            expires_at=expires_at,
        )
        return long_call(lambda stubs: stubs.keys.CreateKey, request, keys.issued, timeout)

    def list_keys(self, *, timeout: Timeout = None) -> Pages[ApiKey]:
        """Iterates over the API keys, ordered by id, those that have ended included.

        A client sees the keys whose caches and namespaces are among those of its own key.
        Pages are read as they are needed; `timeout` is for each of them, 30 s if None.
        Raises NearhitError, while iterating: what every call can raise.
        """
        return Pages(
            lambda page_token: long_call(
                lambda stubs: stubs.keys.ListKeys, keys.list_page(page_token), keys.listed, timeout
            )
        )

    def rotate_key(
        self, key_id: str, *, grace_period: timedelta | None = None, timeout: Timeout = None
    ) -> Call[IssuedKey]:
        """Gives an API key a new secret and returns it, which nobody can tell again.

        The secret before works on for `grace_period`, at most 30 days; None ends it at
        once. `timeout` is 30 s if None.

        Raises NearhitError: InvalidArgumentError; NotFoundError; FailedPreconditionError
        if the key is revoked; and what every call can raise. Never retried by itself.
        """
        request = keys.rotate(key_id, grace_period=grace_period)
        return long_call(lambda stubs: stubs.keys.RotateKey, request, keys.issued, timeout)

    def revoke_key(self, key_id: str, *, timeout: Timeout = None) -> Call[ApiKey]:
        """Ends an API key for good, on every replica within seconds, and returns it.

        Repeating it changes nothing. `timeout` is 30 s if None. Raises NearhitError:
        InvalidArgumentError; NotFoundError; and what every call can raise.
        """
        request = keys.revoke(key_id)
        return long_call(lambda stubs: stubs.keys.RevokeKey, request, keys.revoked, timeout)

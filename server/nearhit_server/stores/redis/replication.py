"""Waiting until replicas have what was written, so that no failover loses it."""

from collections.abc import Sequence
from typing import Any, Final

from nearhit_server.core.errors import Reason, UnavailableError
from nearhit_server.stores.redis.commands import Command
from nearhit_server.stores.redis.options import RedisOptions

_SHARE_OF_TIME: Final = 0.8
"""Of the time for a call, so that Redis says how many replicas there were before it is up."""


def wait_for_replicas(options: RedisOptions, *, durable: bool) -> Sequence[Command]:
    """What to send behind writes, on the same connection; nothing if nobody waits."""
    if not durable or not options.replicas_to_wait_for:
        return ()
    milliseconds = int(options.command_timeout_seconds * _SHARE_OF_TIME * 1_000)
    return (("WAIT", options.replicas_to_wait_for, milliseconds),)


def check_replicas(options: RedisOptions, replies: Sequence[Any]) -> None:
    """Raise UnavailableError if fewer replicas than asked for have it; `replies` are those to
    `wait_for_replicas`."""
    for reply in replies:
        if isinstance(reply, Exception):
            raise reply
        if reply < options.replicas_to_wait_for:
            raise UnavailableError(
                f"only {reply} replicas of Redis have the change in time, not "
                f"{options.replicas_to_wait_for}",
                reason=Reason.STORE_UNAVAILABLE,
            )

"""What the store asks of a Redis client: commands in, replies out, in one round trip."""

from collections.abc import Sequence
from typing import Any, Protocol

from nearhit_server.stores.redis.lua import Script

Command = tuple[str | bytes | int, ...]
"""A command with its arguments."""


class Commands(Protocol):
    """Runs commands on one Redis or a Cluster.

    Raises UnavailableError and its kin where Redis cannot be reached or refuses; a command
    that is repeated because its reply was lost must do no harm, and none of ours does.
    """

    async def run(
        self,
        key: str,
        commands: Sequence[Command],
        *,
        patient: bool = False,
        durable: bool = False,
    ) -> list[Any]:
        """The replies, in order, of the node that holds `key`, in one round trip.

        A reply that is an error of the command's own (a redis.ResponseError that says nothing
        about Redis's state) is in its place as an exception. `patient` allows for work that
        takes Redis longer than a search. `durable` waits for as many replicas as the options
        say to have what was written, and raises UnavailableError if they have not.
        """

    async def spread(self, commands: Sequence[Command]) -> list[Any]:
        """The replies, in order, of commands that each have one key or several in one slot, from
        the node that holds it; what goes to one node goes there in one round trip, in order."""

    async def everywhere(self, command: Command) -> list[Any]:
        """The reply of every master to a command that has no key."""


async def run_one(commands: Commands, key: str, command: Command, *, patient: bool = False) -> Any:
    """The reply to one command; raises if it is an error."""
    (reply,) = await commands.run(key, [command], patient=patient)
    if isinstance(reply, Exception):
        raise reply
    return reply


def key_of(command: Command) -> str:
    """The first key of a command that has one: a script's, or the second word of any other."""
    return str(command[3 if command[0] == "EVALSHA" else 1])


def call(script: Script, keys: Sequence[str], *arguments: str | bytes | int) -> Command:
    """The command that runs a script."""
    return ("EVALSHA", script.digest, len(keys), *keys, *arguments)

"""Removing what flushed namespaces leave, in small steps, by any replica that gets to it.

Several may do so at once: what one has removed, the others do not find.
"""

from typing import Any, Final

from nearhit_server.stores.redis import namespace_scripts
from nearhit_server.stores.redis.commands import Command, Commands, call, run_one
from nearhit_server.stores.redis.keys import DEAD_NAMESPACE_EPOCHS, RowGroup

_REMOVED_AT_ONCE: Final = 500

_COUNTED: Final = ":counted"
"""Ends the second mention of an epoch, which makes it garbage at once."""


def counted(namespace: str, epoch: int) -> Command:
    """Says that a dead epoch's rows are counted and can go."""
    mention = f"{namespace}:{epoch}{_COUNTED}"
    return call(namespace_scripts.COLLECT_NOW, (DEAD_NAMESPACE_EPOCHS,), mention)


async def collect_namespaces(commands: Commands) -> None:
    """Remove the rows of every dead epoch whose time has come."""
    seconds, _ = await _one(commands, DEAD_NAMESPACE_EPOCHS, ("TIME",))
    now = int(seconds) * 1_000_000
    due = ("ZRANGEBYSCORE", DEAD_NAMESPACE_EPOCHS, "-inf", now)
    for mention in await _one(commands, DEAD_NAMESPACE_EPOCHS, due):
        namespace, epoch = mention.decode().removesuffix(_COUNTED).split(":")
        for group in RowGroup.all(namespace, int(epoch)):
            await _remove(commands, group)
        await _one(commands, DEAD_NAMESPACE_EPOCHS, ("ZREM", DEAD_NAMESPACE_EPOCHS, mention))


async def _remove(commands: Commands, group: RowGroup) -> None:
    remove = call(namespace_scripts.REMOVE_ROWS, (group.expiries,), group.rows, _REMOVED_AT_ONCE)
    while await _one(commands, group.expiries, remove):
        pass


async def _one(commands: Commands, key: str, command: Command) -> Any:
    return await run_one(commands, key, command, patient=True)

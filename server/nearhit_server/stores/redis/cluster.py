"""A Redis Cluster: each cache on the node that has its slot."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import chain
from random import uniform
from typing import Any, Final

import redis.exceptions as theirs
from redis.asyncio.cluster import RedisCluster

from nearhit_server.core.concurrency import together
from nearhit_server.stores.redis.commands import Command, key_of
from nearhit_server.stores.redis.failures import raise_translated, translated
from nearhit_server.stores.redis.options import RedisOptions
from nearhit_server.stores.redis.replication import check_replicas, wait_for_replicas
from nearhit_server.stores.redis.single import SingleRedis

_FIRST_PAUSE_SECONDS: Final = 0.02
_LONGEST_PAUSE_SECONDS: Final = 0.2

_AWAY: Final = (theirs.ConnectionError, theirs.TimeoutError, OSError)
_UNSETTLED: Final = (
    # And so MOVED, which the library makes a kind of it.
    theirs.AskError,
    theirs.TryAgainError,
    theirs.ClusterDownError,
    theirs.ReadOnlyError,
)
"""Replies of a node that is no longer, or not yet, the master of a slot."""


class ClusterRedis:
    """Commands on a Cluster.

    The library knows the topology and how to learn it; the commands themselves go through a
    SingleRedis for each node, so that callers queue for connections as they do with one Redis,
    and so that a search is routed by its cache's key, which the library would not do.
    """

    def __init__(
        self,
        topology: RedisCluster,
        connect: Callable[[str, int], SingleRedis],
        options: RedisOptions,
    ) -> None:
        self._topology = topology
        self._connect = connect
        self._options = options
        self._nodes: dict[str, SingleRedis] = {}
        self._learning: asyncio.Task[None] | None = None

    async def run(
        self,
        key: str,
        commands: Sequence[Command],
        *,
        patient: bool = False,
        durable: bool = False,
    ) -> list[Any]:
        """As Commands.run."""
        waiting = wait_for_replicas(self._options, durable=durable)
        try:
            async with asyncio.timeout(self._options.seconds(patient=patient)):
                replies = await self._settled(key, [*commands, *waiting])
        except (
            *(theirs.RedisError, theirs.RedisClusterException),
            *(TimeoutError, OSError),
        ) as error:
            raise translated(error) or error from error
        raise_translated(replies)
        check_replicas(self._options, replies[len(commands) :])
        return replies[: len(commands)]

    async def spread(self, commands: Sequence[Command]) -> list[Any]:
        """As Commands.spread."""
        groups = self._by_node(commands)
        answers = await together(
            self._asked_together(node, [commands[n] for n in group])
            for node, group in groups.items()
        )
        order = chain.from_iterable(groups.values())
        replies = dict(zip(order, chain.from_iterable(answers), strict=True))
        return [replies[n] for n in range(len(commands))]

    async def everywhere(self, command: Command) -> list[Any]:
        """As Commands.everywhere."""
        masters = self._topology.get_primaries()
        replies = await together(
            self._node(node.host, int(node.port)).run("", [command]) for node in masters
        )
        return list(chain.from_iterable(replies))

    async def aclose(self) -> None:
        """Close every connection."""
        if self._learning is not None:
            self._learning.cancel()
        for node in self._nodes.values():
            await node.aclose()
        await self._topology.aclose()

    async def _settled(self, key: str, commands: Sequence[Command]) -> list[Any]:
        """The replies of the node that has the key, asked again while the Cluster is changing.
        Ends by being cancelled when the time is up."""
        pause = _FIRST_PAUSE_SECONDS
        while True:
            try:
                replies = await self._node_of(key).pipelined(commands)
            except theirs.AuthenticationError:
                # Counts as a lost connection there, but will not get better by waiting.
                raise
            except (*_AWAY, theirs.SlotNotCoveredError):
                replies = None
            if replies is not None:
                replies = await self._followed(replies, commands)
                if not any(isinstance(reply, _UNSETTLED) for reply in replies):
                    return replies
            await self._learn_topology()
            await asyncio.sleep(uniform(0, pause))
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

    async def _followed(self, replies: list[Any], commands: Sequence[Command]) -> list[Any]:
        """The replies, those that send the asker to the node to which the slot is moving
        replaced by that node's. What the others found here is not there yet."""
        # By type: MOVED would count as well.
        asked = {n: reply for n, reply in enumerate(replies) if type(reply) is theirs.AskError}
        if not asked:
            return replies
        node = next(iter(asked.values()))
        again = [n for n, command in enumerate(commands) if n in asked or command[0] == "WAIT"]
        words: list[Command] = [word for n in again for word in (("ASKING",), commands[n])]
        answers = await self._node(node.host, node.port).pipelined(words)
        followed = list(replies)
        for n, answer in zip(again, answers[1::2], strict=True):
            followed[n] = answer
        return followed

    def _by_node(self, commands: Sequence[Command]) -> dict[SingleRedis | None, list[int]]:
        """The places of commands by the node that has their keys, None where none is known."""
        groups: dict[SingleRedis | None, list[int]] = {}
        for n, command in enumerate(commands):
            try:
                node = self._node_of(key_of(command))
            except theirs.SlotNotCoveredError:
                node = None
            groups.setdefault(node, []).append(n)
        return groups

    async def _asked_together(
        self, node: SingleRedis | None, commands: Sequence[Command]
    ) -> list[Any]:
        """The replies of a node; the commands that it cannot answer are sent again, each to
        the node that has its key by then."""
        replies: list[Any] = [theirs.ConnectionError()] * len(commands)
        if node is not None:
            with suppress(*_AWAY):
                async with asyncio.timeout(self._options.seconds(patient=True)):
                    replies = await node.pipelined(commands)
        late = [n for n, reply in enumerate(replies) if isinstance(reply, (*_AWAY, *_UNSETTLED))]
        again = await together(
            self.run(key_of(commands[n]), [commands[n]], patient=True) for n in late
        )
        for n, (reply,) in zip(late, again, strict=True):
            replies[n] = reply
        raise_translated(replies)
        return replies

    def _node_of(self, key: str) -> SingleRedis:
        node = self._topology.get_node_from_key(key)
        assert node is not None
        return self._node(node.host, int(node.port))

    def _node(self, host: str, port: int) -> SingleRedis:
        name = f"{host}:{port}"
        if name not in self._nodes:
            self._nodes[name] = self._connect(host, port)
        return self._nodes[name]

    async def _learn_topology(self) -> None:
        """Ask the Cluster anew who has which slot; callers at the same time ask once."""
        if self._learning is None or self._learning.done():
            self._learning = asyncio.create_task(self._ask_topology(), name="cluster topology")
        await asyncio.shield(self._learning)

    async def _ask_topology(self) -> None:
        try:
            await self._topology.nodes_manager.initialize()
        except (theirs.RedisError, theirs.RedisClusterException, OSError):
            # Nobody answers; the caller tries again until its time is up.
            return

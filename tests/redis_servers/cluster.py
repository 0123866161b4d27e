"""A Redis Cluster of processes: masters, a replica for each, failover, one more shard."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from redis.crc import key_slot
from redis.exceptions import RedisError

from redis_servers.process import wait_for
from redis_servers.server import RedisServer

SLOTS = 16_384


class RedisClusterServers:
    """Three masters with a third of the slots each, and three replicas.

    A master that is silent for `node_timeout_milliseconds` is replaced by its replica.
    """

    def __init__(
        self,
        folder: Path,
        *,
        masters: int = 3,
        replicas: int = 3,
        node_timeout_milliseconds: int = 1000,
        append_only: bool = False,
        config: Iterable[str] = (),
    ) -> None:
        self._folder = folder
        self._masters = masters
        self._append_only = append_only
        self._config = [
            "cluster-enabled yes",
            "cluster-config-file nodes.conf",
            f"cluster-node-timeout {node_timeout_milliseconds}",
            # A replica may be promoted however long ago it last heard of its master.
            "cluster-replica-validity-factor 0",
            *config,
        ]
        self.servers = [self._new_server(number) for number in range(masters + replicas)]

    @property
    def seeds(self) -> str:
        """The URL of the store: every server that runs."""
        addresses = ",".join(server.address for server in self.servers if server.is_running)
        return f"redis+cluster://{addresses}"

    def start(self) -> None:
        """Start all servers and return once every one of them calls the cluster complete."""
        for server in self.servers:
            server.start()
        masters, replicas = self.servers[: self._masters], self.servers[self._masters :]
        for index, master in enumerate(masters):
            first, last = (SLOTS * n // len(masters) for n in (index, index + 1))
            _ask(master, "CLUSTER ADDSLOTSRANGE", first, last - 1)
            # Two with one epoch would first have to settle which of them has the newer.
            _ask(master, "CLUSTER SET-CONFIG-EPOCH", index + 1)
        for server in self.servers[1:]:
            self._introduce(server)
        self._wait_until_all_know(len(self.servers))
        for index, replica in enumerate(replicas):
            self._replicate(replica, masters[index % len(masters)])
        self.wait_until_complete()

    def kill(self) -> None:
        """End all servers as a crash would."""
        for server in self.servers:
            server.kill()

    def master_of(self, key: str) -> RedisServer:
        """The server that holds `key`, as the servers that run agree."""
        masters = {self._master_port(server, key) for server in self._running()}
        assert len(masters) == 1, f"the servers disagree about {key!r}: {masters}"
        return self._server_at(masters.pop())

    def wait_until_master_is_not(self, server: RedisServer, key: str) -> RedisServer:
        """Wait for the failover from the killed `server`; the new master of `key`."""
        wait_for(
            lambda: self.master_of_or_none(key) not in (None, server),
            f"another master for {key!r}",
        )
        self.wait_until_complete()
        return self.master_of(key)

    def master_of_or_none(self, key: str) -> RedisServer | None:
        """The server that holds `key`, or None while they disagree."""
        try:
            return self.master_of(key)
        except (AssertionError, RedisError):
            return None

    def wait_until_complete(self) -> None:
        """Wait until every server that runs calls the state ok and replicas have caught up."""
        for server in self._running():
            wait_for(lambda server=server: _is_settled(server), f"{server.address} sees all slots")

    def add_shard(self) -> RedisServer:
        """Start another master, which holds no slots yet; see `move_slot`."""
        server = self._new_server(len(self.servers))
        server.start()
        self.servers.append(server)
        self._introduce(server)
        self._wait_until_all_know(len(self._running()))
        wait_for(lambda: _is_settled(server), f"{server.address} sees all slots")
        return server

    def move_slot(self, key: str, target: RedisServer) -> None:
        """Move the slot of `key` with all keys in it to the master `target`."""
        source = self.master_of(key)
        self.begin_move(key, source, target)
        self.move_keys(key, source, target)
        self.end_move(key, source, target)

    def begin_move(self, key: str, source: RedisServer, target: RedisServer) -> None:
        """Make `source` answer ASK for keys of the slot that it no longer has."""
        slot = _slot(key)
        _ask(target, "CLUSTER SETSLOT", slot, "IMPORTING", _node_id(source))
        _ask(source, "CLUSTER SETSLOT", slot, "MIGRATING", _node_id(target))

    def move_keys(self, key: str, source: RedisServer, target: RedisServer) -> None:
        """Move the keys of the slot after `begin_move`."""
        where = ("127.0.0.1", target.port, "", 0, 5000, "KEYS")
        while keys := _ask(source, "CLUSTER GETKEYSINSLOT", _slot(key), 1000):
            _ask(source, "MIGRATE", *where, *keys)

    def end_move(self, key: str, source: RedisServer, target: RedisServer) -> None:
        """Give the slot to `target` after `move_keys`; `source` then answers MOVED."""
        for server in (target, source):
            _ask(server, "CLUSTER SETSLOT", _slot(key), "NODE", _node_id(target))
        wait_for(lambda: self.master_of(key) is target, f"{target.address} has {key!r}")

    def _new_server(self, number: int) -> RedisServer:
        folder = self._folder / f"node-{number}"
        return RedisServer(folder, append_only=self._append_only, config=self._config)

    def _introduce(self, server: RedisServer) -> None:
        _ask(server, "CLUSTER MEET", "127.0.0.1", self.servers[0].port)

    def _replicate(self, replica: RedisServer, master: RedisServer) -> None:
        # Refused until the replica has heard from the master itself.
        wait_for(
            lambda: bool(_ask(replica, "CLUSTER REPLICATE", _node_id(master))),
            f"{replica.address} replicates {master.address}",
        )

    def _wait_until_all_know(self, count: int) -> None:
        for server in self._running():
            wait_for(
                lambda server=server: _state(server)["cluster_known_nodes"] == str(count),
                f"{server.address} knows {count} servers",
            )

    def _running(self) -> list[RedisServer]:
        return [server for server in self.servers if server.is_running]

    def _server_at(self, port: int) -> RedisServer:
        return next(server for server in self.servers if server.port == port)

    def _master_port(self, server: RedisServer, key: str) -> int:
        with server.client() as client:
            for first, last, master, *_ in client.execute_command("CLUSTER SLOTS", keys=[]):
                if first <= _slot(key) <= last:
                    return int(master[1])
        raise AssertionError(f"{server.address} knows no master for {key!r}")


def _ask(server: RedisServer, *command: Any) -> Any:
    with server.client() as client:
        client.response_callbacks.clear()
        return client.execute_command(*command)


def _slot(key: str) -> int:
    return key_slot(key.encode())


def _node_id(server: RedisServer) -> str:
    return _ask(server, "CLUSTER MYID").decode()


def _state(server: RedisServer) -> dict[str, str]:
    lines = _ask(server, "CLUSTER INFO").decode().split()
    return dict(line.split(":", 1) for line in lines)


def _is_settled(server: RedisServer) -> bool:
    with server.client() as client:
        replication = client.info("replication")
    is_linked = replication["role"] == "master" or replication["master_link_status"] == "up"
    return is_linked and _state(server)["cluster_state"] == "ok"

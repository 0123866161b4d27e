"""Redis behind Sentinel: a master, a replica and the sentinels that watch them."""

from pathlib import Path

from redis import Redis

from redis_servers.ports import free_port
from redis_servers.process import PortTakenError, RedisProcess, wait_for
from redis_servers.server import RedisServer

MASTER_NAME = "nearhit"


class RedisSentinelServers:
    """A master that is silent for half a second is replaced by the replica.

    The sentinels know the master by the name `MASTER_NAME`.
    """

    def __init__(self, folder: Path, *, sentinels: int = 1, append_only: bool = False) -> None:
        self._folder = folder
        self._append_only = append_only
        self._count = sentinels
        self._sentinels: list[_Sentinel] = []
        self.servers: list[RedisServer] = []

    @property
    def addresses(self) -> list[str]:
        """Host and port of every sentinel."""
        return [sentinel.address for sentinel in self._sentinels]

    @property
    def url(self) -> str:
        """The URL of the store."""
        return f"redis+sentinel://{','.join(self.addresses)}/{MASTER_NAME}"

    def start(self) -> None:
        """Start all and return once every sentinel knows the replica and its peers."""
        master = RedisServer(self._folder / "server-0", append_only=self._append_only)
        self._start(master)
        replica = RedisServer(
            self._folder / "server-1", append_only=self._append_only, replica_of=master
        )
        self._start(replica)
        wait_for(lambda: _is_linked(replica), "the replica has caught up")
        for number in range(self._count):
            folder = self._folder / f"sentinel-{number}"
            self._sentinels.append(_Sentinel(folder, master, quorum=self._count // 2 + 1))
        for sentinel in self._sentinels:
            wait_for(lambda s=sentinel: s.knows_all(self._count), "the sentinels know all")

    def kill(self) -> None:
        """End all processes as a crash would."""
        for sentinel in self._sentinels:
            sentinel.kill()
        for server in self.servers:
            server.kill()

    @property
    def master(self) -> RedisServer:
        """The server that the sentinels call the master."""
        ports = {sentinel.master_port() for sentinel in self._sentinels}
        assert len(ports) == 1, f"the sentinels disagree: {ports}"
        return next(server for server in self.servers if server.port in ports)

    def fail_over(self) -> RedisServer:
        """Kill the master and wait until its replica has taken over; the new master."""
        old = self.master
        old.kill()
        new = next(server for server in self.servers if server is not old)
        ports = [new.port] * len(self._sentinels)
        wait_for(
            lambda: (
                [sentinel.master_port() for sentinel in self._sentinels] == ports
                and _role(new) == "master"
            ),
            "the replica has taken over",
        )
        return new

    def _start(self, server: RedisServer) -> None:
        server.start()
        self.servers.append(server)


class _Sentinel:
    def __init__(self, folder: Path, master: RedisServer, quorum: int) -> None:
        for _ in range(10):
            self._port = free_port()
            process = RedisProcess(
                "redis-sentinel", folder, _sentinel_config(self._port, master, quorum)
            )
            try:
                process.start(self._is_ready)
            except PortTakenError:
                continue
            self.kill = process.kill
            self.address = f"127.0.0.1:{self._port}"
            return
        raise AssertionError("every port that was free a moment ago is taken")

    def master_port(self) -> int:
        with self._client() as client:
            return client.sentinel_get_master_addr_by_name(MASTER_NAME)[1]

    def knows_all(self, sentinels: int) -> bool:
        with self._client() as client:
            state = client.sentinel_master(MASTER_NAME)
        return (state["num-slaves"], state["num-other-sentinels"]) == (1, sentinels - 1)

    def _is_ready(self, process_id: int) -> bool:
        with self._client() as client:
            return bool(client.info("server")["process_id"] == process_id)

    def _client(self) -> Redis:
        return Redis(port=self._port, socket_timeout=10, retry=None, decode_responses=True)


def _sentinel_config(port: int, master: RedisServer, quorum: int) -> list[str]:
    return [
        f"port {port}",
        "bind 127.0.0.1",
        f"sentinel monitor {MASTER_NAME} 127.0.0.1 {master.port} {quorum}",
        f"sentinel down-after-milliseconds {MASTER_NAME} 500",
        f"sentinel failover-timeout {MASTER_NAME} 3000",
    ]


def _role(server: RedisServer) -> str:
    with server.client() as client:
        return str(client.info("replication")["role"])


def _is_linked(server: RedisServer) -> bool:
    with server.client() as client:
        return bool(client.info("replication")["master_link_status"] == "up")

"""A Redis server as a process of its own."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from redis import Redis

from redis_servers.binaries import search_module
from redis_servers.certificates import Certificates
from redis_servers.ports import free_port
from redis_servers.process import PortTakenError, RedisProcess


@dataclass(frozen=True)
class RedisUser:
    """An ACL user. When a server has one, its default user is off."""

    name: str
    password: str


class RedisServer:
    """A server on 127.0.0.1; `port` and the folder stay the same over restarts.

    Starting and ending block: from a coroutine under load, go through
    `asyncio.to_thread`.

    - `append_only`: keep an append-only file, synced every second.
    - `search`: load the Redis Query Engine.
    - `unix_socket`: listen on a socket in the folder as well; see `unix_url`.
    - `certificates`: listen with TLS, and only so.
    - `replica_of`: the server to replicate.
    - `config`: further lines of redis.conf.
    """

    def __init__(
        self,
        folder: Path,
        *,
        append_only: bool = False,
        search: bool = True,
        unix_socket: bool = False,
        certificates: Certificates | None = None,
        user: RedisUser | None = None,
        max_memory_bytes: int = 0,
        replica_of: "RedisServer | None" = None,
        config: Iterable[str] = (),
    ) -> None:
        self.folder = folder
        self.port = 0
        self._certificates = certificates
        self._user = user
        self._socket = folder / "redis.sock" if unix_socket else None
        self._process: RedisProcess | None = None
        self._config = [
            "bind 127.0.0.1",
            'save ""',
            f"appendonly {'yes' if append_only else 'no'}",
            "appendfsync everysec",
            f"maxmemory {max_memory_bytes}",
            "repl-diskless-sync-delay 0",
            *([f"loadmodule {search_module()}"] if search else []),
            *([f"unixsocket {self._socket}"] if self._socket else []),
            *_user_config(user),
            *_tls_config(certificates),
            *([f"replicaof 127.0.0.1 {replica_of.port}"] if replica_of else []),
            *config,
        ]

    def start(self, *, until_loaded: bool = True) -> None:
        """Start it, the first time on a free port, and return once it answers PING.

        Without `until_loaded` return as soon as it listens, even if it answers LOADING.
        """
        if self._process is not None:
            self._process.start(self._is_ready if until_loaded else self._is_listening)
            return
        for _ in range(10):
            try:
                self._start_on(free_port())
            except PortTakenError:
                continue
            return
        raise AssertionError("every port that was free a moment ago is taken")

    def kill(self) -> None:
        """End it as a crash would."""
        if self._process is not None:
            self._process.kill()

    def stop(self) -> None:
        """End it in an orderly way."""
        if self._process is not None:
            self._process.stop()

    def pause(self) -> None:
        """Let it hang: connections stay open, nothing is answered."""
        self.process.pause()

    def resume(self) -> None:
        """Let it go on after `pause`."""
        self.process.resume()

    @property
    def process(self) -> RedisProcess:
        """The process, once it was started."""
        assert self._process is not None, "the server was never started"
        return self._process

    @property
    def is_running(self) -> bool:
        """Whether it was started and not ended since."""
        return self._process is not None and self._process.is_running

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """The address with scheme, user and password."""
        scheme = "rediss" if self._certificates else "redis"
        return f"{scheme}://{self._login}{self.address}"

    @property
    def unix_url(self) -> str:
        """The address of the unix socket."""
        assert self._socket is not None, "the server has no unix socket"
        return f"unix://{self._login}{self._socket}"

    @contextmanager
    def client(self) -> Iterator[Redis]:
        """A blocking client, for a test to look inside."""
        trusted = {"ssl_ca_certs": str(self._certificates.authority)} if self._certificates else {}
        with Redis.from_url(self.url, socket_timeout=10, retry=None, **trusted) as client:
            yield client

    def _start_on(self, port: int) -> None:
        self.port = port
        listen = f"port 0\ntls-port {port}" if self._certificates else f"port {port}"
        process = RedisProcess("redis-server", self.folder, [*self._config, listen])
        process.start(self._is_ready)
        self._process = process

    @property
    def _login(self) -> str:
        user = self._user
        return f"{quote(user.name, '')}:{quote(user.password, '')}@" if user else ""

    def _is_ready(self, process_id: int) -> bool:
        with self.client() as client:
            return self._is_listening(process_id) and bool(client.ping())

    def _is_listening(self, process_id: int) -> bool:
        with self.client() as client:
            # On a port that was not so free, somebody else's server may answer.
            return bool(client.info("server")["process_id"] == process_id)


def _user_config(user: RedisUser | None) -> list[str]:
    if user is None:
        return []
    return [f'user {user.name} on ">{user.password}" ~* &* +@all', "user default off"]


def _tls_config(certificates: Certificates | None) -> list[str]:
    if certificates is None:
        return []
    return [
        f"tls-cert-file {certificates.certificate}",
        f"tls-key-file {certificates.key}",
        f"tls-ca-cert-file {certificates.authority}",
        "tls-auth-clients no",
    ]

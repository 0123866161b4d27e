"""The test servers themselves do what the tests of the store rely on."""

from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import BusyLoadingError, RedisError, ResponseError
from redis.exceptions import ConnectionError as RedisConnectionError

from redis_servers.certificates import make_certificates
from redis_servers.cluster import RedisClusterServers
from redis_servers.fixtures import StartRedis, StartRedisCluster, StartRedisSentinels
from redis_servers.server import RedisUser

pytestmark = pytest.mark.slow

INDEX = "servers:{cache}:idx"


def test_shared_server_has_search(redis_url: str) -> None:
    with Redis.from_url(redis_url) as client:
        assert isinstance(client.execute_command("FT._LIST"), list)


def test_server_keeps_data_when_killed_with_append_only_file(start_redis: StartRedis) -> None:
    server = start_redis(append_only=True)
    with server.client() as client:
        client.set("key", "value")
    port = server.port
    server.kill()
    server.start()
    assert server.port == port
    with server.client() as client:
        assert client.get("key") == b"value"


def test_server_without_search_knows_no_index_command(start_redis: StartRedis) -> None:
    with (
        start_redis(search=False).client() as client,
        pytest.raises(ResponseError, match="unknown command"),
    ):
        client.execute_command("FT._LIST")


def test_server_with_certificates_speaks_tls_only(start_redis: StartRedis, tmp_path: Path) -> None:
    server = start_redis(certificates=make_certificates(tmp_path / "certificates"))
    with server.client() as client:
        assert client.ping()
    with Redis(port=server.port, retry=None) as client, pytest.raises(RedisConnectionError):
        client.ping()


def test_server_with_user_refuses_others(start_redis: StartRedis) -> None:
    server = start_redis(user=RedisUser("app", "p@ss word/1"))
    with server.client() as client:
        assert client.ping()
    with Redis(port=server.port, retry=None) as client, pytest.raises(RedisError):
        client.ping()


def test_server_answers_on_unix_socket(start_redis: StartRedis) -> None:
    with Redis.from_url(start_redis(unix_socket=True).unix_url) as client:
        assert client.ping()


def test_cluster_has_the_hash_tags_index_on_one_master(redis_cluster: RedisClusterServers) -> None:
    master = redis_cluster.master_of(INDEX)
    create = ("FT.CREATE", INDEX, "ON", "HASH", "PREFIX", "1", "servers:{cache}:", "SCHEMA")
    with master.client() as client:
        client.execute_command(*create, "name", "TAG")
        client.execute_command("FT.DROPINDEX", INDEX)
    others = [server for server in redis_cluster.servers if server is not master]
    for server in others:
        with server.client() as client, pytest.raises(ResponseError, match=str(master.port)):
            client.execute_command(*create, "name", "TAG")


def test_cluster_survives_killed_master_and_grows(start_redis_cluster: StartRedisCluster) -> None:
    cluster = start_redis_cluster()
    old = cluster.master_of(INDEX)
    with old.client() as client:
        client.set("{cache}:key", "value")
        client.wait(1, 5000)
    old.kill()
    assert cluster.wait_until_master_is_not(old, INDEX) is not old
    old.start()
    cluster.wait_until_complete()
    added = cluster.add_shard()
    cluster.move_slot(INDEX, added)
    with added.client() as client:
        assert client.get("{cache}:key") == b"value"


@pytest.mark.parametrize("sentinels", [1, 3])
def test_sentinels_replace_killed_master(
    start_redis_sentinels: StartRedisSentinels, sentinels: int
) -> None:
    servers = start_redis_sentinels(sentinels=sentinels)
    old = servers.master
    new = servers.fail_over()
    assert new is not old
    assert servers.master is new


def test_restarted_server_has_loaded_everything(start_redis: StartRedis) -> None:
    # Microseconds for each key, and a look at the clients after every so many bytes.
    slow_loading = ["key-load-delay 500", "loading-process-events-interval-bytes 1024"]
    server = start_redis(config=slow_loading)
    with server.client() as client:
        client.mset({f"key-{number}": "value" for number in range(2000)})
        client.save()
    server.kill()
    server.start(until_loaded=False)
    with server.client() as client, pytest.raises(BusyLoadingError):
        client.ping()
    server.kill()
    server.start()
    with server.client() as client:
        assert client.dbsize() == 2000

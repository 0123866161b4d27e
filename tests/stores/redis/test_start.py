"""Opening the store: every way to a Redis, and what is said where there is none."""

import pytest
from redis import Redis

from contract.samples import prompts, vector
from nearhit_server.settings import Settings
from nearhit_server.stores.failures import StoreStartupError
from redis_servers.certificates import make_certificates
from redis_servers.ports import free_port
from redis_servers.server import RedisUser

SECRET = "p@ss:w/rd#?"
QUOTED = "p%40ss%3Aw%2Frd%23%3F"
USER = RedisUser("app", SECRET)


async def assert_works(store, sample):
    spec = await store.create_cache(sample.spec())
    await store.put(spec, [sample.entry("a")])
    found = await store.find_nearest(spec, vector(1), where=None, limit=1)
    assert prompts(neighbour.entry for neighbour in found) == ["a"]
    assert await store.flush(spec) == 1
    await store.collect_garbage()
    await store.check()


async def refusal(open_store, url, **options):
    """The sentence with which a store is refused, which never tells a secret."""
    with pytest.raises(StoreStartupError) as raised:
        async with open_store(url, **options):
            pass
    sentence = str(raised.value)
    assert "\n" not in sentence
    return sentence


async def test_tls_is_used_with_the_authority_in_the_url(start_redis, open_store, sample, tmp_path):
    certificates = make_certificates(tmp_path / "certificates")
    server = start_redis(certificates=certificates)
    url = f"{server.url}?ssl_ca_certs={certificates.authority}"
    async with open_store(url) as store:
        await assert_works(store, sample)
    assert "certificate" in await refusal(open_store, server.url)


@pytest.mark.parametrize("quoted", ["unix", "tcp"])
async def test_user_and_password_of_the_url_are_used(start_redis, open_store, sample, quoted):
    server = start_redis(user=USER, unix_socket=True)
    url = server.unix_url if quoted == "unix" else server.url
    assert QUOTED in url
    async with open_store(url) as store:
        assert "pass" not in repr(store)
        await assert_works(store, sample)


async def test_user_with_nothing_but_nearhits_keys_is_enough(start_redis, open_store, sample):
    server = start_redis()
    with server.client() as client:
        rules = ["resetkeys", "~nearhit:*", "nopass", "+@all", "-@admin", "-@dangerous"]
        client.execute_command("ACL", "SETUSER", "app", "on", *rules)
    async with open_store(f"redis://app:any@{server.address}") as store:
        await assert_works(store, sample)


@pytest.mark.parametrize("user", ["app:wr%40ng", "nobody:wr%40ng", ":wr%40ng", ""])
async def test_wrong_password_is_said_and_not_repeated(start_redis, open_store, user):
    server = start_redis(user=USER)
    credentials = f"{user}@" if user else ""
    message = await refusal(open_store, f"redis://{credentials}{server.address}")
    assert "password" in message
    assert "wr@ng" not in message
    assert "wr%40ng" not in message


async def test_missing_redis_is_said(open_store):
    port = free_port()
    for url in (
        f"redis://:hunter2@127.0.0.1:{port}",
        f"redis+cluster://:hunter2@127.0.0.1:{port}",
        f"redis+sentinel://:hunter2@127.0.0.1:{port}/nearhit",
        "unix:///no/such/socket",
    ):
        message = await refusal(open_store, url)
        assert "cannot be reached" in message
        assert "hunter2" not in message


async def test_missing_search_module_is_said(start_redis, open_store):
    server = start_redis(search=False)
    assert "Search module" in await refusal(open_store, server.url)


async def test_loading_redis_is_said(start_redis, open_store):
    server = start_redis(
        config=["key-load-delay 500", "loading-process-events-interval-bytes 1024"]
    )
    with server.client() as client:
        client.mset({f"key-{number}": "value" for number in range(2_000)})
        client.save()
    server.kill()
    server.start(until_loaded=False)
    assert "loading" in await refusal(open_store, server.url)


async def test_database_without_search_is_said(redis_url, open_store):
    assert "database" in await refusal(open_store, f"{redis_url}/3")


async def test_node_of_a_cluster_is_said(redis_cluster, open_store):
    for server in redis_cluster.servers[:3]:
        assert "redis+cluster://" in await refusal(open_store, server.url)


async def test_redis_that_is_no_cluster_is_said(redis_url, open_store):
    message = await refusal(open_store, redis_url.replace("redis://", "redis+cluster://"))
    assert "not a Cluster" in message


@pytest.mark.parametrize(
    "url",
    [
        "redis+magic://:hunter2@127.0.0.1:6379",
        "redis://:hunter2#@127.0.0.1:6379",
        "redis://user:hunter2/@127.0.0.1:6379",
        "redis://127.0.0.1:hunter2",
        "redis://[::hunter2",
        "redis://127.0.0.1:6379?password_of_mine=hunter2",
        "redis://127.0.0.1:6379?socket_timeout=hunter2",
        "redis+cluster://hunter2",
        "redis+cluster://user:x@hunter2/rest@127.0.0.1:6379",
        "redis+cluster://127.0.0.1:6379,127.0.0.1",
        "redis+cluster://127.0.0.1:6379?nonsense=hunter2",
        "redis+sentinel://:hunter2@127.0.0.1:26379",
        "redis+sentinel://127.0.0.1:26379/nearhit?nonsense=hunter2",
        "redis+sentinel://127.0.0.1:26379/nearhit?socket_timeout=hunter2",
        "rediss://127.0.0.1:6379?ssl_min_version=hunter2",
    ],
)
async def test_malformed_url_is_said_without_its_secrets(open_store, url):
    message = await refusal(open_store, url)
    assert "URL" in message
    assert "hunter2" not in message


@pytest.mark.parametrize("url", [f"redis://app:{QUOTED}@127.0.0.1:1", "mongodb://:hunter2@x"])
def test_settings_never_show_a_password(url):
    try:
        shown = repr(Settings(store=url))
    except ValueError as error:
        shown = str(error)
    assert QUOTED not in shown
    assert "hunter2" not in shown


async def test_full_redis_is_opened_for_searching(start_redis, open_store, sample):
    server = start_redis()
    async with open_store(server.url) as store:
        spec = await store.create_cache(sample.spec())
        await store.put(spec, [sample.entry("a")])
    with Redis.from_url(server.url) as client:
        client.config_set("maxmemory", 1)
    async with open_store(server.url) as store:
        assert len(await store.find_nearest(spec, vector(1), where=None, limit=1)) == 1

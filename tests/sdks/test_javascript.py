"""LangCache's SDK for JavaScript, on both stores; the tests themselves are in tests/node."""

from pathlib import Path

from node.running import run_node
from redis_servers.ports import free_port
from sdks.servers import url_of
from server.keys.keyed_servers import BOOT_KEY

FOLDER = Path(__file__).parents[1] / "node"


async def run_tests(file, servers, **others):
    """Let Node's own test runner run one file; what it printed is what a failure shows."""
    urls = {f"NEARHIT_{name.upper()}_URL": url for name, url in others.items()}
    status, output = await run_node(
        FOLDER,
        *("--test", "--test-reporter=spec"),
        file,
        NEARHIT_URL=url_of(servers),
        NEARHIT_API_KEY=BOOT_KEY,
        **urls,
    )
    assert status == 0, output


async def test_every_method_works(servers):
    await run_tests("langcache_methods.test.mjs", servers)


async def test_every_error_has_its_class(servers, limited, pacing, faulty, storeless):
    await run_tests(
        "langcache_errors.test.mjs",
        servers,
        limited=url_of(limited),
        pacing=url_of(pacing),
        faulty=url_of(faulty),
        storeless=url_of(storeless),
        absent=f"http://127.0.0.1:{free_port()}",
    )

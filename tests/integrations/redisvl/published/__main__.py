"""Runs RedisVL's own published tests of its caches on nearhit's drop-ins, and on a Redis.

    PYTHONPATH=tests .venv/bin/python -m integrations.redisvl.published

The tests come from the source distribution of the RedisVL that is installed, which pip fetches
and nothing keeps. What pytest prints is printed, and the exit status is its own.
"""

import sys
import tempfile
from pathlib import Path

from integrations.redisvl.published.running import fetch_sources, run_published_tests
from redis_servers.server import RedisServer
from server_process import server_process

with tempfile.TemporaryDirectory() as name:
    folder = Path(name)
    sources = fetch_sources(folder)
    redis = RedisServer(folder / "redis")
    redis.start()
    try:
        with server_process(folder / "nearhit", "--store", redis.url) as server:
            outcome = run_published_tests(sources, redis_url=redis.url, target=server.address)
    finally:
        redis.kill()

print(outcome.output)
sys.exit(outcome.status)

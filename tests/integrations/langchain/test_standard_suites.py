"""langchain-tests' own suites, for both caches on both stores."""

import pytest
from langchain_tests.integration_tests.cache import AsyncCacheTestSuite, SyncCacheTestSuite


class TestBlocking(SyncCacheTestSuite):
    @pytest.fixture
    def cache(self, make_cache):
        with make_cache() as cache:
            yield cache


class TestAsync(AsyncCacheTestSuite):
    @pytest.fixture
    async def cache(self, make_cache):
        async with make_cache() as cache:
            yield cache

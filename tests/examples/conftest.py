"""Where the examples run."""

import pytest

import nearhit


@pytest.fixture
async def empty_cache_address(server_address: str) -> str:
    """A server whose cache `default`, which the examples use, is empty."""
    async with nearhit.AsyncClient(server_address) as client:
        await client.flush()
    return server_address

import pytest

from encoders.openai_server import openai_server


@pytest.fixture
async def endpoint():
    """A stand-in for an OpenAI-compatible endpoint."""
    async with openai_server() as server:
        yield server

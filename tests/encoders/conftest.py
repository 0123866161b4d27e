import pytest

from encoders.openai_server import openai_server
from nearhit_server.encoders.local import LocalOptions


@pytest.fixture
async def endpoint():
    """A stand-in for an OpenAI-compatible endpoint."""
    async with openai_server() as server:
        yield server


def on_cpu(config, runtime):
    return LocalOptions(
        cache_dir=config.cache.mkdir("converted-models"),
        device="cpu",
        openvino=runtime == "openvino",
    )


@pytest.fixture(params=["openvino", "torch"])
def local_options(request):
    """How models run, on each of the runtimes that a CPU has."""
    return on_cpu(request.config, request.param)


@pytest.fixture
def on_torch(request):
    """How models run that it is not worth converting."""
    return on_cpu(request.config, "torch")

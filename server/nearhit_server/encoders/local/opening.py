"""Opens a model on the runtime that suits it."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import structlog

from nearhit_server.core.errors import ModelError
from nearhit_server.encoders.local.converted_model import FACTS_FILE, GRAPH_FILE, converted_model
from nearhit_server.encoders.local.devices import suits_openvino
from nearhit_server.encoders.local.encoder import LocalEncoder
from nearhit_server.encoders.local.facts import ModelFacts
from nearhit_server.encoders.local.runtime import ModelRuntime
from nearhit_server.encoders.model_files import digest, locate

_log = structlog.get_logger()

_OpenRuntime = tuple[ModelRuntime, ModelFacts]


@dataclass(frozen=True, kw_only=True)
class LocalOptions:
    """How models run in this process."""

    cache_dir: Path
    """Where converted models are kept."""

    device: str | None = None
    """torch's name for it, None for the best there is."""

    openvino: bool | None = None
    """Whether to run on OpenVINO, which knows the CPU only; None for where it suits."""

    threads: int | None = None
    """How many of the CPU's cores a model may use, None for all."""


@asynccontextmanager
async def open_local_model(name_or_path: str, options: LocalOptions) -> AsyncIterator[LocalEncoder]:
    """Load a model from a folder, the model hub or the packaged default. Raises ModelError."""
    async with AsyncExitStack() as stack:
        # One thread each: the model is busy with one batch at a time, and texts that come while
        # it is need not wait for their tokens.
        model_thread, tokenizer_thread = (
            stack.enter_context(ThreadPoolExecutor(1, thread_name_prefix=name))
            for name in ("encoder", "tokenizer")
        )
        loop = asyncio.get_running_loop()
        folder = await loop.run_in_executor(model_thread, locate, name_or_path)
        identity = await loop.run_in_executor(model_thread, digest, folder)
        try:
            runtime, facts = await _open_runtime(folder, identity, options, model_thread)
        except ModelError as error:
            raise ModelError(f"model {name_or_path!r} {error}") from error
        yield LocalEncoder(
            runtime,
            facts,
            identity=identity,
            model_thread=model_thread,
            tokenizer_thread=tokenizer_thread,
        )


async def _open_runtime(
    folder: Path, identity: str, options: LocalOptions, thread: ThreadPoolExecutor
) -> _OpenRuntime:
    loop = asyncio.get_running_loop()
    if options.openvino or (options.openvino is None and suits_openvino(options.device)):
        try:
            async with converted_model(
                folder, identity=identity, cache_dir=options.cache_dir
            ) as converted:
                return await loop.run_in_executor(thread, _open_on_openvino, converted, options)
        except ModelError as error:
            if options.openvino:
                raise
            _log.warning("the model runs on torch", folder=str(folder), error=str(error))
    return await loop.run_in_executor(thread, _open_on_torch, folder, options)


# Both import what they need themselves: it takes seconds and hundreds of megabytes, and a server
# needs the one or the other.


def _open_on_openvino(converted: Path, options: LocalOptions) -> _OpenRuntime:
    module = import_module("nearhit_server.encoders.local.openvino_runtime")
    try:
        facts = ModelFacts.load(converted / FACTS_FILE)
        runtime: ModelRuntime = module.OpenVinoRuntime(
            converted / GRAPH_FILE, facts, threads=options.threads
        )
    except (OSError, ValueError, RuntimeError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise ModelError(
            f"has a converted form that cannot be opened; delete {converted}: {reason}"
        ) from error
    return runtime, facts


def _open_on_torch(folder: Path, options: LocalOptions) -> _OpenRuntime:
    module = import_module("nearhit_server.encoders.local.torch_runtime")
    model = module.load_model(folder, device=options.device)
    facts: ModelFacts = module.facts_of(model)
    runtime: ModelRuntime = module.TorchRuntime(model, facts, threads=options.threads)
    return runtime, facts

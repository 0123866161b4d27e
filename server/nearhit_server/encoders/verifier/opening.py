"""Opens the verifier on the runtime that suits it."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Final

import structlog

from nearhit_server.core.errors import ModelError
from nearhit_server.encoders.local.converted_model import GRAPH_FILE, converted_model
from nearhit_server.encoders.local.devices import suits_openvino
from nearhit_server.encoders.local.facts import ModelFacts
from nearhit_server.encoders.local.opening import LocalOptions
from nearhit_server.encoders.local.runtime import ModelRuntime
from nearhit_server.encoders.model_files import DEFAULT_MODEL, locate
from nearhit_server.encoders.verifier.artifact import identity_of
from nearhit_server.encoders.verifier.encoder import PairEncoder
from nearhit_server.encoders.verifier.pair_tokenizer import facts_of

_log = structlog.get_logger()

_LONE_TOKENS: Final = (32,)
"""Of equivalent question pairs 83 % have at most so many tokens, of what is typed into a search box
more. A graph for 48 as well would make the others quicker and take 33 MB."""


@asynccontextmanager
async def open_verifier(options: LocalOptions) -> AsyncIterator[PairEncoder]:
    """Load the verifier, which stands on the packaged default encoder. Raises ModelError."""
    with ThreadPoolExecutor(1, thread_name_prefix="verifier") as thread:
        loop = asyncio.get_running_loop()
        base = await loop.run_in_executor(thread, locate, DEFAULT_MODEL)
        identity = await loop.run_in_executor(thread, identity_of, base)
        try:
            facts = facts_of(base)
            runtime = await _open_runtime(base, identity, facts, options, thread)
        except ModelError as error:
            raise ModelError(f"the verifier {error}") from error
        yield PairEncoder(runtime, facts, identity=identity, thread=thread)


async def _open_runtime(
    base: Path,
    identity: str,
    facts: ModelFacts,
    options: LocalOptions,
    thread: ThreadPoolExecutor,
) -> ModelRuntime:
    loop = asyncio.get_running_loop()
    if options.openvino or (options.openvino is None and suits_openvino(options.device)):
        try:
            async with converted_model(
                base,
                identity=identity,
                cache_dir=options.cache_dir,
                conversion="nearhit_server.encoders.verifier.conversion",
            ) as converted:
                return await loop.run_in_executor(
                    thread, _open_on_openvino, converted, facts, options
                )
        except ModelError as error:
            if options.openvino:
                raise
            _log.warning("the verifier runs on torch", error=str(error))
    return await loop.run_in_executor(thread, _open_on_torch, base, options)


# Both import what they need themselves, as for encoders.


def _open_on_openvino(converted: Path, facts: ModelFacts, options: LocalOptions) -> ModelRuntime:
    module = import_module("nearhit_server.encoders.local.openvino_runtime")
    try:
        runtime: ModelRuntime = module.OpenVinoRuntime(
            converted / GRAPH_FILE, facts, threads=options.threads, lone_tokens=_LONE_TOKENS
        )
    except (OSError, ValueError, RuntimeError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise ModelError(
            f"has a converted form that cannot be opened; delete {converted}: {reason}"
        ) from error
    return runtime


def _open_on_torch(base: Path, options: LocalOptions) -> ModelRuntime:
    form = import_module("nearhit_server.encoders.verifier.pair_form").load_pair_form(base)
    module = import_module("nearhit_server.encoders.verifier.torch_runtime")
    runtime: ModelRuntime = module.TorchPairRuntime(form, device=options.device)
    return runtime

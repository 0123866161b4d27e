"""Converted models on disk, made when they are first needed."""

import asyncio
import hashlib
import shutil
import sys
import tempfile
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Final

import structlog
from filelock import AsyncFileLock

from nearhit_server.core.errors import ModelError

_log = structlog.get_logger()

GRAPH_FILE: Final = "model.xml"
FACTS_FILE: Final = "facts.json"

_MAKERS: Final = ("openvino", "sentence-transformers", "torch", "transformers")
"""The packages whose versions decide what a conversion gives."""

_FORMAT: Final = 2
"""Counts up when what is written here changes."""


@asynccontextmanager
async def converted_model(
    folder: Path,
    *,
    identity: str,
    cache_dir: Path,
    conversion: str = "nearhit_server.encoders.local.conversion",
) -> AsyncIterator[Path]:
    """The folder of the converted form of the model in `folder`, converted now if need be.

    `identity` is the digest of all files that it is made of, `conversion` the module that makes
    it. Where `cache_dir` cannot be written to, the conversion is not kept. Raises ModelError.
    """
    name = _name(identity)
    if (cache_dir / name).is_dir():
        yield cache_dir / name
        return
    with _writable(cache_dir) as directory:
        async with AsyncFileLock(directory / f"{name}.lock"):
            # Another process may have made it meanwhile.
            if not (directory / name).is_dir():
                await _convert(conversion, folder, directory / name)
        yield directory / name


def _name(identity: str) -> str:
    versions = [f"{package} {version(package)}" for package in _MAKERS]
    made_by = hashlib.sha256("\n".join([*versions, f"format {_FORMAT}"]).encode()).hexdigest()
    return f"{identity[:32]}-{made_by[:16]}"


@contextmanager
def _writable(cache_dir: Path) -> Iterator[Path]:
    try:
        # Models are no secret, but what lies beside them in a data directory is.
        cache_dir.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        cache_dir.mkdir(exist_ok=True)
        with tempfile.TemporaryFile(dir=cache_dir):
            pass
    except OSError as error:
        _log.warning("the converted model is not kept", path=str(cache_dir), error=error.strerror)
        with tempfile.TemporaryDirectory(prefix="nearhit-") as directory:
            yield Path(directory)
    else:
        yield cache_dir


async def _convert(conversion: str, folder: Path, target: Path) -> None:
    _log.info("converting the model for OpenVINO", folder=str(folder))
    with _whole_or_not(target) as unfinished:
        await _run_conversion(conversion, folder, unfinished)


@contextmanager
def _whole_or_not(target: Path) -> Iterator[Path]:
    """A folder to fill, which becomes `target` when that has gone well."""
    unfinished = Path(tempfile.mkdtemp(prefix="unfinished-", dir=target.parent))
    try:
        yield unfinished
        # Also for a server that runs as somebody else than who prepared it.
        unfinished.chmod(0o755)
        unfinished.rename(target)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


async def _run_conversion(conversion: str, folder: Path, target: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", conversion),
        *(str(folder), str(target)),
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
    )
    try:
        output, complaints = await process.communicate()
    except BaseException:
        process.kill()
        await process.wait()
        raise
    if process.returncode == 0:
        return
    reason = output.decode(errors="replace").strip().rpartition("\n")[2]
    if not reason:
        _log.error("conversion failed", stderr=complaints.decode(errors="replace")[-4_000:])
        reason = f"was not converted: the conversion ended with status {process.returncode}"
    raise ModelError(reason)

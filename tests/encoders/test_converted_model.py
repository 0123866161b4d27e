import asyncio
import shutil
import subprocess
import sys

import pytest

from nearhit_server.core.errors import ModelError
from nearhit_server.encoders.local import LocalOptions, converted_model, open_local_model
from nearhit_server.encoders.local.openvino_runtime import OpenVinoRuntime
from nearhit_server.encoders.local.torch_runtime import TorchRuntime

WARM_START = """
import asyncio, sys
from pathlib import Path
from nearhit_server.encoders.local import LocalOptions, open_local_model

async def main():
    options = LocalOptions(cache_dir=Path(sys.argv[2]), device="cpu", openvino=True)
    async with open_local_model(sys.argv[1], options) as encoder:
        await encoder.encode(await encoder.tokenize(["hello"]))

asyncio.run(main())
print(sorted({"torch", "transformers", "sentence_transformers"} & set(sys.modules)))
"""


@pytest.fixture
def conversions(monkeypatch):
    """The folders that were converted, in order."""
    converted = []
    run = converted_model._run_conversion

    async def counted(conversion, folder, target):
        converted.append(folder)
        await run(conversion, folder, target)

    monkeypatch.setattr(converted_model, "_run_conversion", counted)
    return converted


@pytest.fixture
def broken_conversion(monkeypatch):
    """OpenVINO knows nothing of the model."""

    async def fail(conversion, folder, target):
        (target / "model.xml").write_text("half of it")
        raise ModelError("cannot be converted")

    monkeypatch.setattr(converted_model, "_run_conversion", fail)


async def open_and_close(model, cache_dir, *, openvino=True):
    options = LocalOptions(cache_dir=cache_dir, device="cpu", openvino=openvino)
    async with open_local_model(str(model), options) as encoder:
        await encoder.encode(await encoder.tokenize(["the first"]))
        return encoder._runtime


@pytest.mark.slow
async def test_model_is_converted_once_when_several_open_it_at_once(
    tiny_model, tmp_path, conversions
):
    async with asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(open_and_close(tiny_model, tmp_path / "deep" / "cache"))
    await open_and_close(tiny_model, tmp_path / "deep" / "cache")
    assert conversions == [tiny_model]


def test_warm_start_imports_neither_torch_nor_transformers(tiny_model, request):
    cache_dir = request.config.cache.mkdir("converted-models")
    asyncio.run(open_and_close(tiny_model, cache_dir))
    warm = subprocess.run(
        [sys.executable, "-c", WARM_START, str(tiny_model), str(cache_dir)],
        capture_output=True,
        check=True,
        text=True,
    )
    assert warm.stdout == "[]\n"


async def test_cpu_gets_openvino_unless_told_otherwise(tiny_model, request):
    cache_dir = request.config.cache.mkdir("converted-models")
    assert isinstance(await open_and_close(tiny_model, cache_dir, openvino=None), OpenVinoRuntime)
    assert isinstance(await open_and_close(tiny_model, cache_dir, openvino=False), TorchRuntime)


@pytest.mark.slow
async def test_model_is_served_when_the_cache_directory_is_a_file(tiny_model, tmp_path):
    (tmp_path / "cache").write_text("not a folder")
    assert isinstance(await open_and_close(tiny_model, tmp_path / "cache"), OpenVinoRuntime)


async def test_model_that_cannot_be_converted_runs_on_torch(
    tiny_model, tmp_path, broken_conversion
):
    runtime = await open_and_close(tiny_model, tmp_path, openvino=None)
    assert isinstance(runtime, TorchRuntime)


async def test_model_that_cannot_be_converted_is_refused_when_openvino_is_demanded(
    tiny_model, tmp_path, broken_conversion
):
    with pytest.raises(ModelError, match="cannot be converted"):
        await open_and_close(tiny_model, tmp_path, openvino=True)


@pytest.mark.parametrize("file", ["model.xml", "facts.json"])
async def test_damaged_conversion_is_named_and_does_without(tiny_model, tmp_path, request, file):
    kept = request.config.cache.mkdir("converted-models")
    await open_and_close(tiny_model, kept)
    damaged = shutil.copytree(kept, tmp_path / "cache")
    for path in damaged.glob(f"*/{file}"):
        path.write_text("{ half of")
    with pytest.raises(ModelError, match=f"delete {damaged}") as failed:
        await open_and_close(tiny_model, damaged, openvino=True)
    assert "\n" not in str(failed.value)
    assert isinstance(await open_and_close(tiny_model, damaged, openvino=None), TorchRuntime)


async def test_failed_conversion_leaves_nothing_behind(tiny_model, tmp_path, broken_conversion):
    await open_and_close(tiny_model, tmp_path, openvino=None)
    assert [path for path in tmp_path.iterdir() if path.suffix != ".lock"] == []


async def test_cancelled_conversion_leaves_no_process_behind(tiny_model, tmp_path, monkeypatch):
    started = asyncio.Event()
    processes = []
    create = asyncio.create_subprocess_exec

    async def watched(*arguments, **options):
        processes.append(await create(*arguments, **options))
        started.set()
        return processes[0]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", watched)
    opening = asyncio.create_task(open_and_close(tiny_model, tmp_path))
    await started.wait()
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    assert processes[0].returncode is not None

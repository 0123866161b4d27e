"""Starts that fail, and starts that all workers make together."""

import asyncio
import os
import signal
import socket

import pytest
from typer.testing import CliRunner

import nearhit
from nearhit_server.cli import app
from nearhit_server.settings import Settings
from nearhit_server.workers.serving import WorkersError, serve_with_workers
from polling import until
from server.workers.workers_process import children_of, runs
from server_process import COMMAND, failed_start

REDIS = "redis://127.0.0.1:1"
TWO = ("--workers", "2", "--store", REDIS, "--grpc", "127.0.0.1:0", "--http", "off")


def test_embedded_store_is_refused_with_what_to_do_instead():
    result = CliRunner().invoke(app, ["serve", "--workers", "2"])
    sentence = (
        "nearhit: settings: workers above 1 need a store that processes can share, and the "
        "embedded one belongs to one process; set store to a Redis URL, or leave workers at 1\n"
    )
    assert (result.exit_code, result.stderr) == (1, sentence)


@pytest.mark.parametrize("count", ["0", "-1", "257", "many"])
def test_number_that_makes_no_sense_is_refused(count):
    variables = {"NEARHIT_WORKERS": count}
    result = CliRunner().invoke(app, ["serve", "--store", REDIS], env=variables)
    assert result.exit_code == 1
    assert result.stderr.startswith("nearhit: setting workers: ")


def test_threads_are_divided_among_workers(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    cores = len(os.sched_getaffinity(0))
    assert Settings().model_threads is None
    assert Settings(workers=2, store=REDIS).model_threads == max(1, cores // 2)
    assert Settings(workers=256, store=REDIS).model_threads == max(1, cores // 256)
    monkeypatch.setenv("OMP_NUM_THREADS", "12")
    assert Settings(workers=4, store=REDIS).model_threads == 3


@pytest.mark.parametrize("port", ["grpc", "http"])
async def test_port_in_use_is_told_before_any_worker_starts(port):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        addresses = {"grpc": "127.0.0.1:0", "http": "off"} | {port: address}
        with pytest.raises(WorkersError) as refused:
            await serve_with_workers(Settings(workers=2, store=REDIS, **addresses))
    assert str(refused.value) == f"cannot listen on {address}: address already in use"


async def test_lack_of_a_place_for_metrics_is_told_before_any_worker_starts(monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", "/no/such/folder")
    settings = Settings(workers=2, store=REDIS, grpc="127.0.0.1:0", http="off")
    with pytest.raises(WorkersError, match="no place for the metrics"):
        await serve_with_workers(settings)


@pytest.mark.slow
def test_folder_for_metrics_that_is_missing_ends_the_start_with_one_sentence(tmp_path):
    sentence = failed_start(*TWO, PROMETHEUS_MULTIPROC_DIR=str(tmp_path / "missing"))
    assert sentence.startswith("nearhit: metrics cannot be written to PROMETHEUS_MULTIPROC_DIR=")


@pytest.mark.slow
def test_store_that_cannot_be_reached_ends_the_start_with_one_sentence():
    assert failed_start(*TWO) == "nearhit: Redis cannot be reached"


@pytest.mark.slow
def test_model_that_is_missing_ends_the_start_with_one_sentence(redis):
    assert "/no/such/model" in failed_start(*TWO, "--store", redis.url, "--model", "/no/such/model")


@pytest.mark.slow
async def test_workers_that_start_together_on_an_empty_redis_agree(
    start_redis, start_workers, tiny_model
):
    redis = await asyncio.to_thread(start_redis)
    async with start_workers(
        store=redis.url, model=str(tiny_model), workers="4", embedding_cache="store"
    ) as server:
        assert len(server.workers()) == 4
        async with nearhit.AsyncClient(server.address, timeout=30) as client:
            assert [cache.cache_id async for cache in client.list_caches()] == ["default"]
            await client.store("what is the capital of france?", "Paris")
            semantic = [nearhit.Strategy.SEMANTIC]
            found = await client.search("what is the capital of france?", strategies=semantic)
            assert isinstance(found, nearhit.Hit)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGTERM, 0), (signal.SIGKILL, -signal.SIGKILL)]
)
async def test_start_that_is_called_off_leaves_no_worker(
    redis, tiny_model, tmp_path, number, status
):
    process = await asyncio.create_subprocess_exec(
        *(*COMMAND, *TWO, "--store", redis.url, "--model", str(tiny_model)),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        # A parent that is killed leaves the folder for metrics there.
        env=os.environ | {"TMPDIR": str(tmp_path)},
    )
    await until(lambda: len(children_of(process.pid)) == 2)
    workers = children_of(process.pid)
    process.send_signal(number)
    assert await process.wait() == status
    await until(lambda: not any(runs(pid) for pid in workers))

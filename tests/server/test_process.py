"""The server as a process: crashes, signals and failed starts."""

import asyncio
import signal
import socket
import sqlite3

import pytest

import nearhit
from nearhit import Strategy
from server_process import failed_start, server_process

QUESTION = "How do I reset my password?"
PARAPHRASE = "how can I change a forgotten password"


@pytest.mark.slow
async def test_acknowledged_entries_survive_a_kill(tmp_path):
    with server_process(tmp_path) as server:
        async with nearhit.AsyncClient(server.address) as client:
            await client.store(QUESTION, "Open Settings.", metadata={"kept": True})
            await client.create_cache("other", similarity_threshold=0.5)
            acknowledged = await stored_until_killed(client, server)
    assert len(acknowledged) > 50
    with server_process(tmp_path) as server:
        async with nearhit.AsyncClient(server.address) as client:
            assert await client.wait_until_ready() is None
            await assert_found(client, acknowledged)
            near = await client.search(PARAPHRASE, similarity_threshold=0.8)
            assert near.matches[0].entry.metadata == {"kept": True}
            assert (await client.get_cache("other")).similarity_threshold == 0.5


async def stored_until_killed(client, server):
    """1,000 concurrent Stores with a kill in the middle; the prompts that were acknowledged."""
    acknowledged = []

    async def store(number):
        prompt = f"what is the meaning of the number {number}?"
        await client.store(prompt, f"It means {number}.")
        acknowledged.append(prompt)
        if len(acknowledged) == 300:
            server.kill()

    ended = await asyncio.gather(*(store(n) for n in range(1_000)), return_exceptions=True)
    assert any(isinstance(outcome, nearhit.NearhitError) for outcome in ended)
    return acknowledged


async def assert_found(client, prompts):
    for strategy in Strategy:
        outcomes = await client.search_many(
            [nearhit.Query(prompt, strategies=[strategy]) for prompt in prompts]
        )
        found = [outcome.matches[0].entry.prompt for outcome in outcomes]
        assert found == prompts, strategy


async def test_sigterm_lets_calls_in_flight_finish(tmp_path):
    with server_process(tmp_path) as server:
        async with nearhit.AsyncClient(server.address, timeout=60) as client:
            await client.wait_until_ready()
            texts = [f"text number {number} " + "word " * 100 for number in range(30)]
            embedding = asyncio.create_task(client.embed(texts))
            # Its answer comes after the longer call has arrived: both share one connection.
            await client.embed(["a short one"])
            server.send(signal.SIGTERM)
            assert len(await embedding) == len(texts)
        assert await asyncio.to_thread(server.wait) == 0


async def test_second_signal_ends_the_wait(tmp_path):
    with server_process(tmp_path) as server:
        async with nearhit.AsyncClient(server.address, timeout=60) as client:
            await client.wait_until_ready()
            texts = [f"text number {number} " + "word " * 240 for number in range(1_000)]
            embedding = asyncio.create_task(client.embed(texts))
            await client.embed(["a short one"])
            server.send(signal.SIGTERM)
            server.send(signal.SIGINT)
            with pytest.raises(nearhit.NearhitError):
                await embedding
        assert await asyncio.to_thread(server.wait) == 0


def test_data_directory_that_is_no_directory_is_said_in_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    message = failed_start("--data-dir", str(tmp_path / "file"))
    assert str(tmp_path / "file") in message


def test_corrupt_database_is_said_in_one_sentence(tmp_path):
    (tmp_path / "nearhit.sqlite3").write_bytes(b"this is not a database" * 100)
    assert "nearhit.sqlite3" in failed_start("--data-dir", str(tmp_path))


def test_database_of_a_newer_version_is_said_in_one_sentence(tmp_path):
    with sqlite3.connect(tmp_path / "nearhit.sqlite3") as database:
        database.execute("PRAGMA user_version = 999")
    database.close()
    assert "newer" in failed_start("--data-dir", str(tmp_path))


def test_missing_model_is_said_in_one_sentence(tmp_path):
    message = failed_start("--data-dir", str(tmp_path), "--model", "/no/such/model")
    assert "/no/such/model" in message


def test_port_in_use_is_said_in_one_sentence(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        assert address in failed_start("--data-dir", str(tmp_path), "--grpc", address)


@pytest.mark.parametrize(
    ("flags", "environment", "expected"),
    [
        (["--grpc", "nowhere"], {}, "grpc"),
        (["--store", "mongodb://x"], {}, "store"),
        ([], {"NEARHIT_SIMILARITY_THRESHOLD": "2"}, "similarity_threshold"),
        ([], {"NEARHIT_DURABILITY": "maybe"}, "durability"),
        ([], {"NEARHIT_MODELS": "{bad"}, "models"),
        (["--log-level", "loud"], {}, "log_level"),
        (["--config", "/no/such/file.toml"], {}, "/no/such/file.toml"),
    ],
)
def test_wrong_setting_is_said_in_one_sentence(flags, environment, expected):
    assert expected in failed_start(*flags, **environment)


@pytest.mark.parametrize("content", [b"\xff\xfe = 1", b"not toml", b"no_such_setting = 1"])
def test_bad_settings_file_is_said_in_one_sentence(tmp_path, content):
    (tmp_path / "bad.toml").write_bytes(content)
    assert "nearhit: " in failed_start("--config", str(tmp_path / "bad.toml"))

"""Ports that are held for workers."""

import socket
from contextlib import ExitStack, closing

import pytest

from nearhit_server.api.addresses import AddressError, listen
from nearhit_server.workers.ports import reserved

ANY = "127.0.0.1:0"


def connect(address):
    host, _, port = address.rpartition(":")
    return socket.create_connection((host, int(port)), timeout=5)


async def test_workers_may_listen_and_nobody_else():
    with reserved(ANY) as address:
        with pytest.raises(AddressError, match="in use"):
            await listen(address)
        with ExitStack() as stack:
            for _ in range(2):
                stack.enter_context(closing(await listen(address, share_port=True)))
            with pytest.raises(AddressError, match="in use"):
                await listen(address)
    with closing(await listen(address)):
        pass


async def test_port_of_another_server_is_refused():
    with (
        closing(await listen(ANY)) as taken,
        pytest.raises(AddressError, match="in use"),
        reserved(f"127.0.0.1:{taken.getsockname()[1]}"),
    ):
        pass


@pytest.mark.parametrize("workers", [0, 1, 2])
async def test_port_of_other_workers_is_refused_whether_or_not_they_listen(workers):
    with reserved(ANY) as address, ExitStack() as stack:
        for _ in range(workers):
            stack.enter_context(closing(await listen(address, share_port=True)))
        with pytest.raises(AddressError, match="in use"), reserved(address):
            pass


def test_client_is_refused_at_once_while_no_worker_listens():
    with reserved(ANY) as address, pytest.raises(ConnectionRefusedError):
        connect(address)


@pytest.mark.parametrize("share_port", [False, True])
async def test_connections_of_an_earlier_server_do_not_keep_the_port(share_port):
    with closing(await listen(ANY, share_port=share_port)) as listener:
        port = listener.getsockname()[1]
        with connect(f"127.0.0.1:{port}") as client:
            # Who ends it first has to remember it for a minute.
            listener.accept()[0].close()
            assert client.recv(1) == b""
    with (
        reserved(f"127.0.0.1:{port}") as address,
        closing(await listen(address, share_port=True)),
    ):
        pass


@pytest.mark.parametrize("host", ["localhost", "0.0.0.0", "[::1]"])
async def test_host_stays_as_it_was_said(host):
    with reserved(f"{host}:0") as address:
        assert address.startswith(f"{host}:")
        assert not address.endswith(":0")
        with closing(await listen(address, share_port=True)):
            pass


@pytest.mark.parametrize("address", ["192.0.2.1:0", "no-such-host.invalid:1"])
def test_address_that_is_not_of_this_machine_is_told(address):
    with pytest.raises(AddressError, match=f"cannot listen on {address}: "), reserved(address):
        pass

"""Free TCP ports on the loopback address."""

import random
import socket

# Below the range from which kernels pick the ports of outgoing connections. A client
# that keeps knocking at the port of a killed server would otherwise sooner or later be
# given that very port, connect to itself and keep the server from coming back.
# Servers in a cluster also take the port 10,000 above their own.
_FIRST_PORT, _LAST_PORT = 11_000, 20_999


def free_port() -> int:
    """A port that nobody listened on a moment ago."""
    for _ in range(100):
        port = random.randint(_FIRST_PORT, _LAST_PORT)
        with socket.socket() as probe:
            # As Redis does, so that a port with closing connections counts as free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no free port in 100 tries")

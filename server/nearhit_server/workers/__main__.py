"""A worker, run by its parent with the number of the connection to it."""

import asyncio
import os
import signal
import sys
from contextlib import suppress
from multiprocessing.connection import Connection

from nearhit_server.app import StartupError, serve_until_stopped
from nearhit_server.event_loop import run
from nearhit_server.lifecycle import SUPERVISED
from nearhit_server.logs import configure_logging
from nearhit_server.settings import Settings
from nearhit_server.workers.messages import CannotStart, Serving


def main() -> None:
    """Serve until the parent says that it is enough, or has gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    parent = Connection(int(sys.argv[1]))
    os.set_inheritable(parent.fileno(), False)
    try:
        settings = Settings(**parent.recv())
    except EOFError:
        return
    configure_logging(settings)
    try:
        run(_serve(settings, parent))
    except StartupError as error:
        _tell(parent, CannotStart(str(error)))
        sys.exit(1)


async def _serve(settings: Settings, parent: Connection) -> None:
    loop = asyncio.get_running_loop()

    def parent_has_gone() -> None:
        # It says nothing after the settings, so this is the end of the file. While the server
        # starts, the signal simply ends the process; later it drains.
        loop.remove_reader(parent.fileno())
        signal.raise_signal(signal.SIGTERM)

    loop.add_reader(parent.fileno(), parent_has_gone)
    await serve_until_stopped(
        settings, signals=SUPERVISED, announce=lambda line: _tell(parent, Serving(line))
    )


def _tell(parent: Connection, message: Serving | CannotStart) -> None:
    # A parent that has gone is seen to elsewhere.
    with suppress(OSError):
        parent.send(message)


if __name__ == "__main__":
    main()

"""Run as a worker by test_supervisor: does what the first argument says, without a server."""

import os
import signal
import sys
from multiprocessing.connection import Connection

from nearhit_server.workers.messages import CannotStart, Serving

_, manner, descriptor = sys.argv
parent = Connection(int(descriptor))
settings = parent.recv()
match manner:
    case "die":
        os.kill(os.getpid(), signal.SIGKILL)
    case "refuse":
        parent.send(CannotStart("there is nothing to serve"))
        sys.exit(1)
    case "refuse second" if os.path.exists(settings["mark"]):
        parent.send(CannotStart("once was enough"))
        sys.exit(1)
    case "refuse second":
        open(settings["mark"], "w").close()
    case "stay":
        for number in (signal.SIGTERM, signal.SIGUSR1):
            signal.signal(number, signal.SIG_IGN)
parent.send(Serving(f"nearhit ready {settings['where']}"))
signal.pause()

"""The command `nearhit`."""

import os
import sys
from typing import Final

_INTERRUPTED: Final = 130
"""The exit status of what Ctrl-C ended, by the custom of shells."""


def main() -> None:
    """Run the command line, or say in one sentence what it lacks."""
    # grpc's C++ core would write lines of its own among ours; what matters of them we say.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    try:
        from nearhit_server.cli import app
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith(("nearhit.", "nearhit_server")):
            raise
        sys.exit(f'nearhit: the command needs {error.name}; run: pip install "nearhit[server]"')
    try:
        app()
    except KeyboardInterrupt:
        # Where a command does not see to it itself, because it has hardly begun.
        sys.exit(_INTERRUPTED)


if __name__ == "__main__":
    main()

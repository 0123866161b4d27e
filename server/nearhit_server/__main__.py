"""The command `nearhit`."""

import sys


def main() -> None:
    """Run the command line, or say in one sentence what it lacks."""
    try:
        from nearhit_server.cli import app
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith(("nearhit.", "nearhit_server")):
            raise
        sys.exit(f'nearhit: the command needs {error.name}; run: pip install "nearhit[server]"')
    app()


if __name__ == "__main__":
    main()

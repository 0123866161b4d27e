"""`nearhit keys`."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

import nearhit
from nearhit_server.cli import key_rendering, options, output
from nearhit_server.cli.arguments import parse_duration
from nearhit_server.cli.confirmation import confirm
from nearhit_server.cli.server_options import Server, with_server_options

keys = typer.Typer(
    help="List, make, rotate and revoke API keys.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

_KeyArgument = Annotated[str, typer.Argument(metavar="KEY_ID", help="The key, by its id.")]


@keys.command("list")
@with_server_options
def list_keys(as_json: options.JsonOption = False, *, server: Server) -> None:
    """List the server's keys, as far as your own key reaches."""
    with server.client() as client:
        found = list(client.list_keys(timeout=server.timeout))
    if as_json:
        output.print_json({"keys": [key_rendering.key_record(key) for key in found]})
    else:
        output.print_table(key_rendering.key_table(found, now=datetime.now(UTC)))


@keys.command()
@with_server_options
def create(
    scope: Annotated[
        list[nearhit.KeyScope],
        typer.Option(
            "--scope", metavar="read|write|admin", help="What it allows; may be repeated."
        ),
    ],
    cache: Annotated[
        list[str] | None,
        typer.Option(
            "--cache", metavar="NAME", help="A cache it may touch; '*': all; may be repeated."
        ),
    ] = None,
    namespace: Annotated[
        list[str] | None,
        typer.Option(
            "--namespace",
            metavar="NAME",
            help="An embedding namespace it may touch; '': the server's own vectors; "
            "'*': all; may be repeated.",
        ),
    ] = None,
    name: Annotated[str, typer.Option("--name", metavar="TEXT", help="For people.")] = "",
    expires: Annotated[
        timedelta | None,
        typer.Option(
            "--expires",
            parser=parse_duration,
            metavar="DURATION",
            help="When it ends, from now: 90s, 15m, 2h, 7d.",
        ),
    ] = None,
    as_json: options.JsonOption = False,
    *,
    server: Server,
) -> None:
    """Make a key and print its secret, this once."""
    if not (cache or namespace):
        raise typer.BadParameter(
            "a key that may touch nothing is of no use", param_hint="'--cache' / '--namespace'"
        )
    with server.client() as client:
        issued = client.create_key(
            name,
            scopes=scope,
            caches=cache or (),
            namespaces=namespace or (),
            expires_at=None if expires is None else _from_now(expires),
            timeout=server.timeout,
        )
    _print_issued(issued, "made", as_json=as_json)


@keys.command()
@with_server_options
def rotate(
    key_id: _KeyArgument,
    grace: Annotated[
        timedelta | None,
        typer.Option(
            "--grace",
            parser=parse_duration,
            metavar="DURATION",
            help="How long the secret before works on: 90s, 15m, 2h, 7d; default: not at all.",
        ),
    ] = None,
    as_json: options.JsonOption = False,
    *,
    server: Server,
) -> None:
    """Give a key a new secret and print it, this once."""
    with server.client() as client:
        issued = client.rotate_key(key_id, grace_period=grace, timeout=server.timeout)
    _print_issued(issued, "rotated", as_json=as_json)


@keys.command()
@with_server_options
def revoke(
    key_id: _KeyArgument,
    yes: options.YesOption = False,
    as_json: options.JsonOption = False,
    *,
    server: Server,
) -> None:
    """End a key for good."""
    with server.client() as client:
        confirm(f"Revoke key {key_id!r} at {server.target}?", yes=yes)
        key = client.revoke_key(key_id, timeout=server.timeout)
    if as_json:
        output.print_json(key_rendering.key_record(key))
    else:
        output.print_line(f"revoked key {key.key_id}")


def _print_issued(issued: nearhit.IssuedKey, done: str, *, as_json: bool) -> None:
    if as_json:
        output.print_json(key_rendering.key_record(issued.key) | {"secret": issued.secret})
    else:
        # Alone, so that it can be piped to where it belongs.
        output.print_line(issued.secret)
    output.notice(f"{done} key {issued.key.key_id}; its secret will not be shown again")


def _from_now(duration: timedelta) -> datetime:
    try:
        return datetime.now(UTC) + duration
    except OverflowError:
        raise typer.BadParameter("is later than the year 9999", param_hint="'--expires'") from None

"""`nearhit search`, `store`, `delete` and `flush`."""

import sys
from datetime import timedelta
from typing import Annotated, Any, Final

import typer

import nearhit
from nearhit_server.cli import options, output, rendering
from nearhit_server.cli.arguments import parse_attributes, parse_duration, parse_metadata
from nearhit_server.cli.confirmation import confirm
from nearhit_server.cli.failures import fail
from nearhit_server.cli.server_options import Server, with_server_options

_DELETE_BATCH: Final = 1_000
"""The most ids that a call carries."""

_AttributeOption = Annotated[
    list[str] | None,
    typer.Option("--attribute", metavar="NAME=VALUE", help="An attribute; may be repeated."),
]


@with_server_options
def search(
    prompt: Annotated[str, typer.Argument(metavar="PROMPT", help="What to look for.")],
    threshold: Annotated[
        float | None,
        typer.Option(min=-1, max=1, help="Least similarity that counts; default: the cache's."),
    ] = None,
    strategy: Annotated[
        list[nearhit.Strategy] | None,
        typer.Option(help="What to try, in order; may be repeated; default: the cache's."),
    ] = None,
    attribute: _AttributeOption = None,
    max_results: Annotated[
        int | None, typer.Option(min=1, max=100, help="At most this many matches; default: 1.")
    ] = None,
    context: Annotated[
        list[str] | None,
        typer.Option(metavar="TURN", help="Earlier turns, oldest first; may be repeated."),
    ] = None,
    cache: options.CacheOption = options.DEFAULT_CACHE,
    as_json: options.JsonOption = False,
    *,
    server: Server,
) -> None:
    """Look for an answer in the cache. A miss is a result too: the exit status is 0."""
    attributes = parse_attributes(attribute)
    with server.client(cache) as client:
        result = client.search(
            prompt,
            similarity_threshold=threshold,
            strategies=strategy,
            attributes=attributes,
            max_results=max_results,
            context=context,
        )
    if as_json:
        output.print_json(rendering.search_record(result))
    elif isinstance(result, nearhit.Hit):
        _print_matches(result)
    else:
        output.print_line(rendering.miss_sentence(result, threshold))
        if result.candidate is not None:
            output.print_fields(rendering.candidate_fields(result.candidate))


@with_server_options
def store(
    prompt: Annotated[str, typer.Argument(metavar="PROMPT", help="The prompt.")],
    response: Annotated[str, typer.Argument(metavar="RESPONSE", help="- reads standard input.")],
    attribute: _AttributeOption = None,
    metadata: Annotated[
        Any,
        typer.Option(parser=parse_metadata, metavar="JSON", help="A JSON object to keep with it."),
    ] = None,
    ttl: Annotated[
        timedelta | None,
        typer.Option(
            parser=parse_duration,
            metavar="DURATION",
            help="How long it lives: 90s, 15m, 2h, 7d or seconds; default: the cache's.",
        ),
    ] = None,
    cache: options.CacheOption = options.DEFAULT_CACHE,
    as_json: options.JsonOption = False,
    *,
    server: Server,
) -> None:
    """Keep a response for a prompt. The same prompt and attributes replace what was there.

    Of a response read from standard input the last line end is left out.
    """
    attributes = parse_attributes(attribute)
    text = _standard_input() if response == "-" else response
    with server.client(cache) as client:
        stored = client.store(prompt, text, attributes=attributes, metadata=metadata, ttl=ttl)
    if as_json:
        output.print_json(rendering.stored_record(stored))
    else:
        output.print_line(rendering.stored_sentence(stored))


@with_server_options
def delete(
    entry_ids: Annotated[
        list[str] | None, typer.Argument(metavar="ENTRY_ID", help="Entries by id.")
    ] = None,
    attribute: _AttributeOption = None,
    cache: options.CacheOption = options.DEFAULT_CACHE,
    as_json: options.JsonOption = False,
    *,
    server: Server,
) -> None:
    """Remove entries by id, or those that carry all of some attributes.

    Removing what is not there is no error.
    """
    attributes = parse_attributes(attribute)
    if bool(entry_ids) == bool(attributes):
        raise typer.BadParameter(
            "give entry ids or attributes; `nearhit flush` removes everything",
            param_hint="ENTRY_ID",
        )
    with server.client(cache) as client:
        if attributes:
            deleted = client.delete(attributes=attributes, timeout=server.timeout)
        else:
            deleted = _delete_by_id(client, entry_ids or [], server.timeout)
    _print_deleted(deleted, as_json=as_json)


@with_server_options
def flush(
    yes: options.YesOption = False,
    cache: options.CacheOption = options.DEFAULT_CACHE,
    as_json: options.JsonOption = False,
    *,
    server: Server,
) -> None:
    """Remove every entry of the cache. The cache and its settings stay."""
    with server.client(cache) as client:
        confirm(f"Remove every entry of cache {cache!r} at {server.target}?", yes=yes)
        deleted = client.flush(timeout=server.timeout)
    _print_deleted(deleted, as_json=as_json)


def _print_matches(hit: nearhit.Hit) -> None:
    for number, match in enumerate(hit.matches):
        if number:
            output.print_line("")
        output.print_fields(rendering.match_fields(match))


def _standard_input() -> str:
    try:
        text = sys.stdin.buffer.read().decode()
    except UnicodeDecodeError:
        fail("the response on standard input is not UTF-8")
    return text.removesuffix("\n").removesuffix("\r")


def _delete_by_id(client: nearhit.Client, entry_ids: list[str], timeout: float | None) -> int:
    return sum(
        client.delete(entry_ids=entry_ids[first : first + _DELETE_BATCH], timeout=timeout)
        for first in range(0, len(entry_ids), _DELETE_BATCH)
    )


def _print_deleted(deleted: int, *, as_json: bool) -> None:
    if as_json:
        output.print_json({"deleted": deleted})
    else:
        output.print_line(f"removed {output.counted(deleted, 'entry', 'entries')}")

"""`nearhit report`, `release` and `stats`."""

from typing import Annotated

import typer

import nearhit
from nearhit_server.cli import options, output, quality_rendering
from nearhit_server.cli.server_options import Server, with_server_options

_EntryArgument = Annotated[
    str, typer.Argument(metavar="ENTRY_ID", help="The entry, by its id, as search shows it.")
]


@with_server_options
def report(
    entry_id: _EntryArgument,
    verdict: Annotated[
        nearhit.Verdict,
        typer.Argument(metavar="right|wrong", help="Whether it answered the prompt."),
    ],
    prompt: Annotated[str, typer.Option("--prompt", metavar="TEXT", help="What was asked.")],
    cache: options.CacheOption = options.DEFAULT_CACHE,
    as_json: options.JsonOption = False,
    *,
    server: Server,
) -> None:
    """Say whether an entry was the right answer to a prompt. The cache learns from it.

    Of several reports about the same entry and prompt the last one counts. An entry that is
    reported wrong for several prompts is quarantined: searches no longer find it.
    """
    with server.client(cache) as client:
        quarantined = client.report_hit(entry_id, prompt, verdict)
    if as_json:
        output.print_json({"quarantined": quarantined})
    else:
        output.print_line(quality_rendering.reported_sentence(entry_id, quarantined=quarantined))


@with_server_options
def release(
    entry_id: _EntryArgument,
    cache: options.CacheOption = options.DEFAULT_CACHE,
    as_json: options.JsonOption = False,
    *,
    server: Server,
) -> None:
    """End the quarantine of an entry, and forget what was reported against it."""
    with server.client(cache) as client:
        released = client.release_entry(entry_id)
    if as_json:
        output.print_json({"released": released})
    else:
        done = "released" if released else "was not quarantined:"
        output.print_line(f"{done} {entry_id}")


@with_server_options
def stats(
    cache: options.CacheOption = options.DEFAULT_CACHE,
    as_json: options.JsonOption = False,
    *,
    server: Server,
) -> None:
    """Show what the cache has answered, and how much of it was right."""
    with server.client(cache) as client:
        told = client.cache_stats()
    if as_json:
        output.print_json(quality_rendering.stats_record(told))
    else:
        output.print_fields(quality_rendering.stats_fields(told))

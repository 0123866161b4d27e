"""`nearhit shadow`."""

import typer

from nearhit_server.cli import options, output, shadow_rendering
from nearhit_server.cli.server_options import Server, with_server_options
from nearhit_server.cli.shadow_summary import summary_of

shadow = typer.Typer(
    help="Look at what a cache in shadow mode would have answered.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@shadow.command()
@with_server_options
def report(
    cache: options.CacheOption = options.DEFAULT_CACHE,
    as_json: options.JsonOption = False,
    *,
    server: Server,
) -> None:
    """Sum up the searches that were recorded: how many would have hit, and how surely.

    `nearhit caches update NAME --shadow` turns the mode on. The server keeps 10,000 searches.
    """
    with server.client(cache) as client:
        summary = summary_of(client.list_shadow_searches(page_size=1_000, timeout=server.timeout))
    if as_json:
        output.print_json(shadow_rendering.summary_record(summary))
        return
    output.print_fields(shadow_rendering.summary_fields(summary))
    for title, table in shadow_rendering.summary_tables(summary):
        output.print_line("")
        output.print_line(title, style="bold")
        output.print_table(table)

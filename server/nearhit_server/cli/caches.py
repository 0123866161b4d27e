"""`nearhit caches`."""

from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

import nearhit
from nearhit_server.cli import cache_settings, options, output, rendering
from nearhit_server.cli.confirmation import confirm
from nearhit_server.cli.server_options import Server, with_server_options

caches = typer.Typer(
    help="List, make, show, change and remove caches.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

_CacheArgument = Annotated[str, typer.Argument(metavar="NAME", help="The cache.")]


@caches.command("list")
@with_server_options
def list_caches(as_json: options.JsonOption = False, *, server: Server) -> None:
    """List the server's caches."""
    with server.client() as client:
        found = list(client.list_caches(timeout=server.timeout))
    if as_json:
        output.print_json({"caches": [rendering.cache_record(cache) for cache in found]})
    else:
        output.print_table(_table(found))


@caches.command()
@with_server_options
def create(
    name: _CacheArgument,
    model: cache_settings.ModelOption = None,
    dimension: cache_settings.DimensionOption = None,
    threshold: cache_settings.ThresholdOption = None,
    default_ttl: cache_settings.DefaultTtlOption = None,
    ttl_refresh_on_hit: cache_settings.TtlRefreshOption = None,
    strategy: cache_settings.StrategiesOption = None,
    long_prompts: cache_settings.LongPromptsOption = None,
    max_entries: cache_settings.MaxEntriesOption = None,
    declare_attribute: cache_settings.DeclarationsOption = None,
    restrict_attributes: cache_settings.RestrictOption = None,
    verification: cache_settings.VerificationOption = None,
    max_false_hit_rate: cache_settings.MaxFalseHitRateOption = None,
    shadow: cache_settings.ShadowOption = None,
    as_json: options.JsonOption = False,
    *,
    server: Server,
) -> None:
    """Make an empty cache. What is not given is the server's to choose."""
    settings = cache_settings.settings_given(
        model=model,
        dimension=dimension,
        similarity_threshold=threshold,
        default_ttl=default_ttl,
        ttl_refresh_on_hit=ttl_refresh_on_hit,
        strategies=strategy,
        long_prompts=long_prompts,
        max_entries=max_entries,
        declarations=declare_attribute,
        restrict_attributes=restrict_attributes,
        verification=verification,
        max_false_hit_rate=max_false_hit_rate,
        shadow=shadow,
    )
    given = {name: value for name, value in settings.items() if value is not None}
    with server.client() as client:
        cache = client.create_cache(name, timeout=server.timeout, **given)
    _print_cache(cache, as_json=as_json)


@caches.command()
@with_server_options
def show(
    name: _CacheArgument,
    as_json: options.JsonOption = False,
    *,
    server: Server,
) -> None:
    """Show a cache's settings and size."""
    with server.client() as client:
        cache = client.get_cache(name, timeout=server.timeout)
    _print_cache(cache, as_json=as_json)


@caches.command()
@with_server_options
def update(
    name: _CacheArgument,
    model: cache_settings.ModelOption = None,
    dimension: cache_settings.DimensionOption = None,
    threshold: cache_settings.ThresholdOption = None,
    default_ttl: cache_settings.DefaultTtlOption = None,
    ttl_refresh_on_hit: cache_settings.TtlRefreshOption = None,
    strategy: cache_settings.StrategiesOption = None,
    long_prompts: cache_settings.LongPromptsOption = None,
    max_entries: cache_settings.MaxEntriesOption = None,
    declare_attribute: cache_settings.DeclarationsOption = None,
    restrict_attributes: cache_settings.RestrictOption = None,
    verification: cache_settings.VerificationOption = None,
    max_false_hit_rate: cache_settings.MaxFalseHitRateOption = None,
    shadow: cache_settings.ShadowOption = None,
    allow_flush: Annotated[
        bool, typer.Option("--allow-flush", help="Allow a change that removes every entry.")
    ] = False,
    as_json: options.JsonOption = False,
    *,
    server: Server,
) -> None:
    """Change settings of a cache; those not given stay. The word none unsets one.

    A change of the model, the dimension or a declared attribute's type makes the stored
    entries unusable, so it removes them and needs --allow-flush.
    """
    settings = cache_settings.settings_given(
        model=model,
        dimension=dimension,
        similarity_threshold=threshold,
        default_ttl=default_ttl,
        ttl_refresh_on_hit=ttl_refresh_on_hit,
        strategies=strategy,
        long_prompts=long_prompts,
        max_entries=max_entries,
        declarations=declare_attribute,
        restrict_attributes=restrict_attributes,
        verification=verification,
        max_false_hit_rate=max_false_hit_rate,
        shadow=shadow,
    )
    if not settings:
        raise typer.BadParameter("give at least one setting to change", param_hint="NAME")
    with server.client() as client:
        cache = client.update_cache(
            name, timeout=server.timeout, allow_flush=allow_flush, **settings
        )
    _print_cache(cache, as_json=as_json)


@caches.command()
@with_server_options
def delete(
    name: _CacheArgument,
    yes: options.YesOption = False,
    as_json: options.JsonOption = False,
    *,
    server: Server,
) -> None:
    """Remove a cache and all its entries."""
    with server.client() as client:
        confirm(f"Remove cache {name!r} at {server.target} and all its entries?", yes=yes)
        deleted = client.delete_cache(name, timeout=server.timeout)
    if as_json:
        output.print_json({"deleted": deleted})
    else:
        output.print_line(f"removed cache {name} and {output.counted(deleted, 'entry', 'entries')}")


def _print_cache(cache: nearhit.Cache, *, as_json: bool) -> None:
    if as_json:
        output.print_json(rendering.cache_record(cache))
    else:
        output.print_fields(rendering.cache_fields(cache))


def _table(found: list[nearhit.Cache]) -> Table:
    table = Table("cache", "model", box=None, pad_edge=False)
    for title in ("dimension", "entries", "threshold", "default ttl"):
        table.add_column(title, justify="right")
    for cache in found:
        fields = rendering.cache_fields(cache)
        cells = ("cache", "model", "dimension", "entry count", "similarity threshold")
        row = [*(fields[name] for name in cells), fields["default ttl"]]
        table.add_row(*(Text(output.visible(cell)) for cell in row))
    return table

"""Options that several commands have."""

from typing import Annotated, Final, TypeAlias

import typer

DEFAULT_CACHE: Final = "default"

CacheOption: TypeAlias = Annotated[
    str,
    typer.Option(
        "--cache",
        envvar="NEARHIT_CACHE",
        metavar="NAME",
        help="The cache to work on.",
    ),
]
JsonOption: TypeAlias = Annotated[
    bool, typer.Option("--json", help="Print the result as JSON, for programs.")
]
YesOption: TypeAlias = Annotated[
    bool, typer.Option("--yes", "-y", help="Do not ask whether you are sure.")
]

"""The command line of the server and its clients."""

import typer

from nearhit_server.cli.serve import serve

app = typer.Typer(
    name="nearhit",
    help="A semantic cache for LLM applications.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command()(serve)


@app.callback()
def main() -> None: ...

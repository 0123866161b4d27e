"""Where the calls of a command go, and how: the options that all clients have in common."""

import inspect
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, Final

import grpc
import typer

import nearhit
from nearhit_server.cli.failures import fail
from nearhit_server.cli.options import DEFAULT_CACHE
from nearhit_server.cli.sentences import sentence

DEFAULT_TARGET: Final = "127.0.0.1:50051"


def _positive_seconds(value: str) -> float:
    try:
        seconds = float(value)
    except ValueError:
        seconds = math.nan
    if not (math.isfinite(seconds) and seconds > 0):
        raise typer.BadParameter(f"{value!r} is no number of seconds over 0")
    return seconds


@dataclass(frozen=True)
class Server:
    """A server to talk to, as the command line names it. Each field is an option."""

    target: Annotated[
        str,
        typer.Option(
            "--target", envvar="NEARHIT_TARGET", metavar="HOST:PORT", help="The server's address."
        ),
    ] = DEFAULT_TARGET
    timeout: Annotated[
        float | None,
        typer.Option(
            "--timeout",
            parser=_positive_seconds,
            metavar="SECONDS",
            help="How long each call may take.",
        ),
    ] = None
    api_key: Annotated[
        str | None,
        typer.Option(
            "--api-key",
            envvar="NEARHIT_API_KEY",
            metavar="KEY",
            help="Sent along with each call, never printed. The variable keeps it out of `ps`.",
        ),
    ] = field(default=None, repr=False)
    tls: Annotated[
        bool,
        typer.Option(
            "--tls",
            envvar="NEARHIT_TLS",
            help="Encrypt, and trust well-known authorities. The other --tls options imply it.",
        ),
    ] = False
    tls_ca: Annotated[
        Path | None,
        typer.Option(
            "--tls-ca",
            envvar="NEARHIT_CA",
            metavar="FILE",
            help="Authorities to trust instead, PEM.",
        ),
    ] = None
    tls_certificate: Annotated[
        Path | None,
        typer.Option(
            "--tls-cert",
            envvar="NEARHIT_CLIENT_CERTIFICATE",
            metavar="FILE",
            help="Own certificate, PEM, for servers that require one.",
        ),
    ] = None
    tls_key: Annotated[
        Path | None,
        typer.Option(
            "--tls-key",
            envvar="NEARHIT_CLIENT_KEY",
            metavar="FILE",
            help="The own certificate's private key, PEM.",
        ),
    ] = None
    tls_server_name: Annotated[
        str | None,
        typer.Option(
            "--tls-server-name",
            envvar="NEARHIT_TLS_SERVER_NAME",
            metavar="NAME",
            help="The name in the server's certificate; default: the host of --target.",
        ),
    ] = None

    @contextmanager
    def client(self, cache: str = DEFAULT_CACHE) -> Iterator[nearhit.Client]:
        """A client for the body of a command, whose failures end the command with one sentence."""
        with self.reported_failures():
            try:
                client = nearhit.Client(
                    self.target,
                    cache=cache,
                    timeout=self.timeout,
                    # An empty variable means that there is no key.
                    api_key=self.api_key or None,
                    credentials=self.credentials,
                    options=self.channel_options,
                )
            except ValueError as error:
                fail(str(error))
            with client:
                yield client

    @contextmanager
    def reported_failures(self) -> Iterator[None]:
        """Ends the command with one sentence if a call fails in the body."""
        try:
            yield
        except nearhit.NearhitError as error:
            fail(sentence(error, self.target))
        except UnicodeEncodeError:
            # Such an argument is bytes that are not UTF-8; protobuf cannot carry it.
            fail("an argument or an answer is not valid Unicode text")

    @property
    def credentials(self) -> grpc.ChannelCredentials | None:
        """TLS, None if no option asks for it."""
        implying = (self.tls_ca, self.tls_certificate, self.tls_key, self.tls_server_name)
        if not (self.tls or any(implying)):
            return None
        try:
            return nearhit.tls(ca=self.tls_ca, certificate=self.tls_certificate, key=self.tls_key)
        except OSError as error:
            fail(f"{error.strerror}: {error.filename}")
        except ValueError as error:
            fail(f"--tls-ca, --tls-cert, --tls-key: {error}")

    @property
    def channel_options(self) -> list[tuple[str, Any]]:
        """What a channel needs beside the credentials."""
        name = self.tls_server_name
        return [("grpc.ssl_target_name_override", name)] if name else []


def with_server_options(command: Callable[..., None]) -> Callable[..., None]:
    """The command with the options of a Server in place of its parameter `server`."""
    own = inspect.signature(command).parameters.values()
    options = inspect.signature(Server).parameters.values()
    parameters = [*(parameter for parameter in own if parameter.name != "server"), *options]

    @wraps(command)
    def with_server(**given: Any) -> None:
        server = Server(**{option.name: given.pop(option.name) for option in options})
        command(**given, server=server)

    # Where typer looks for what a command takes.
    declared: Any = with_server
    declared.__signature__ = inspect.Signature(parameters)
    declared.__annotations__ = {option.name: option.annotation for option in parameters}
    return with_server

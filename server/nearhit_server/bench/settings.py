"""What a run does to which server. Everything here travels to other processes as JSON."""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final, Self

import grpc

import nearhit

DEFAULT_CONCURRENCY: Final = 64


class Arrivals(StrEnum):
    """When the calls of an open loop are due."""

    # Independent callers arrive like this; evenly spaced calls never queue behind each other
    # and show a server better than it is.
    POISSON = "poisson"
    UNIFORM = "uniform"


@dataclass(frozen=True)
class Target:
    """A server, and how to talk to it. The TLS files are paths."""

    address: str
    api_key: str | None = field(default=None, repr=False)
    tls: bool = False
    ca: str | None = None
    certificate: str | None = None
    key: str | None = None
    server_name: str | None = None

    @property
    def credentials(self) -> grpc.ChannelCredentials | None:
        """None without TLS. Raises OSError and ValueError for files that are of no use."""
        if not self.tls:
            return None
        return nearhit.tls(ca=self.ca, certificate=self.certificate, key=self.key)

    @property
    def metadata(self) -> tuple[tuple[str, str], ...]:
        """What each call carries."""
        return (("authorization", f"Bearer {self.api_key}"),) if self.api_key else ()

    @property
    def channel_options(self) -> list[tuple[str, Any]]:
        """What a channel needs beside the credentials."""
        name = self.server_name
        return [("grpc.ssl_target_name_override", name)] if name else []


@dataclass(frozen=True)
class Load:
    """How many calls, how long. Either `rate` (open loop) or `concurrency` (closed) is set."""

    rate: float | None = None
    """Calls a second, whether or not earlier ones have been answered."""
    concurrency: int | None = None
    """Callers who each wait for an answer before they call again."""
    arrivals: Arrivals = Arrivals.POISSON
    duration_seconds: float = 30.0
    warmup_seconds: float = 5.0
    """Calls due in it are made, and left out of the results."""
    timeout_seconds: float = 5.0
    processes: int = 1
    channels: int = 1
    """Connections of each process."""
    max_outstanding: int = 4_096
    """Calls of an open loop due while so many are unanswered are dropped, and counted."""
    seed: int = 0

    @property
    def total_seconds(self) -> float:
        """From the first call to the last one due."""
        return self.warmup_seconds + self.duration_seconds

    def of_process(self, process: int) -> Self:
        """One process's part of the load."""
        return replace(
            self,
            rate=None if self.rate is None else self.rate / self.processes,
            concurrency=_part(self.concurrency, process, self.processes),
            max_outstanding=-(-self.max_outstanding // self.processes),
        )


def _part(whole: int | None, process: int, processes: int) -> int | None:
    if whole is None:
        return None
    return whole // processes + (process < whole % processes)


@dataclass(frozen=True)
class Session:
    """What all requests of one process have in common."""

    cache: str
    seed: int
    dimension: int
    """Of the vectors in the cache."""
    ttl_seconds: float
    """Of every entry, in case that nobody is left to delete it."""
    attributes: dict[str, str] = field(default_factory=dict)
    """Of every entry, to delete them by in a cache that others use too."""
    process: int = 0
    processes: int = 1


@dataclass(frozen=True)
class Assignment:
    """All that one process has to know."""

    target: Target
    scenario: dict[str, Any]
    load: Load
    """The process's part."""
    session: Session

    @classmethod
    def restored(cls, fields: dict[str, Any]) -> Self:
        """The assignment that `dataclasses.asdict` took apart."""
        load = {**fields["load"], "arrivals": Arrivals(fields["load"]["arrivals"])}
        return cls(
            target=Target(**fields["target"]),
            scenario=fields["scenario"],
            load=Load(**load),
            session=Session(**fields["session"]),
        )

"""What can be set about the use of Redis."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class RedisOptions:
    """Times are seconds and count everything: waiting for a connection, connecting, retries."""

    algorithm: str = "HNSW"
    max_connections: int = 64
    connect_timeout_seconds: float = 0.5
    command_timeout_seconds: float = 0.9
    patient_timeout_seconds: float = 10.0
    replicas_to_wait_for: int = 0
    """How many replicas must have a Store before it is acknowledged."""

    def seconds(self, *, patient: bool) -> float:
        """How long a round trip may take."""
        return self.patient_timeout_seconds if patient else self.command_timeout_seconds

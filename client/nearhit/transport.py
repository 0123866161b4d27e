"""How a channel is set up: sizes, keepalive, and which calls are retried."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

ChannelOptions: TypeAlias = Sequence[tuple[str, Any]]

MAX_MESSAGE_BYTES: Final = 32 * 1024 * 1024

# Repeating one of these leaves the same state behind and gives the same answer: a Store
# is a replace. Left out on purpose: CreateCache and DeleteCache, whose second attempt
# would say ALREADY_EXISTS or NOT_FOUND of the caller's own success, and CreateKey and
# RotateKey, whose lost answer holds a secret that nobody would ever see. A Delete or a
# Flush repeated may count less than it removed, and a ReleaseEntry say that there was
# nothing to release, which is the smaller harm.
IDEMPOTENT_METHODS: Final[Mapping[str, Sequence[str]]] = {
    "nearhit.v1.SemanticCacheService": (
        "Search",
        "BatchSearch",
        "Store",
        "BatchStore",
        "Update",
        "Delete",
        "Flush",
        "ListEntries",
        "ReportHit",
    ),
    "nearhit.v1.EmbeddingCacheService": (
        "EmbeddingGet",
        "EmbeddingSet",
        "EmbeddingExists",
        "EmbeddingDelete",
        "EmbeddingFlush",
    ),
    "nearhit.v1.CacheAdminService": ("GetCache", "ListCaches", "UpdateCache"),
    "nearhit.v1.CacheQualityService": (
        "GetCacheStats",
        "ListReports",
        "ReleaseEntry",
        "ListShadowSearches",
    ),
    "nearhit.v1.KeyAdminService": ("ListKeys", "RevokeKey"),
}

RETRY_POLICY: Final[Mapping[str, Any]] = {
    # About 0.35 s of waiting in all: a caller whose cache is down has an LLM to ask instead.
    "maxAttempts": 4,
    "initialBackoff": "0.05s",
    "maxBackoff": "1s",
    "backoffMultiplier": 2,
    # CANCELLED is what gRPC answers, not the server, to a call that meets the very end of a
    # shutdown; one's own cancelling is not repeated. Nothing else: a full embedding queue is
    # relieved by fewer calls, not by more.
    "retryableStatusCodes": ["UNAVAILABLE", "CANCELLED"],
}

# Once half the tokens are gone calls fail at the first attempt: a server that is down
# for everybody does not get four times the load. A success brings a tenth back.
_RETRY_THROTTLING: Final = {"maxTokens": 100, "tokenRatio": 0.1}

_DEFAULT_OPTIONS: Final[Mapping[str, Any]] = {
    "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
    "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
    # By default a call over 256 KiB is not kept for a retry, which rules out most batches.
    "grpc.per_rpc_retry_buffer_size": MAX_MESSAGE_BYTES,
    # The least that servers accept from a silent connection unless told otherwise. What
    # matters more is the timeout, which also becomes TCP_USER_TIMEOUT: a connection that
    # no longer acknowledges is given up after it, not after the kernel's quarter of an hour.
    "grpc.keepalive_time_ms": 300_000,
    "grpc.keepalive_timeout_ms": 10_000,
}


def service_config() -> str:
    """The gRPC service config, JSON: retries for the calls that may be repeated, and calls
    spread over all addresses that the target has."""
    names = [
        {"service": service, "method": method}
        for service, methods in IDEMPOTENT_METHODS.items()
        for method in methods
    ]
    return json.dumps(
        {
            # By default one of the addresses gets every call, until its connection ends.
            "loadBalancingConfig": [{"round_robin": {}}],
            "methodConfig": [{"name": names, "retryPolicy": RETRY_POLICY}],
            "retryThrottling": _RETRY_THROTTLING,
        }
    )


def channel_options(own: ChannelOptions = ()) -> list[tuple[str, Any]]:
    """The channel's options, those of the caller's `own` coming first in rank."""
    options = {**_DEFAULT_OPTIONS, "grpc.service_config": service_config(), **dict(own)}
    return list(options.items())

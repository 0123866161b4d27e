"""Rate limits for each key and cache, shared by all replicas of a server."""

from nearhit_server.rate_limits.limit import Limit
from nearhit_server.rate_limits.opening import open_rate_limiter

__all__ = ["Limit", "open_rate_limiter"]

"""What calls have to get past."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from nearhit_server.core.access.authenticator import Authenticator
from nearhit_server.core.admission import Admission
from nearhit_server.core.observing import Observer
from nearhit_server.core.ports import Clock, KeyStore
from nearhit_server.rate_limits import open_rate_limiter
from nearhit_server.settings import Settings


@asynccontextmanager
async def open_admission(
    settings: Settings, *, keys: KeyStore, clock: Clock, observer: Observer
) -> AsyncIterator[Admission]:
    """Keys, rate limits and bounds as the settings say."""
    full_access = [key.get_secret_value() for key in settings.api_keys]
    authenticator = Authenticator(keys, clock=clock, full_access=full_access)
    async with AsyncExitStack() as stack:
        limiter = None
        if settings.rate_limit is not None:
            limiter = await stack.enter_async_context(
                open_rate_limiter(
                    # Replicas on one Redis share what a caller may use.
                    store_url=None if settings.store == "embedded" else settings.store,
                    rate=settings.rate_limit,
                    burst=settings.rate_limit_burst,
                )
            )
        yield Admission(
            authenticator=authenticator if settings.asks_for_keys else None,
            limiter=limiter,
            observer=observer,
            max_calls=settings.max_concurrent_calls,
            max_request_bytes=settings.max_concurrent_bytes,
            max_seconds=settings.max_call_seconds,
        )

"""API keys: a hash of them all, and their ids in order beside it."""

from typing import Any

from nearhit_server.core.access.keys import ApiKey
from nearhit_server.stores.key_json import key_from_json, key_to_json
from nearhit_server.stores.redis.commands import Command, Commands, call, run_one
from nearhit_server.stores.redis.key_scripts import PUT_KEY
from nearhit_server.stores.redis.keys import API_KEY_IDS, API_KEYS


class RedisKeyStore:
    """Implements the port KeyStore, which says what each method does."""

    def __init__(self, commands: Commands) -> None:
        self._commands = commands

    async def get_key(self, key_id: str) -> ApiKey | None:
        """As KeyStore.get_key."""
        text = await self._one(("HGET", API_KEYS, key_id))
        return None if text is None else key_from_json(text, key_id=key_id)

    async def list_keys(self, *, after: str, limit: int) -> list[ApiKey]:
        """As KeyStore.list_keys."""
        low = f"({after}" if after else "-"
        ids = await self._one(("ZRANGEBYLEX", API_KEY_IDS, low, "+", "LIMIT", 0, limit))
        if not ids:
            return []
        texts = await self._one(("HMGET", API_KEYS, *ids))
        return [
            key_from_json(text, key_id=key_id.decode())
            for key_id, text in zip(ids, texts, strict=True)
        ]

    async def put_key(self, key: ApiKey) -> bool:
        """As KeyStore.put_key."""
        words = (key.key_id, key.version, key_to_json(key))
        put = call(PUT_KEY, (API_KEYS, API_KEY_IDS), *words)
        (reply,) = await self._commands.run(API_KEYS, [put], durable=True)
        if isinstance(reply, Exception):
            raise reply
        return bool(reply)

    async def _one(self, command: Command) -> Any:
        return await run_one(self._commands, API_KEYS, command)

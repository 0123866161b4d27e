"""The bodies of the administration of API keys."""

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from nearhit_server.api.rest.schemas import Answer, Input, KeyId, Omittable, Partial, Text
from nearhit_server.core import limits
from nearhit_server.core.access.key_settings import (
    MAX_DISPLAY_NAME_CHARACTERS,
    MAX_GRACE_PERIOD,
    MAX_NAMES,
)
from nearhit_server.core.access.secrets import KEY_ID

ScopeName = Literal["read", "write", "admin"]

_CACHE_NAME: Final = rf"^({limits.CACHE_ID.pattern}|\*)$"
_NAMESPACE_NAME: Final = rf"^(({limits.NAMESPACE.pattern})?|\*)$"

_DATE_TIME: Final = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
"""Of RFC 3339. pydantic takes much more for a time, such as a number."""


def _date_time(value: Any) -> datetime:
    if isinstance(value, str) and _DATE_TIME.fullmatch(value):
        with suppress(ValueError, OverflowError):
            return datetime.fromisoformat(value.upper()).astimezone(UTC)
    raise PydanticCustomError("date_time", "is not a time like 2030-01-31T12:00:00Z")


DateTime = Annotated[datetime, BeforeValidator(_date_time)]

_MAX_GRACE_MILLIS: Final = MAX_GRACE_PERIOD // timedelta(milliseconds=1)


class CreateKeyInput(Input):
    """What the key shall allow."""

    display_name: Text = Field(default="", max_length=MAX_DISPLAY_NAME_CHARACTERS)
    scopes: list[ScopeName] = Field(
        min_length=1,
        max_length=3,
        json_schema_extra={"uniqueItems": True},
        examples=[["read", "write"]],
    )
    caches: list[Annotated[str, Field(pattern=_CACHE_NAME)]] = Field(
        default_factory=list,
        max_length=MAX_NAMES,
        description='Names of caches; "*" for every one.',
        examples=[["default"]],
    )
    namespaces: list[Annotated[str, Field(pattern=_NAMESPACE_NAME)]] = Field(
        default_factory=list,
        max_length=MAX_NAMES,
        description='Namespaces of embeddings; "*" for every one.',
    )
    expires_at: Omittable[DateTime] = Field(
        default=None, description="When the key ends by itself; by default it does not."
    )


class RotateKeyInput(Input):
    """How to change over."""

    grace_period_millis: Omittable[Annotated[int, Field(ge=0, le=_MAX_GRACE_MILLIS)]] = Field(
        default=None, description="How long the older secret stays good."
    )


class ListKeysInput(Input):
    """Which page of keys."""

    page_size: int = Field(
        default=0, ge=0, le=limits.MAX_PAGE_SIZE, description="0: as many as the server likes."
    )
    page_token: str = Field(
        default="",
        pattern=rf"^({KEY_ID.pattern})?$",
        description="`nextPageToken` of the page before.",
    )


class KeyAnswer(Answer):
    """A key, without its secrets."""

    key_id: KeyId
    display_name: str
    scopes: list[ScopeName]
    caches: list[str]
    namespaces: list[str]
    created_at: datetime
    expires_at: Partial[datetime] = None
    revoked_at: Partial[datetime] = None


class IssuedKeyAnswer(KeyAnswer):
    """A key with its newest secret, which is told this once."""

    secret: str


class KeysAnswer(Answer):
    """A page of keys, in the order of their ids."""

    keys: list[KeyAnswer]
    next_page_token: Partial[str] = Field(
        default=None, description="Where the next page begins, if there is one."
    )

"""The bodies of the administration of API keys."""

from datetime import datetime, timedelta
from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, Field

from nearhit_server.api.rest.schemas import Answer, Input, KeyId, Omittable, Partial
from nearhit_server.core import limits
from nearhit_server.core.access.key_settings import (
    MAX_DISPLAY_NAME_CHARACTERS,
    MAX_GRACE_PERIOD,
    MAX_NAMES,
)

ScopeName = Literal["read", "write", "admin"]

_MAX_GRACE_MILLIS: Final = MAX_GRACE_PERIOD // timedelta(milliseconds=1)


class CreateKeyInput(Input):
    """What the key shall allow."""

    display_name: str = Field(default="", max_length=MAX_DISPLAY_NAME_CHARACTERS)
    scopes: list[ScopeName] = Field(
        min_length=1, max_length=3, json_schema_extra={"uniqueItems": True}
    )
    caches: list[str] = Field(
        default_factory=list,
        max_length=MAX_NAMES,
        description='Names of caches; "*" for every one.',
        examples=[["default"]],
    )
    namespaces: list[str] = Field(
        default_factory=list,
        max_length=MAX_NAMES,
        description='Namespaces of embeddings; "*" for every one.',
    )
    expires_at: Omittable[AwareDatetime] = Field(
        default=None, description="When the key ends by itself; by default it does not."
    )


class RotateKeyInput(Input):
    """How to change over."""

    grace_period_millis: Omittable[Annotated[int, Field(ge=0, le=_MAX_GRACE_MILLIS)]] = Field(
        default=None, description="How long the older secret stays good."
    )


class ListKeysInput(Input):
    """Which page of keys."""

    page_size: int = Field(default=0, ge=0, le=limits.MAX_PAGE_SIZE)
    page_token: str = Field(default="", description="`nextPageToken` of the page before.")


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

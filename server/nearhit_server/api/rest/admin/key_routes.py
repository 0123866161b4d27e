"""Where API keys are managed, and how."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from starlette.responses import Response

from nearhit_server.api.rest.admin.key_models import (
    CreateKeyInput,
    IssuedKeyAnswer,
    KeyAnswer,
    KeysAnswer,
    ListKeysInput,
    RotateKeyInput,
)
from nearhit_server.api.rest.responses import json_response
from nearhit_server.api.rest.routes import Call, Operation, Route
from nearhit_server.core.access.callers import Access, Scope
from nearhit_server.core.access.key_admin import IssuedKey, KeyAdmin
from nearhit_server.core.access.key_settings import NewKey
from nearhit_server.core.access.keys import ApiKey

_KEYS: Final = "/v1/admin/keys"
_KEY: Final = f"{_KEYS}/{{keyId}}"
_TAG: Final = "Keys"

_SECRET: Final = {"cache-control": "no-store"}


class KeyAdminApi:
    """The handlers of the administration of keys."""

    def __init__(self, admin: KeyAdmin) -> None:
        self._admin = admin

    def routes(self) -> list[Route]:
        """Each call of the API."""
        return [
            Route(
                verb="GET",
                path=_KEYS,
                handler=self.list,
                needs=_administer,
                input=ListKeysInput,
                operation=Operation(
                    name="listKeys",
                    tag=_TAG,
                    summary="List the keys within the reach of the caller's",
                    answers={200: KeysAnswer},
                ),
            ),
            Route(
                verb="POST",
                path=_KEYS,
                handler=self.create,
                needs=_administer,
                input=CreateKeyInput,
                operation=Operation(
                    name="createKey",
                    tag=_TAG,
                    summary="Make a key",
                    description="The secret is told this once.",
                    answers={201: IssuedKeyAnswer},
                ),
            ),
            Route(
                verb="POST",
                path=f"{_KEY}/rotate",
                handler=self.rotate,
                needs=_administer,
                input=RotateKeyInput,
                operation=Operation(
                    name="rotateKey",
                    tag=_TAG,
                    summary="Give a key a new secret",
                    description="The secret is told this once.",
                    answers={200: IssuedKeyAnswer},
                ),
            ),
            Route(
                verb="POST",
                path=f"{_KEY}/revoke",
                handler=self.revoke,
                needs=_administer,
                operation=Operation(
                    name="revokeKey",
                    tag=_TAG,
                    summary="End a key",
                    answers={200: KeyAnswer},
                ),
            ),
        ]

    async def list(self, call: Call, query: ListKeysInput) -> Response:
        """Page through the keys that the caller may touch."""
        page = await self._admin.list(
            call.caller, page_size=query.page_size, page_token=query.page_token
        )
        return json_response(
            KeysAnswer(
                keys=[KeyAnswer(**_members(key)) for key in page.keys],
                next_page_token=page.next_page_token or None,
            )
        )

    async def create(self, call: Call, body: CreateKeyInput) -> Response:
        """Make a key, and tell its secret this once."""
        new = NewKey(
            display_name=body.display_name,
            scopes=tuple(Scope(name) for name in body.scopes),
            caches=tuple(body.caches),
            namespaces=tuple(body.namespaces),
            expires_at=body.expires_at,
        )
        issued = await self._admin.create(new, call.caller)
        return json_response(_encode_issued(issued), status=201, headers=_SECRET)

    async def rotate(self, call: Call, body: RotateKeyInput) -> Response:
        """Give a key a new secret, and tell it this once."""
        millis = body.grace_period_millis
        issued = await self._admin.rotate(
            call.parameters["keyId"],
            call.caller,
            grace_period=None if millis is None else timedelta(milliseconds=millis),
        )
        return json_response(_encode_issued(issued), headers=_SECRET)

    async def revoke(self, call: Call, _: None) -> Response:
        """End a key."""
        key = await self._admin.revoke(call.parameters["keyId"], call.caller)
        return json_response(KeyAnswer(**_members(key)))


def _administer(parameters: Mapping[str, str]) -> Access:
    # Which keys the caller may touch is the core's to say: only the store knows their reach.
    return Access(scopes=(Scope.ADMIN,))


def _encode_issued(issued: IssuedKey) -> IssuedKeyAnswer:
    return IssuedKeyAnswer(**_members(issued.key), secret=issued.secret)


def _members(key: ApiKey) -> dict[str, Any]:
    return {
        "key_id": key.key_id,
        "display_name": key.display_name,
        "scopes": [scope.value for scope in Scope if scope in key.scopes],
        "caches": sorted(key.caches.names),
        "namespaces": sorted(key.namespaces.names),
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
    }

"""KeyAdminService: decode, call the core, encode."""

from collections.abc import Mapping
from typing import Any

from nearhit.v1 import key_admin_pb2 as pb
from nearhit_server.api.grpc.codec.keys import decode_new_key, encode_key
from nearhit_server.api.grpc.codec.values import decode_duration
from nearhit_server.api.grpc.endpoint import Rpc
from nearhit_server.core.access.callers import Access, Caller, Scope
from nearhit_server.core.access.key_admin import KeyAdmin


class KeyAdminService:
    """The handlers of nearhit.v1.KeyAdminService."""

    def __init__(self, admin: KeyAdmin) -> None:
        self._admin = admin

    def rpcs(self) -> Mapping[str, Rpc]:
        """Each method by its name."""
        return {
            "CreateKey": Rpc(self.create_key, _administer),
            "ListKeys": Rpc(self.list_keys, _administer),
            "RotateKey": Rpc(self.rotate_key, _administer),
            "RevokeKey": Rpc(self.revoke_key, _administer),
        }

    async def create_key(
        self, request: pb.CreateKeyRequest, caller: Caller
    ) -> pb.CreateKeyResponse:
        """Make a key, and tell its secret this once."""
        issued = await self._admin.create(decode_new_key(request), caller)
        return pb.CreateKeyResponse(key=encode_key(issued.key), secret=issued.secret)

    async def list_keys(self, request: pb.ListKeysRequest, caller: Caller) -> pb.ListKeysResponse:
        """Page through the keys that the caller may touch."""
        page = await self._admin.list(
            caller, page_size=request.page_size, page_token=request.page_token
        )
        return pb.ListKeysResponse(
            keys=[encode_key(key) for key in page.keys], next_page_token=page.next_page_token
        )

    async def rotate_key(
        self, request: pb.RotateKeyRequest, caller: Caller
    ) -> pb.RotateKeyResponse:
        """Give a key a new secret, and tell it this once."""
        grace_period = (
            decode_duration(request.grace_period, field="grace_period")
            if request.HasField("grace_period")
            else None
        )
        issued = await self._admin.rotate(request.key_id, caller, grace_period=grace_period)
        return pb.RotateKeyResponse(key=encode_key(issued.key), secret=issued.secret)

    async def revoke_key(
        self, request: pb.RevokeKeyRequest, caller: Caller
    ) -> pb.RevokeKeyResponse:
        """End a key."""
        return pb.RevokeKeyResponse(
            key=encode_key(await self._admin.revoke(request.key_id, caller))
        )


def _administer(request: Any) -> Access:
    # Which keys the caller may touch is the core's to say: only the store knows their reach.
    return Access(scopes=(Scope.ADMIN,))

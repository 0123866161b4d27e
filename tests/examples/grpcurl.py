"""What `grpcurl -plaintext` prints, from the same sources: reflection and the JSON mapping.

It is no package of any registry, so the tests cannot bring the real one along.
"""

import json
from typing import Any

import grpc
from google.protobuf import json_format
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)
from grpc_status import rpc_status


class Grpcurl:
    """The commands `list` and call, on one server. All that it knows, the server told it."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._channel = channel
        self._reflected = ProtoReflectionDescriptorDatabase(channel)
        self._pool = DescriptorPool(self._reflected)

    def list_services(self) -> str:
        """The names of the services, one a line."""
        return "\n".join(sorted(self._reflected.get_services()))

    def call(self, method: str, body: str) -> str:
        """The response, or the error, to a request in JSON; `method` is SERVICE/METHOD."""
        service, _, name = method.partition("/")
        types = self._pool.FindServiceByName(service).methods_by_name[name]
        request = json_format.Parse(body, GetMessageClass(types.input_type)())
        try:
            answer = self._channel.unary_unary(f"/{method}")(request.SerializeToString())
        except grpc.RpcError as error:
            return self._shown_error(error)
        response = GetMessageClass(types.output_type).FromString(answer)
        return shown(json_format.MessageToDict(response))

    def _shown_error(self, error: grpc.RpcError) -> str:
        status = rpc_status.from_call(error)
        name = grpc.StatusCode(error.code()).name.title().replace("_", "")
        lines = ["ERROR:", f"  Code: {name}", f"  Message: {status.message}", "  Details:"]
        for number, detail in enumerate(status.details, start=1):
            first, *rest = shown(self._unpacked(detail)).splitlines()
            lines += [f"  {number})\t{first}", *(f"    \t{line}" for line in rest)]
        return "\n".join(lines)

    def _unpacked(self, detail: Any) -> dict[str, Any]:
        """The fields of a google.protobuf.Any in the order of their names, its type first."""
        kind = self._pool.FindMessageTypeByName(detail.TypeName())
        fields = json_format.MessageToDict(GetMessageClass(kind).FromString(detail.value))
        return {"@type": detail.type_url} | dict(sorted(fields.items()))


def shown(message: dict[str, Any]) -> str:
    """JSON as a terminal shows it."""
    return json.dumps(message, indent=2, ensure_ascii=False)

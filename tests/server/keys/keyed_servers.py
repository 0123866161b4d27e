"""Servers that ask for API keys, and calls to them with and without one."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.message import Message
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

import nearhit
from nearhit import KeyScope
from nearhit_server.app import open_application
from nearhit_server.settings import Settings

BOOT_KEY = "boot-key"
HEALTH = "grpc.health.v1.Health"

ALL = ("*",)
"""Every cache, or every namespace."""

UNAUTHENTICATED = grpc.StatusCode.UNAUTHENTICATED


@asynccontextmanager
async def keyed_server(store: str, *, data_dir: Path, model: Path) -> AsyncIterator[str]:
    """The address of a server on `store` whose settings hold one key."""
    settings = Settings(
        grpc="127.0.0.1:0",
        http="off",
        store=store,
        data_dir=data_dir,
        model=str(model),
        device="cpu",
        api_keys=(BOOT_KEY,),
    )
    async with open_application(settings) as servers:
        yield servers.grpc.address


@dataclass(frozen=True)
class Answer:
    """How a call ended: all of it that its caller can see, but for its request id."""

    code: grpc.StatusCode
    message: str | None = ""
    details: bytes = b""
    response: bytes = b""


def authorization(secret: str | None) -> Sequence[tuple[str, str]]:
    """The metadata that present a key, none for None."""
    return () if secret is None else (("authorization", f"Bearer {secret}"),)


async def ask(
    channel: grpc.aio.Channel, path: str, secret: str | None, request: Message | bytes = b""
) -> Answer:
    """The answer to one call of a method. A streaming one can be refused in the same way."""
    raw = request if isinstance(request, bytes) else request.SerializeToString()
    try:
        response = await channel.unary_unary(path)(raw, metadata=authorization(secret))
    except grpc.aio.AioRpcError as error:
        trailers: Mapping[str, str | bytes] = dict(error.trailing_metadata() or ())
        details = trailers.get("grpc-status-details-bin", b"")
        assert isinstance(details, bytes)
        return Answer(error.code(), error.details(), details)
    return Answer(grpc.StatusCode.OK, response=response)


async def listed_methods(channel: grpc.aio.Channel, secret: str) -> set[str]:
    """The path of every method that the server tells of by reflection."""
    answers = await _reflected(channel, secret, [{"list_services": ""}])
    names = [service.name for service in answers[0].list_services_response.service]
    answers = await _reflected(
        channel, secret, [{"file_containing_symbol": name} for name in names]
    )
    paths = set()
    for name, answer in zip(names, answers, strict=True):
        for raw in answer.file_descriptor_response.file_descriptor_proto:
            file = FileDescriptorProto.FromString(raw)
            for service in file.service:
                if f"{file.package}.{service.name}" == name:
                    paths |= {f"/{name}/{method.name}" for method in service.method}
    return paths


async def _reflected(
    channel: grpc.aio.Channel, secret: str, queries: Sequence[Mapping[str, str]]
) -> list[reflection_pb2.ServerReflectionResponse]:
    requests = iter([reflection_pb2.ServerReflectionRequest(**query) for query in queries])
    stub = reflection_pb2_grpc.ServerReflectionStub(channel)
    call = stub.ServerReflectionInfo(requests, metadata=authorization(secret))
    return [response async for response in call]


async def secret_of(boot: nearhit.AsyncClient, *scopes: KeyScope, **reach: Any) -> str:
    """The secret of a new key that reaches everything unless `reach` says else."""
    everything = {"caches": ALL, "namespaces": ALL}
    return (await boot.create_key(scopes=scopes, **(everything | reach))).secret

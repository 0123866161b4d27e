"""The OpenAPI document, made from the routes and from the models that check their input."""

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final, Literal

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from nearhit_server.api.rest import problems
from nearhit_server.api.rest.problems import Kind, ProblemBody
from nearhit_server.api.rest.routes import Operation, Route
from nearhit_server.api.rest.schemas import CacheId, EntryId, KeyId

Json = dict[str, Any]

_PARAMETERS: Final = {"cacheId": CacheId, "entryId": EntryId, "keyId": KeyId}
"""The types of the variable parts of paths."""

_ANYWHERE: Final = (
    *(problems.TOO_SLOW, problems.TOO_LARGE),
    *(problems.STORE_UNAVAILABLE, problems.STORE_FULL, problems.TOO_MANY),
    *(problems.INTERNAL, problems.UNAVAILABLE, problems.LATE),
)
_WITH_KEYS: Final = (problems.UNAUTHORIZED, problems.FORBIDDEN)
_OF_NAMED: Final = {
    "keyId": (problems.INVALID, problems.NOT_FOUND),
    # Which of the types of 404, is a matter of the client's name.
    "cacheId": (problems.INVALID, problems.CACHE_NOT_FOUND, problems.NOT_FOUND),
    "entryId": (problems.ENTRY_NOT_FOUND,),
}

_RATE_LIMIT_HEADERS: Final[Json] = {
    name: {"description": description, "schema": {"type": "integer"}}
    for name, description in {
        "X-RateLimit-Limit": "How many calls the key has, where its calls are limited.",
        "X-RateLimit-Remaining": "How many of them are left.",
        "X-RateLimit-Reset": "When all of them are there again, in Unix seconds.",
    }.items()
}

_RETRY_AFTER: Final[Json] = {
    "Retry-After": {"description": "In seconds.", "schema": {"type": "integer", "minimum": 1}}
}

_PREFER: Final[Json] = {
    "name": "Prefer",
    "in": "header",
    "schema": {
        "type": "string",
        "description": "`return=representation` for an answer that has a body.",
        "examples": ["return=representation"],
    },
}

_ABOUT: Final = (
    "A semantic cache for LLM applications: the LangCache API, as its SDKs speak it, reports about "
    "hits and what they tell, and the administration of caches and keys. Bodies are JSON, whatever "
    "their content type says."
)


class _Schemas(GenerateJsonSchema):
    """JSON Schemas as readers of an API's description expect them."""

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        # None stands for what was left out, and is no value to send.
        if "default" in schema and schema["default"] is None:
            return self.generate_inner(schema["schema"])
        return super().default_schema(schema)

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


class _Components:
    """The schemas that the document's parts refer to."""

    def __init__(self, models: Sequence[Any]) -> None:
        # In the order of their names, so that the document stays the same.
        unique = sorted(set(models), key=lambda model: str(model.__name__))
        mode: Literal["validation"] = "validation"
        self._references, document = TypeAdapter.json_schemas(
            [(model, mode, TypeAdapter(model)) for model in unique],
            ref_template="#/components/schemas/{model}",
            schema_generator=_Schemas,
        )
        self.schemas: Json = document["$defs"]

    def reference(self, model: Any) -> Json:
        return self._references[model, "validation"]

    def members(self, model: Any) -> tuple[Json, list[str]]:
        """The members of an object, and which of them have to be there."""
        schema = self.schemas[model.__name__]
        return schema["properties"], schema.get("required", [])

    def may_be_empty(self, model: Any) -> bool:
        """Whether an object without members will do."""
        return not {"required", "minProperties"} & self.schemas[model.__name__].keys()


def openapi_document(routes: Sequence[Route], *, version: str, keys: bool) -> Json:
    """The document of all routes that have an operation; `keys` says whether callers need one."""
    described = [(route, route.operation) for route in routes if route.operation is not None]
    components = _Components(
        [
            ProblemBody,
            *(route.input for route, _ in described if route.input is not None),
            *(model for _, operation in described for model in operation.answers.values() if model),
        ]
    )
    paths: dict[str, Json] = {}
    for route, operation in described:
        item = paths.setdefault(route.path, {"parameters": _path_parameters(route.path)})
        item[route.verb.lower()] = _operation(route, operation, components, keys=keys)
    document: Json = {
        "openapi": "3.1.0",
        "info": {"title": "nearhit", "version": version, "description": _ABOUT},
        "tags": [{"name": name} for name in dict.fromkeys(o.tag for _, o in described)],
        "paths": paths,
        "components": {"schemas": components.schemas},
    }
    if keys:
        document["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{"key": []}]
    return document


def _path_parameters(path: str) -> list[Json]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": TypeAdapter(_PARAMETERS[name]).json_schema(),
        }
        for name in _names_in(path)
    ]


def _names_in(path: str) -> list[str]:
    return re.findall(r"\{(\w+)\}", path)


def _operation(route: Route, operation: Operation, components: _Components, *, keys: bool) -> Json:
    described: Json = {
        "operationId": operation.name,
        "tags": [operation.tag],
        "summary": operation.summary,
        "responses": {
            **{
                str(status): _answer(status, None if model is None else components.reference(model))
                for status, model in operation.answers.items()
            },
            **_failures(_failures_of(route, operation, keys=keys), components),
        },
    }
    if operation.description:
        described["description"] = operation.description
    if {200, 204} <= operation.answers.keys():
        described["parameters"] = [_PREFER]
    if route.input is not None:
        described |= _input(route, components)
    return described


def _input(route: Route, components: _Components) -> Json:
    if route.verb != "GET":
        body = {"application/json": {"schema": components.reference(route.input)}}
        # One that is absent counts as an empty object.
        optional = components.may_be_empty(route.input)
        return {"requestBody": {"required": not optional, "content": body}}
    members, required = components.members(route.input)
    parameters = [
        {"name": name, "in": "query", "required": name in required, "schema": schema}
        for name, schema in members.items()
    ]
    return {"parameters": parameters}


def _answer(status: int, schema: Json | None) -> Json:
    answer: Json = {"description": HTTPStatus(status).phrase, "headers": _RATE_LIMIT_HEADERS}
    if schema is not None:
        answer["content"] = {"application/json": {"schema": schema}}
    return answer


def _failures_of(route: Route, operation: Operation, *, keys: bool) -> list[Kind]:
    return [
        *(kind for name in _names_in(route.path) for kind in _OF_NAMED[name]),
        *((problems.INVALID,) if route.input is not None else ()),
        *(_WITH_KEYS if keys else ()),
        *operation.failures,
        *_ANYWHERE,
    ]


def _failures(kinds: Sequence[Kind], components: _Components) -> Json:
    failures: Json = {}
    for status in sorted({kind.status for kind in kinds}):
        failure = _answer(status, components.reference(ProblemBody))
        told = dict.fromkeys(f"{k.title}: `{k.type}`" for k in kinds if k.status == status)
        failure["description"] = "; ".join(told)
        if status == problems.TOO_MANY.status:
            failure["headers"] = {**_RATE_LIMIT_HEADERS, **_RETRY_AFTER}
        failures[str(status)] = failure
    return failures

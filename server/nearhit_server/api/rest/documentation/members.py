"""JSON Schemas put into words."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

Json = Mapping[str, Any]

_RULES: Final = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "minProperties": "at least {} members",
    "maxProperties": "at most {} members",
    "pattern": "matches {}",
    "default": "by default {}",
}


@dataclass(frozen=True)
class Member:
    """A member of an object, or a parameter."""

    name: str
    type: str
    required: bool
    rules: str
    description: str


def members_of(schema: Json, schemas: Json) -> list[Member]:
    """The members of an object; `schemas` are those that references lead to."""
    schema = _resolved(schema, schemas)
    required = schema.get("required", ())
    return [
        member_of(name, member, schemas, required=name in required)
        for name, member in schema.get("properties", {}).items()
    ]


def member_of(name: str, schema: Json, schemas: Json, *, required: bool) -> Member:
    """One member."""
    # Of one that can be null the bounds are those of what else it can be.
    bounds = {**next(iter(schema.get("anyOf", ())), {}), **schema}
    return Member(
        name=name,
        type=_type(schema, schemas),
        required=required,
        rules="; ".join(
            text.format(json.dumps(bounds[keyword], ensure_ascii=False))
            for keyword, text in _RULES.items()
            if keyword in bounds
        ),
        description=schema.get("description", ""),
    )


def example_of(schema: Json, schemas: Json) -> dict[str, Any]:
    """An object as it could be sent: the members that have to be there, and those that say
    themselves what they could be."""
    schema = _resolved(schema, schemas)
    return {
        name: member["examples"][0]
        for name, member in schema.get("properties", {}).items()
        if member.get("examples")
    }


def _resolved(schema: Json, schemas: Json) -> Json:
    reference = schema.get("$ref")
    return schema if reference is None else schemas[reference.rsplit("/", 1)[1]]


def _type(schema: Json, schemas: Json) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[1]
    if "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema["enum"])
    if "anyOf" in schema:
        return " | ".join(_type(one, schemas) for one in schema["anyOf"])
    match schema.get("type"):
        case "array":
            return f"[{_type(schema['items'], schemas)}]"
        case "object":
            values = [*schema.get("patternProperties", {}).values()]
            values += [schema.get("additionalProperties")]
            return f"{{name: {_type(values[0], schemas)}}}"
        case type_:
            format_ = schema.get("format")
            return f"{type_} ({format_})" if format_ else str(type_)

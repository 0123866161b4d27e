"""The API's description as a page for people, which needs nothing from anywhere else."""

import json
from collections.abc import Mapping
from importlib import resources
from typing import Any, Final

from jinja2 import Environment, StrictUndefined

from nearhit_server.api.rest.documentation.members import example_of, member_of, members_of

_TEMPLATE: Final = "page.html.j2"


def page_of(document: Mapping[str, Any]) -> str:
    """The OpenAPI document as HTML."""
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template = resources.files(__package__).joinpath(_TEMPLATE).read_text()
    schemas = document["components"]["schemas"]
    return environment.from_string(template).render(
        info=document["info"],
        keys="security" in document,
        tags=[tag["name"] for tag in document["tags"]],
        operations=[
            {
                **operation,
                "verb": verb.upper(),
                "path": path,
                "parameters": [
                    member_of(p["name"], p["schema"], schemas, required=p.get("required", False))
                    for p in [*item["parameters"], *operation.get("parameters", ())]
                ],
                "body": _body(operation, schemas),
            }
            for path, item in document["paths"].items()
            for verb, operation in item.items()
            if verb != "parameters"
        ],
        schemas={
            name: {
                "members": members_of(schema, schemas),
                "description": schema.get("description", ""),
            }
            for name, schema in schemas.items()
        },
        schema_of=_schema_name,
    )


def _body(operation: Mapping[str, Any], schemas: Mapping[str, Any]) -> dict[str, Any] | None:
    if "requestBody" not in operation:
        return None
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    return {
        "members": members_of(schema, schemas),
        "example": json.dumps(example_of(schema, schemas), indent=2, ensure_ascii=False),
    }


def _schema_name(response: Mapping[str, Any]) -> str:
    """The name of the model that a response has, if any."""
    if "content" not in response:
        return ""
    [content] = response["content"].values()
    return str(content["schema"]["$ref"]).rsplit("/", 1)[1]

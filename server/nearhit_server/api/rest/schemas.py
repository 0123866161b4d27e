"""What the models of bodies share."""

from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
)
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from nearhit_server.core import limits
from nearhit_server.core.access.secrets import KEY_ID

T = TypeVar("T")


class _NullIsRefused:
    """Takes the null out of `T | None`: None is then only what stands for a member left out."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        nullable = handler(source)
        assert nullable["type"] == "nullable"
        schema: CoreSchema = nullable["schema"]
        return schema


class _NullIsLeftOut:
    """Describes `T | None` without the null, which is never sent."""

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        assert schema["type"] == "nullable"
        return handler(schema["schema"])


Omittable = Annotated[T | None, _NullIsRefused()]
"""A member of an input that is there or not there, and never null."""

Partial = Annotated[T | None, _NullIsLeftOut()]
"""A member of an answer that is there or not there, and never null."""


class Input(BaseModel):
    """What a client sends: what it may not send is refused, rather than overlooked."""

    model_config = ConfigDict(
        extra="forbid", alias_generator=to_camel, allow_inf_nan=False, frozen=True
    )


class Answer(BaseModel):
    """What a client is sent. Members that are None are left out."""

    model_config = ConfigDict(
        alias_generator=to_camel, serialize_by_alias=True, validate_by_name=True, frozen=True
    )


CacheId = Annotated[
    str, Field(pattern=rf"^{limits.CACHE_ID.pattern}$", examples=["support-answers"])
]
EntryId = Annotated[
    str,
    Field(
        pattern=rf"^{limits.ENTRY_ID.pattern}$",
        examples=["0123456789abcdef0123456789abcdef"],
    ),
]
KeyId = Annotated[str, Field(pattern=rf"^{KEY_ID.pattern}$", examples=["0123456789abcdef"])]
StrategyName = Literal["exact", "semantic"]

_NO_NUL: Final = r"^[^\x00]*$"

Prompt = Annotated[
    str,
    # Its greatest length is a setting: the core knows it.
    Field(min_length=1, json_schema_extra={"pattern": r"^[^\x00]*[^\s\x00][^\x00]*$"}),
]
AttributeName = Annotated[str, StringConstraints(pattern=rf"^{limits.ATTRIBUTE_NAME.pattern}$")]
Attributes = Annotated[
    dict[
        AttributeName,
        Annotated[
            str,
            StringConstraints(
                min_length=1,
                max_length=limits.MAX_ATTRIBUTE_VALUE_CHARACTERS,
                pattern=_NO_NUL,
            ),
        ],
    ],
    Field(
        max_length=limits.MAX_ATTRIBUTES,
        json_schema_extra={"additionalProperties": False},
        examples=[{"lang": "en"}],
    ),
]

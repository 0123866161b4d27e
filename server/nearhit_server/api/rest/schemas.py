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
from pydantic.config import JsonDict
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from nearhit_server.core import limits
from nearhit_server.core.access.secrets import KEY_ID
from nearhit_server.core.entries import entry_id_of

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
        # Not of what is within, which would be written out where it is a model.
        described: JsonSchemaValue
        described, null = handler(schema)["anyOf"]
        assert null == {"type": "null"}
        return described


Omittable = Annotated[T | None, _NullIsRefused()]
"""A member of an input that is there or not there, and never null."""

Partial = Annotated[T | None, _NullIsLeftOut()]
"""A member of an answer that is there or not there, and never null."""


class Input(BaseModel):
    """What a client sends: what it may not send is refused, rather than overlooked."""

    model_config = ConfigDict(
        extra="forbid",
        alias_generator=to_camel,
        allow_inf_nan=False,
        frozen=True,
        # Of a string with any bound pydantic sees that it is Unicode: JSON can escape half of a
        # surrogate pair, which no UTF-8 can hold.
        str_min_length=0,
    )


class Answer(BaseModel):
    """What a client is sent. Members that are None are left out."""

    model_config = ConfigDict(
        alias_generator=to_camel, serialize_by_alias=True, validate_by_name=True, frozen=True
    )


# The examples are of one entry.
_PROMPT: Final = "How do I reset my password?"
_ATTRIBUTES: Final = {"lang": "en"}

CacheId = Annotated[
    str, Field(pattern=rf"^{limits.CACHE_ID.pattern}$", examples=["support-answers"])
]
EntryId = Annotated[
    str,
    Field(
        pattern=rf"^{limits.ENTRY_ID.pattern}$",
        examples=[entry_id_of(_PROMPT, _ATTRIBUTES)],
    ),
]
KeyId = Annotated[str, Field(pattern=rf"^{KEY_ID.pattern}$", examples=["0123456789abcdef"])]
StrategyName = Literal["exact", "semantic"]
Strategies = Annotated[
    list[StrategyName], Field(max_length=2, json_schema_extra={"uniqueItems": True})
]

_WITHOUT_NUL: Final[JsonDict] = {"pattern": r"^[^\x00]*$"}

# What the core checks is only described here. The greatest lengths of texts are settings.
Text = Annotated[str, Field(json_schema_extra=_WITHOUT_NUL)]
Prompt = Annotated[
    str,
    # Blanks are Python's, which are a few more than a regular expression's.
    Field(
        examples=[_PROMPT],
        json_schema_extra={
            "minLength": 1,
            "pattern": r"^[^\x00]*[^\s\x00\x1c-\x1f\x85][^\x00]*$",
        },
    ),
]
AttributeName = Annotated[str, StringConstraints(pattern=rf"^{limits.ATTRIBUTE_NAME.pattern}$")]
Attributes = Annotated[
    dict[
        AttributeName,
        Annotated[
            str,
            Field(
                min_length=1,
                max_length=limits.MAX_ATTRIBUTE_VALUE_CHARACTERS,
                json_schema_extra=_WITHOUT_NUL,
            ),
        ],
    ],
    Field(
        max_length=limits.MAX_ATTRIBUTES,
        json_schema_extra={"additionalProperties": False},
        examples=[_ATTRIBUTES],
    ),
]

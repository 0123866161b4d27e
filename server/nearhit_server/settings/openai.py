"""Settings of models behind an OpenAI-compatible embeddings endpoint."""

import re
from typing import Annotated, Final

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings

_BASE_URL: Final = re.compile(r"https?://[^\s/?#@]+(/[^\s?#@]*)?")
_KEY: Final = re.compile(r"[!-~]+")


class OpenAISettings(BaseSettings):
    """The settings whose names begin with `openai_`."""

    openai_base_url: str = Field(
        "https://api.openai.com/v1",
        description="endpoint of openai: models, the URL that /embeddings follows",
    )
    openai_api_key: SecretStr | None = Field(
        None, description="key of the endpoint; unset: none is sent"
    )
    openai_dimensions: Annotated[int, Field(ge=1, le=8_192)] | None = Field(
        None, description="components to ask the endpoint for; unset: as many as the model has"
    )
    openai_max_input_tokens: Annotated[int, Field(ge=16, le=1 << 20)] = Field(
        8_191, description="longest text for the endpoint; a byte of UTF-8 counts as a token"
    )
    openai_max_request_texts: Annotated[int, Field(ge=1, le=2_048)] = Field(
        32, description="most texts in one request to the endpoint"
    )
    openai_max_concurrent_requests: Annotated[int, Field(ge=1, le=256)] = Field(
        8, description="most requests to the endpoint at once"
    )
    openai_timeout_seconds: Annotated[float, Field(gt=0, le=25)] = Field(
        10, description="time for one answer of the endpoint, retries included"
    )

    @field_validator("openai_base_url")
    @classmethod
    def _check_base_url(cls, value: str) -> str:
        # No user and password, which logs would show, and no query, which would get lost.
        if not _BASE_URL.fullmatch(value):
            raise ValueError("is not http:// or https://, a host and a path")
        return value

    @field_validator("openai_api_key")
    @classmethod
    def _check_api_key(cls, value: SecretStr | None) -> SecretStr | None:
        # The HTTP library's own complaint would show it.
        if value is not None and not _KEY.fullmatch(value.get_secret_value()):
            raise ValueError("is not printable ASCII without spaces")
        return value

"""Everything that can be set."""

import os
import re
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from nearhit_server.settings.choices import (
    Durability,
    EmbeddingCacheMode,
    LogFormat,
    Runtime,
    VectorAlgorithm,
    VerificationMode,
)
from nearhit_server.settings.openai import OpenAISettings

STORE_SCHEMES: Final = (
    *("redis", "rediss", "unix"),
    *("redis+sentinel", "rediss+sentinel", "redis+cluster", "rediss+cluster"),
)

API_KEY: Final = re.compile(r"[!-~]+")


class Settings(OpenAISettings):
    """The server's settings: flags, then NEARHIT_* variables, then a TOML file, then defaults."""

    model_config = SettingsConfigDict(
        env_prefix="NEARHIT_",
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        # Among them are passwords.
        hide_input_in_errors=True,
    )

    grpc: str = Field("127.0.0.1:50051", description="gRPC address, HOST:PORT; port 0: any free")
    http: str = Field(
        "127.0.0.1:8080", description="HTTP address, HOST:PORT; port 0: any free; off: none"
    )
    workers: Annotated[int, Field(ge=1, le=256)] = Field(
        1, description="processes that share the ports; more than one needs Redis"
    )
    insecure: bool = Field(
        False, description="listen beyond loopback without TLS or without asking for keys"
    )
    tls_certificate: Path | None = Field(
        None, description="PEM file of the server's certificate chain; turns TLS on"
    )
    tls_key: Path | None = Field(None, description="PEM file of the certificate's private key")
    tls_client_ca: Path | None = Field(
        None, description="PEM file of the authorities whose client certificates are required"
    )
    api_keys: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        (), description="keys that may do everything, separated by commas"
    )
    require_keys: bool | None = Field(
        None, description="ask every call for an API key; unset: if api_keys names any"
    )
    metrics_open: bool = Field(False, description="answer /metrics without a key")
    rate_limit: Annotated[float, Field(gt=0, le=1_000_000)] | None = Field(
        None, description="calls a second for each key and cache; unset: no limit"
    )
    rate_limit_burst: Annotated[int, Field(ge=1, le=10_000_000)] | None = Field(
        None, description="calls that may come at once within the rate limit; unset: a second's"
    )
    max_concurrent_calls: Annotated[int, Field(ge=1)] = Field(
        1_024, description="calls in hand at once; more are turned away"
    )
    max_concurrent_bytes: Annotated[int, Field(ge=1)] = Field(
        256 << 20, description="bytes of requests in hand at once; more are turned away"
    )
    max_call_seconds: Annotated[float, Field(gt=0, le=3_600)] = Field(
        60, description="longest time for one call, whatever its deadline"
    )
    store: str = Field(
        "embedded",
        description="where entries are kept: embedded or a Redis URL",
        # It may hold a password.
        repr=False,
    )
    data_dir: Path = Field(Path("nearhit-data"), description="folder of the embedded store")
    durability: Durability = Field(
        Durability.NORMAL, description="what a Store survives: normal (kill -9), full (power loss)"
    )
    redis_algorithm: VectorAlgorithm = Field(
        VectorAlgorithm.HNSW,
        description="how Redis searches: HNSW (approximate, fast), FLAT (exact)",
    )
    redis_max_connections: Annotated[int, Field(ge=1)] = Field(
        64, description="connections to Redis; calls beyond that wait for one"
    )
    redis_timeout_seconds: Annotated[float, Field(gt=0, le=60)] = Field(
        0.9, description="time for one call to Redis, waiting and retries included"
    )
    redis_wait_replicas: Annotated[int, Field(ge=0)] = Field(
        0, description="replicas of Redis that must have a change before it is acknowledged"
    )
    model: str = Field(
        "all-MiniLM-L6-v2",
        description="default model: its name in models, a folder, a hub name or openai:MODEL",
    )
    models: dict[str, str] = Field(
        default_factory=dict,
        description="further models caches may name: name to folder, hub name or openai:MODEL",
    )
    device: str | None = Field(None, description="torch device; unset: the best there is")
    runtime: Runtime = Field(
        Runtime.AUTO, description="what runs models: openvino (CPU only), torch, auto"
    )
    model_cache_dir: Path | None = Field(
        None, description="folder of models converted for OpenVINO; unset: models in data_dir"
    )
    similarity_threshold: Annotated[float, Field(ge=-1, le=1)] = Field(
        0.90, description="threshold of caches that set none"
    )
    verification: VerificationMode = Field(
        VerificationMode.FULL,
        description="what caches that set none do to keep wrong hits out: off, guard, full",
    )
    max_prompt_characters: Annotated[int, Field(ge=1, le=1_000_000)] = Field(
        8_192, description="longest prompt"
    )
    max_response_bytes: Annotated[int, Field(ge=1, le=16 << 20)] = Field(
        1 << 20, description="largest response, UTF-8"
    )
    max_metadata_bytes: Annotated[int, Field(ge=2, le=1 << 20)] = Field(
        64 << 10, description="largest metadata, UTF-8"
    )
    max_batch_tokens: Annotated[int, Field(ge=1)] | None = Field(
        None, description="padded tokens a batch; unset: 512 on a CPU, 16,384 elsewhere"
    )
    max_waiting_texts: Annotated[int, Field(ge=1_000)] = Field(
        4_096, description="texts that may wait for the model"
    )
    max_waiting_seconds: Annotated[float, Field(gt=0, le=3_600)] = Field(
        3, description="likely wait for the model beyond which calls are turned away"
    )
    embedding_cache: EmbeddingCacheMode = Field(
        EmbeddingCacheMode.MEMORY, description="where computed vectors are kept: memory, store"
    )
    embedding_memory_bytes: Annotated[int, Field(ge=0)] = Field(
        64 << 20, description="memory for computed vectors, per model"
    )
    grace_period_seconds: Annotated[float, Field(ge=0, le=3_600)] = Field(
        20, description="time for calls in flight to finish at shutdown"
    )
    drain_delay_seconds: Annotated[float, Field(ge=0, le=600)] = Field(
        0, description="time at shutdown for load balancers to notice, before calls are refused"
    )
    log_format: LogFormat = Field(LogFormat.CONSOLE, description="console or json")
    log_level: str = Field("info", description="debug, info, warning or error")
    log_prompts: bool = Field(False, description="write the prompts of searches into the log")
    tracing: bool = Field(
        False, description="send OpenTelemetry spans, as the OTEL_* variables say"
    )

    @field_validator("api_keys", mode="before")
    @classmethod
    def _split_keys(cls, value: Any) -> Any:
        if isinstance(value, str):
            keys = tuple(part.strip() for part in value.split(",") if part.strip())
            if not keys:
                # Or a slip of the pen would let everybody in.
                raise ValueError("names no key")
            return keys
        return value

    @field_validator("api_keys")
    @classmethod
    def _check_keys(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if not all(API_KEY.fullmatch(key.get_secret_value()) for key in value):
            raise ValueError("holds a key that is not printable ASCII without spaces")
        return value

    @field_validator("http")
    @classmethod
    def _check_http(cls, value: str) -> str:
        return value if value == "off" else cls._check_address(value)

    @model_validator(mode="after")
    def _check_together(self) -> "Settings":
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("tls_certificate and tls_key are of use only together")
        if self.tls_client_ca is not None and self.tls_certificate is None:
            raise ValueError("tls_client_ca needs tls_certificate and tls_key")
        if self.rate_limit_burst is not None and self.rate_limit is None:
            raise ValueError("rate_limit_burst needs rate_limit")
        if self.runtime is Runtime.OPENVINO and self.device not in (None, "cpu"):
            raise ValueError("runtime openvino is for the CPU; leave device unset, or runtime auto")
        if self.workers > 1 and self.store == "embedded":
            raise ValueError(
                "workers above 1 need a store that processes can share, and the embedded one "
                "belongs to one process; set store to a Redis URL, or leave workers at 1"
            )
        return self

    @property
    def model_threads(self) -> int | None:
        """CPU threads for the models of each worker; None: as many as their runtime thinks fit,
        which for one process of several would be too many."""
        # Set where a process has less than all that it sees, in a container for instance. Not
        # every runtime reads it itself.
        said = os.environ.get("OMP_NUM_THREADS", "")
        if not said.isdecimal() and self.workers == 1:
            return None
        cores = int(said) if said.isdecimal() else len(os.sched_getaffinity(0))
        return max(1, cores // self.workers)

    @property
    def asks_for_keys(self) -> bool:
        """Whether every call needs an API key."""
        return bool(self.api_keys) if self.require_keys is None else self.require_keys

    @field_validator("grpc")
    @classmethod
    def _check_address(cls, value: str) -> str:
        host, separator, port = value.rpartition(":")
        if not (separator and host and port.isascii() and port.isdigit() and int(port) < 1 << 16):
            raise ValueError("is not HOST:PORT")
        return value

    @field_validator("store")
    @classmethod
    def _check_store(cls, value: str) -> str:
        if value != "embedded" and value.partition("://")[0] not in STORE_SCHEMES:
            raise ValueError(f"is neither 'embedded' nor a URL of {', '.join(STORE_SCHEMES)}")
        return value

    @field_validator("log_level")
    @classmethod
    def _check_log_level(cls, value: str) -> str:
        if value not in ("debug", "info", "warning", "error"):
            raise ValueError("is not debug, info, warning or error")
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags before variables; `load` adds the file."""
        return init_settings, env_settings

    @classmethod
    def load(cls, *, config: Path | None = None, **flags: Any) -> "Settings":
        """The settings from flags (None: not given), the environment and a TOML file.

        Raises pydantic.ValidationError; OSError and tomllib.TOMLDecodeError for the file.
        """
        given = {name: value for name, value in flags.items() if value is not None}
        if config is None:
            return cls(**given)
        if not config.is_file():
            raise FileNotFoundError(f"there is no file {str(config)!r}")

        class WithFile(cls):  # type: ignore[valid-type, misc]
            @classmethod
            def settings_customise_sources(
                cls, settings_cls: type[BaseSettings], **sources: PydanticBaseSettingsSource
            ) -> tuple[PydanticBaseSettingsSource, ...]:
                file = TomlConfigSettingsSource(settings_cls, config)
                return sources["init_settings"], sources["env_settings"], file

        return WithFile(**given)

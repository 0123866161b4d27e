"""How log lines are written: one line each, to standard error."""

import json
import logging
import re
import sys
from functools import partial
from typing import Any, Final

import structlog
from structlog.typing import EventDict, Processor

from nearhit_server.log_lines import GatheredLines
from nearhit_server.settings import LogFormat, Settings

_PLAIN_VALUE: Final = re.compile(r"[!#-<>-\[\]-~]+")
"""Printable ASCII that needs no quotes: no space, quote, equals sign or backslash."""


def configure_logging(settings: Settings) -> None:
    """Send structlog's lines to standard error in the chosen format."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *_renderers(settings.log_format),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(settings.log_level),
        logger_factory=partial(_only, GatheredLines(sys.stderr)),
        cache_logger_on_first_use=True,
    )
    # Libraries log through the standard library; only what is wrong with them is of interest.
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)


def _only(lines: GatheredLines, *names: Any) -> GatheredLines:
    """The one logger, whatever name is asked for."""
    return lines


def _renderers(log_format: LogFormat) -> list[Processor]:
    # By default all but the plain one show local variables, and so keys and prompts.
    if log_format is LogFormat.JSON:
        tracebacks = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        return [
            structlog.processors.ExceptionRenderer(tracebacks),
            structlog.processors.JSONRenderer(),
        ]
    if sys.stderr.isatty():
        return [
            structlog.dev.ConsoleRenderer(
                colors=True, exception_formatter=structlog.dev.plain_traceback
            )
        ]
    return [structlog.processors.format_exc_info, _plain_line]


def _plain_line(logger: Any, method: str, event: EventDict) -> str:
    """The line without colours and columns, in a quarter of the time: each call has one."""
    exception = event.pop("exception", None)
    head = f"{event.pop('timestamp')} [{event.pop('level')}] {event.pop('event')}"
    values = [str(value) for value in event.values()]
    if not _PLAIN_VALUE.fullmatch("".join(values)):
        values = [_quoted(value) for value in values]
    line = " ".join([head, *(f"{key}={value}" for key, value in zip(event, values, strict=True))])
    return line if exception is None else f"{line}\n{exception}"


def _quoted(text: str) -> str:
    # As in JSON, so that nothing a caller sent begins a line of its own.
    return text if _PLAIN_VALUE.fullmatch(text) else json.dumps(text)

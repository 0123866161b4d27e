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
    """Send structlog's lines, and those of libraries, to standard error in the chosen format."""
    lines = GatheredLines(sys.stderr)
    stamps: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderers = _renderers(settings.log_format)
    structlog.configure(
        processors=[*stamps, *renderers],
        wrapper_class=structlog.make_filtering_bound_logger(settings.log_level),
        logger_factory=partial(_only, lines),
        cache_logger_on_first_use=True,
    )
    # Libraries log through the standard library; only what is wrong with them is of interest.
    handler = _LibraryLines(lines)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_unbroken, structlog.stdlib.add_logger_name, *stamps],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.captureWarnings(True)


class _LibraryLines(logging.Handler):
    """Hands the standard library's lines to ours, so that none overtakes another."""

    def __init__(self, lines: GatheredLines) -> None:
        super().__init__()
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = self.format(record)
        except Exception:
            # As every handler does: a message that cannot be formatted is no reason to fail.
            self.handleError(record)
        else:
            self._lines.warning(line)


def _unbroken(logger: Any, method: str, event: EventDict) -> EventDict:
    """A library's message on one line: a warning comes with its source code below it."""
    event["event"] = " ".join(event["event"].split())
    return event


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

"""How log lines are written: one line each, to standard error."""

import logging
import sys

import structlog

from nearhit_server.settings import LogFormat, Settings


def configure_logging(settings: Settings) -> None:
    """Send structlog's lines to standard error in the chosen format."""
    as_json = settings.log_format is LogFormat.JSON
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([structlog.processors.dict_tracebacks] if as_json else []),
            structlog.processors.JSONRenderer()
            if as_json
            else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(settings.log_level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    # Libraries log through the standard library; only what is wrong with them is of interest.
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)

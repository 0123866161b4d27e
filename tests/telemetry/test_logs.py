"""How lines look, in a process of their own: logging is set up once for a process."""

import asyncio
import json
import sys

import pytest

PROGRAM = """
import sys

import structlog

from nearhit_server.logs import configure_logging
from nearhit_server.settings import Settings

configure_logging(Settings(log_format=sys.argv[1]))
log = structlog.get_logger()
log.info("call", cache="two\\nlines", hit=True, similarity=0.5, method="a/B")


def serve(authorization):
    raise RuntimeError("broken")


try:
    serve("Bearer nh_" + "secret")
except RuntimeError:
    log.exception("internal error", request_id="r")
"""

LIBRARIES = """
import asyncio
import logging
import sys
import warnings

import structlog

from nearhit_server.logs import configure_logging
from nearhit_server.settings import Settings

# A handler that would write each line again, in its own way.
logging.basicConfig()
configure_logging(Settings(log_format=sys.argv[1]))


def serve(authorization):
    raise RuntimeError("broken")


async def main():
    structlog.get_logger().info("ours")
    logging.getLogger("grpc.aio").info("of no interest")
    logging.getLogger("grpc.aio").warning("two\\n  %s", "lines")
    try:
        serve("Bearer nh_" + "secret")
    except RuntimeError:
        logging.getLogger("uvicorn.error").exception("failed")
    warnings.warn("old", FutureWarning)


asyncio.run(main())
"""


async def lines_in(log_format, program=PROGRAM):
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", program, log_format), stderr=asyncio.subprocess.PIPE
    )
    _, written = await process.communicate()
    assert process.returncode == 0
    return written.decode().splitlines()


async def test_json_log_has_one_object_a_line():
    call, failure = map(json.loads, await lines_in("json"))
    assert call.pop("timestamp").endswith("Z")
    assert call == {
        "event": "call",
        "level": "info",
        "cache": "two\nlines",
        "hit": True,
        "similarity": 0.5,
        "method": "a/B",
    }
    assert failure["request_id"] == "r"
    assert failure["exception"][0]["exc_value"] == "broken"


async def test_console_log_quotes_what_would_break_its_lines():
    call, *_ = await lines_in("console")
    assert call.endswith(r'Z [info] call cache="two\nlines" hit=True similarity=0.5 method=a/B')


async def test_console_log_has_the_traceback_below_its_line():
    lines = await lines_in("console")
    assert lines[1].endswith("[error] internal error request_id=r")
    assert lines[2] == "Traceback (most recent call last):"
    assert lines[-1] == "RuntimeError: broken"


async def test_json_log_has_lines_of_libraries_as_objects_behind_ours():
    ours, warned, failed, python = map(json.loads, await lines_in("json", LIBRARIES))
    assert ours["event"] == "ours"
    assert warned.pop("timestamp").endswith("Z")
    assert warned == {"event": "two lines", "level": "warning", "logger": "grpc.aio"}
    assert (failed["event"], failed["level"]) == ("failed", "error")
    assert failed["exception"][0]["exc_value"] == "broken"
    assert python["logger"] == "py.warnings"
    assert "FutureWarning: old" in python["event"]


async def test_console_log_has_lines_of_libraries_like_ours():
    _, warned, failed, *traceback, python = await lines_in("console", LIBRARIES)
    assert warned.endswith("Z [warning] two lines logger=grpc.aio")
    assert failed.endswith("Z [error] failed logger=uvicorn.error")
    assert traceback[0] == "Traceback (most recent call last):"
    assert traceback[-1] == "RuntimeError: broken"
    assert "[warning]" in python
    assert "FutureWarning: old" in python


@pytest.mark.parametrize("program", [PROGRAM, LIBRARIES], ids=["ours", "libraries"])
@pytest.mark.parametrize("log_format", ["json", "console"])
async def test_traceback_tells_no_local_variables(log_format, program):
    text = "\n".join(await lines_in(log_format, program))
    assert "serve" in text
    assert "nh_secret" not in text

"""Running what is written for Node."""

import asyncio
import os
import shutil
from pathlib import Path

NEEDED = "the tests need Node 20 and its packages: install Node, then let `make test` do the rest"


async def run_node(folder: Path, *arguments: str, **environment: str) -> tuple[int, str]:
    """The exit status of `node ARGUMENTS` in `folder`, and all that it printed."""
    node = shutil.which("node")
    assert node is not None, f"there is no node on the PATH; {NEEDED}"
    assert (folder / "node_modules").is_dir(), f"{folder} has no node_modules; {NEEDED}"
    process = await asyncio.create_subprocess_exec(
        node,
        *arguments,
        cwd=folder,
        env=os.environ | environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, output.decode()

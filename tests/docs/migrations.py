"""The programs in docs/coming-from-*.md."""

import asyncio
import re
import sys
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def programs(document: str, kind: str) -> dict[str, str]:
    """Those that are `before` or `after`, by the heading that they stand under."""
    text = (DOCS / document).read_text()
    sections = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    blocks = {
        section.splitlines()[0]: re.findall(rf"```python {kind}\n(.*?)```", section, re.DOTALL)
        for section in sections
    }
    return {heading: block for heading, [block] in blocks.items()}


async def output_of(program: str) -> str:
    """What a program prints."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", program), stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    assert process.returncode == 0
    return output.decode().strip()

"""Asks the cache, else the LLM, and then stores the answer; with asyncio.

python examples/python_async.py "How do I reset my password?"
"""

import asyncio
import os
import sys
from datetime import timedelta

import nearhit
from stand_in_llm import ask_llm_async


async def answer(cache: nearhit.AsyncClient, question: str) -> tuple[str, str]:
    """Who answered, and the answer."""
    outcome = await cache.search(question)
    if isinstance(outcome, nearhit.Hit):
        return "cache", outcome.matches[0].entry.response
    response = await ask_llm_async(question)
    await cache.store(question, response, ttl=timedelta(days=1))
    return "LLM", response


async def main(question: str) -> None:
    """Print who answered, and the answer."""
    target = os.environ.get("NEARHIT_TARGET", "localhost:50051")
    api_key = os.environ.get("NEARHIT_API_KEY")
    # A service keeps one client for all of its questions.
    async with nearhit.AsyncClient(target, api_key=api_key) as cache:
        source, response = await answer(cache, question)
    print(f"{source}: {response}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python_async.py QUESTION")
    asyncio.run(main(sys.argv[1]))

"""Where your LLM goes: replace the bodies with calls of its SDK."""


def ask_llm(question: str) -> str:
    """An answer that costs nothing, in place of a real one."""
    return f"a made-up answer to {question!r}"


async def ask_llm_async(question: str) -> str:
    """The same for asyncio, where nothing may block."""
    return ask_llm(question)

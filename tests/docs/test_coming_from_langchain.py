"""What docs/coming-from-langchain.md says works."""

import pytest

from docs.migrations import output_of, programs

pytestmark = pytest.mark.slow

DOCUMENT = "coming-from-langchain.md"

# A model that would answer differently each time.
ROUND_TRIP = """
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage

model = GenericFakeChatModel(messages=iter([AIMessage("first"), AIMessage("second")]))
print([model.invoke({question!r}).content for _ in range(2)])
"""


@pytest.mark.parametrize("heading", programs(DOCUMENT, "after"))
async def test_program_answers_the_second_time_from_the_cache(heading, server_address):
    program = programs(DOCUMENT, "after")[heading].replace("localhost:50051", server_address)
    round_trip = ROUND_TRIP.format(question=f"What is asked {heading}?")
    assert await output_of(program + round_trip) == "['first', 'first']"


async def test_program_before_that_needs_no_service_did_the_same():
    before = programs(DOCUMENT, "before")["From InMemoryCache"]
    assert await output_of(before + ROUND_TRIP.format(question="?")) == "['first', 'first']"


@pytest.mark.parametrize("heading", programs(DOCUMENT, "before"))
def test_every_program_before_has_one_after(heading):
    compile(programs(DOCUMENT, "before")[heading], heading, "exec")
    assert heading in programs(DOCUMENT, "after")

import pytest

from nearhit_server.encoders.local.facts import ModelFacts
from nearhit_server.encoders.local.padding import pad


def facts(*, pads_left):
    return ModelFacts(
        dimension=4,
        window=8,
        prefix="",
        tokenizer_json="",
        unknown_id=None,
        padding_id=9,
        pads_left=pads_left,
    )


@pytest.mark.parametrize(
    ("pads_left", "input_ids", "attention_mask"),
    [
        (False, [[1, 2, 3], [4, 9, 9]], [[1, 1, 1], [1, 0, 0]]),
        (True, [[1, 2, 3], [9, 9, 4]], [[1, 1, 1], [0, 0, 1]]),
    ],
)
def test_texts_are_padded_on_the_side_that_the_model_wants(pads_left, input_ids, attention_mask):
    batch = pad([[1, 2, 3], [4]], facts(pads_left=pads_left))
    assert batch.input_ids.tolist() == input_ids
    assert batch.attention_mask.tolist() == attention_mask

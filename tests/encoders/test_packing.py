import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nearhit_server.encoders.local.packing import NO_TEXT, pack

texts = st.lists(
    st.lists(st.integers(1, 30_000), min_size=1, max_size=100), min_size=1, max_size=40
)


def unpacked(batch):
    """The texts of a batch, read back by their segments."""
    tokens = [batch.input_ids[batch.segment_ids == text] for text in batch.text_ids]
    return [ids.tolist() for ids in tokens if ids.size]


@given(texts)
def test_every_text_is_there_once_and_whole(texts):
    assert unpacked(pack(texts)) == texts


@given(texts)
def test_positions_count_from_the_beginning_of_each_text(texts):
    batch = pack(texts)
    for text in range(len(texts)):
        positions = batch.position_ids[batch.segment_ids == text]
        assert positions.tolist() == list(range(len(texts[text])))


@given(texts)
def test_text_stands_in_one_row(texts):
    batch = pack(texts)
    for text in range(len(texts)):
        assert (batch.segment_ids == text).any(axis=1).sum() == 1


@given(texts)
def test_rows_are_at_least_half_full_on_average(texts):
    batch = pack(texts)
    filled = (batch.segment_ids != NO_TEXT).mean()
    assert len(batch.input_ids) == 1 or filled > 0.5


def test_short_texts_share_a_row():
    batch = pack([[7, 8], [9], [1, 2, 3]])
    assert batch.input_ids.tolist() == [[1, 2, 3, 7, 8, 9]]
    assert batch.position_ids.tolist() == [[0, 1, 2, 0, 1, 0]]
    assert batch.segment_ids.tolist() == [[2, 2, 2, 0, 0, 1]]


def test_lone_text_gets_no_padding():
    batch = pack([[5, 6, 7]])
    assert batch.input_ids.tolist() == [[5, 6, 7]]
    assert np.all(batch.segment_ids == 0)


def test_batches_of_several_rows_have_few_shapes():
    shapes = set()
    for count in range(9, 17):
        batch = pack([[1] * 60] * 8 + [[1] * 3] * (count - 8))
        shapes.add((batch.input_ids.shape, batch.text_ids.shape))
    assert shapes == {((8, 64), (16,))}

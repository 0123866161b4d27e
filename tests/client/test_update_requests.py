"""Requests to change an entry, and what is refused before anything is sent."""

from datetime import timedelta

import pytest

from nearhit.operations import Operations
from nearhit.v1 import semantic_cache_pb2

FAQ = Operations("faq")


def test_update_can_name_every_field_of_its_mask():
    request = FAQ.update(
        "e1",
        prompt="a",
        response="b",
        metadata={},
        attributes={},
        vector=[1.0],
        ttl=timedelta(seconds=1),
    ).request

    assert request.update_mask.IsValidForDescriptor(semantic_cache_pb2.UpdateRequest.DESCRIPTOR)
    assert len(request.update_mask.paths) == 6
    assert request.metadata_json == "{}"


def test_update_masks_each_attribute_that_is_merged():
    request = FAQ.update("e1", response="b", merge_attributes={"a-1": "x", "gone": None}).request

    assert request == semantic_cache_pb2.UpdateRequest(
        cache="faq",
        entry_id="e1",
        response="b",
        attributes={"a-1": "x"},
        update_mask={"paths": ["response", "attributes.a-1", "attributes.gone"]},
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"merge_attributes": None}, "merge_attributes must be a mapping, not NoneType"),
        ({"merge_attributes": {"a": 1}}, "attribute 'a' must be a string, not int"),
        ({"merge_attributes": {1: None}}, "an attribute's name must be a string, not int"),
        ({"merge_attributes": {}, "attributes": {}}, "give attributes or merge_attributes"),
        ({"merge_attributes": {}, "attributes": None}, "give attributes or merge_attributes"),
    ],
)
def test_update_refuses_attributes_that_make_no_sense(arguments, message):
    with pytest.raises(TypeError, match=message):
        FAQ.update("e1", **arguments)

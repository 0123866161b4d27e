"""A cache's settings as JSON, also such as an earlier version wrote."""

import json

import pytest

from clocks import ManualClock
from contract.samples import Sample
from nearhit_server.core.caches import Verification
from nearhit_server.stores.spec_json import spec_from_json, spec_to_json

SPEC = Sample(ManualClock()).spec(
    verification=Verification.GUARD, max_false_hit_rate=0.02, shadow=True
)


def read(text):
    return spec_from_json(text, cache_id=SPEC.cache_id, version=0, epoch=0)


def test_settings_are_read_as_they_were_written():
    assert read(spec_to_json(SPEC)) == SPEC


def test_settings_from_before_verification_are_not_verified():
    fields = json.loads(spec_to_json(SPEC))
    for name in ("verification", "max_false_hit_rate", "shadow"):
        del fields[name]
    older = read(json.dumps(fields))
    assert older.verification is Verification.OFF
    assert older.max_false_hit_rate is None
    assert older.shadow is False


def test_unknown_verification_is_refused():
    fields = json.loads(spec_to_json(SPEC)) | {"verification": "later"}
    with pytest.raises(ValueError, match="later"):
        read(json.dumps(fields))

"""Ids of records in webhooks: numbers as long as a bigint holds, and nothing else."""

import json

import pytest

from connector.steps.taking_in.hubspot_events import Meaning, read_events

HIGHEST = 2**63 - 1


def told_of(object_id: object) -> tuple[Meaning, tuple[str, ...]]:
    body = [{"subscriptionType": "contact.privacyDeletion", "objectId": object_id, "occurredAt": 1787843156000}]
    (event,) = read_events(json.dumps(body).encode()) or ()
    return event.meaning, event.ids


@pytest.mark.parametrize("id_", [1, 541935488729, 2**53 + 1, 10**18, HIGHEST])
def test_a_person_is_erased_however_long_her_id_is(id_: int) -> None:
    assert told_of(id_) == (Meaning.ERASE, (str(id_),))
    assert told_of(str(id_)) == (Meaning.ERASE, (str(id_),))


@pytest.mark.parametrize("id_", [HIGHEST + 1, 10**19, 0, -1, True, 1.5, None, "", "01", "1e3", "\uff11", [1]])
def test_what_no_record_can_have_goes_to_a_person(id_: object) -> None:
    assert told_of(id_) == (Meaning.STRANGE, ())

"""From tracks.yaml to a way's key, and from a stored key to the channel: nothing is lost on the road, colons included."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from adapters.memory_mailchimp import MailchimpMemory
from adapters.recording import RecordingHubSpot, RecordingMailchimp
from connector.nurturing.ways import source_of, ways_into
from connector.rulebook.read import read_rulebook
from connector.rulebook.types import Track
from connector.steps.parts import Parts

RULEBOOK = read_rulebook(Path(__file__).parents[2] / "mappings")
SHOWN = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1, max_size=100)
NUMBER = st.integers(1, 2**40)
HUBSPOT_WAYS = st.one_of(
    st.builds(lambda name: {"property": name}, SHOWN),
    st.builds(lambda name: {"list": name}, SHOWN),
    st.builds(lambda number: {"workflow": number}, NUMBER),
    st.builds(lambda title: {"task": title}, SHOWN),
)
MAILCHIMP_WAYS = st.one_of(
    st.builds(lambda tag: {"audience": "main", "tag": tag}, SHOWN),
    st.builds(lambda journey, step: {"audience": "main", "journey": journey, "step": step}, NUMBER, NUMBER),
)


def track(*ways: dict[str, Any]) -> Track:
    return Track.model_validate({"aim": "win", "when": {"stage": "new"}, "enroll": ways, "lasts": "21d"})


def parts(*, hubspot: bool = True, mailchimp: bool = True) -> Parts:
    """Parts whose platforms are held in memory."""
    return Parts(
        engine=SimpleNamespace(),
        rulebook=RULEBOOK,
        consent_of=lambda _records: None,
        consent_names={},
        hubspot=RecordingHubSpot() if hubspot else None,
        mailchimp={"mailchimp:main": RecordingMailchimp(MailchimpMemory())} if mailchimp else {},
    )


@given(st.lists(HUBSPOT_WAYS, min_size=1, max_size=3), st.lists(MAILCHIMP_WAYS, max_size=3))
def test_every_key_leads_to_the_channel_that_bears_it_in_the_order_of_the_file(hubspot, mailchimp):
    targets = [*(("hubspot", one) for one in hubspot), *(("mailchimp", one) for one in mailchimp)]
    ways = ways_into(RULEBOOK, track(*({platform: one, "listener": "confirmed"} for platform, one in targets)))
    assert [way.source.partition(":")[0] for way in ways] == [platform for platform, _ in targets]
    for way in ways:
        channel = parts().channel(way.key)
        assert channel is not None
        assert (channel.key, channel.source) == (way.key, way.source)
        assert source_of(way.key) == way.source


@pytest.mark.parametrize(
    ("target", "key"),
    [
        ({"hubspot": {"property": "trellis_track"}}, "hubspot:property:trellis_track"),
        ({"hubspot": {"list": "Ready: now"}}, "hubspot:list:Ready: now"),
        ({"hubspot": {"workflow": 1500000001}}, "hubspot:workflow:1500000001"),
        ({"hubspot": {"task": "Call {name}: today"}}, "hubspot:task:Call {name}: today"),
        ({"mailchimp": {"audience": "main", "tag": "trellis:track:a"}}, "mailchimp:main:tag:trellis:track:a"),
        ({"mailchimp": {"audience": "main", "journey": 81, "step": 402}}, "mailchimp:main:journey:81:402"),
    ],
)
def test_keys_are_these_for_they_are_stored_for_years(target, key):
    (way,) = ways_into(RULEBOOK, track({**target, "listener": "confirmed"}))
    assert way.key == key


def test_a_task_has_a_person_for_a_listener_and_cannot_be_left():
    (way,) = ways_into(RULEBOOK, track({"hubspot": {"task": "Call {name}"}}))
    assert (way.segment, way.entry_only) == (False, True)


@pytest.mark.parametrize(
    "target", [{"hubspot": {"workflow": 777}}, {"mailchimp": {"audience": "main", "journey": 81, "step": 402}}]
)
def test_what_is_called_is_never_a_segment_for_it_mails(target):
    with pytest.raises(ValidationError, match="listener: confirmed"):
        track(target)


@pytest.mark.parametrize(
    "key", ["hubspot:fax:12", "mailchimp:main:event:signed_up", "mailchimp:other:tag:x", "mailchimp:other:journey:1:2"]
)
def test_a_key_that_nobody_knows_any_more_is_no_channel(key):
    assert parts().channel(key) is None


@pytest.mark.parametrize("kind", ["property:a", "list:a", "workflow:1", "task:a"])
def test_a_platform_that_is_off_has_no_channels(kind):
    assert parts(hubspot=False).channel(f"hubspot:{kind}") is None
    assert replace(parts(), mailchimp={}).channel("mailchimp:main:tag:x") is None

"""The episodes marker: read tolerantly, written stably, never cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.nurturing.markers import Markers, fits_mailchimp, format_markers, parse_markers, unite

tracks = st.from_regex(r"[a-z][a-z0-9_-]{0,20}", fullmatch=True)
episodes = st.dictionaries(tracks, st.integers(1, 999_999_999), max_size=6)
garbage = st.lists(st.sampled_from(["???", "Finance:1", "a:b", "a:0", "a:1:2", ":3", "ñ:1", "a:٣"]), unique=True).map(
    lambda parts: tuple(sorted(parts))
)
markers = st.builds(Markers, episodes, garbage)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("finance:1;winback:2", {"finance": 1, "winback": 2}),
        (" winback:2 ; finance : 01 ;", {"finance": 1, "winback": 2}),
        ("finance:1;finance:3;finance:2", {"finance": 3}),
        ("", {}),
        (None, {}),
        (";;", {}),
    ],
)
def test_reading(text, read):
    found = parse_markers(text)
    assert found.episodes == read
    assert found.unreadable == ()


@pytest.mark.parametrize("part", ["VIP!", "Finance:1", "finance:-1", "finance:0", "finance:x", "finance", "finance:٣"])
def test_what_cannot_be_read_is_kept_and_refuses_every_track(part):
    found = parse_markers(f"{part};winback:2")
    assert found == Markers({"winback": 2}, (part,))
    assert format_markers(found) == f"winback:2;{part}"
    assert not found.allows("finance", 1)
    assert not found.allows("winback", 3)


def test_an_episode_is_allowed_once():
    before = parse_markers("finance:1")
    assert before.allows("finance", 2)
    assert before.allows("warmup", 1)
    assert not before.with_episode("finance", 2).allows("finance", 2)
    assert not before.allows("finance", 1)


def test_two_platforms_are_united_to_the_highest():
    united = unite((parse_markers("finance:1;winback:4;?"), parse_markers("finance:3;!")))
    assert format_markers(united) == "finance:3;winback:4;!;?"


def test_beyond_255_bytes_nothing_is_cut_and_mailchimp_is_closed():
    many = Markers({f"track-number-{number:02d}": 1 for number in range(14)})
    assert len(format_markers(many)) == 251
    assert fits_mailchimp(many)
    more = many.with_episode("winback", 1)
    assert parse_markers(format_markers(more)) == more
    assert not fits_mailchimp(more)
    assert not fits_mailchimp(Markers(unreadable=("ñ" * 128,)))


@given(markers)
def test_round_trip(one):
    assert parse_markers(format_markers(one)) == one


@given(markers, markers, markers)
def test_uniting_forgets_nothing_in_any_order(one, other, third):
    assert unite((one, other)) == unite((other, one))
    assert unite((unite((one, other)), third)) == unite((one, unite((other, third))))
    assert unite((one, one)) == one
    assert all(unite((one, other)).episodes[track] >= number for track, number in one.episodes.items())


@given(st.text(max_size=300))
def test_any_text_can_be_read_and_reading_again_changes_nothing(text):
    once = parse_markers(text)
    assert parse_markers(format_markers(once)) == once

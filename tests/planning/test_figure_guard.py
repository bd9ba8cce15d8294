"""What the guard would hold of a plan: as much as it lets go and no more, nothing that a person approved, nobody who leaves."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from connector.change.plan.calls import calls
from connector.change.plan.guarded import Allowed, guarded, held_by_reason
from connector.change.plan.lists import Listing
from connector.change.plan.wishes import NEW, Wish, rank_of
from connector.store.bulk.waiting import Room
from connector.store.claiming import BEYOND_ENROLLMENTS
from connector.store.holds import BEYOND_MOVES

ROOMY = Allowed(1_000, 1_000, Room(0, 0, 0, 0, None))


def write(contact: int, source: str = "hubspot", **more: object) -> Wish:
    return Wish(contact, "write", source, (NEW, contact), **more)  # type: ignore[arg-type]


def enroll(contact: int, way: str = "hubspot:property:trellis_track", **more: object) -> Wish:
    sources = ("hubspot",)
    return Wish(contact, "enroll", "hubspot", (NEW, contact), way=way, asked=sources, **more)  # type: ignore[arg-type]


@st.composite
def wishes(draw: st.DrawFn) -> Wish:
    kind, contact = draw(st.sampled_from(["write", "enroll", "leave", "handover"])), draw(st.integers(1, 9))
    wish = Wish(contact, kind, draw(st.sampled_from(["hubspot", "mailchimp:main"])), (NEW, contact))
    flags = {"approved": draw(st.booleans()), "due": draw(st.booleans())}
    flags |= {"move": draw(st.booleans())} if kind == "write" else {}
    flags |= {"segment": draw(st.booleans())} if kind == "enroll" else {}
    flags |= {"heard": draw(st.booleans())} if kind in ("write", "handover") else {}
    return replace(wish, **flags)


ROOMS = st.builds(
    Allowed,
    st.integers(0, 4),
    st.integers(0, 4),
    st.builds(
        Room, st.integers(0, 2), st.integers(0, 2), st.integers(0, 2), st.integers(0, 2), st.none() | st.integers(0, 3)
    ),
    st.booleans(),
)


@given(st.lists(wishes(), max_size=25), ROOMS)
def test_the_guard_lets_go_what_it_allows_and_no_more(some, allowed):
    found = guarded(some, allowed, heard=True)
    going = [one for one in found if not one.held]
    unasked = [one for one in going if not one.approved]
    assert len(found) == len(some)
    assert all(one in going for one in found if one.kind == "leave" or one.approved)
    assert len({one.contact for one in unasked if one.kind == "write" and one.move}) <= allowed.moves
    entering = [one for one in unasked if one.kind == "enroll" and one.due]
    for segment in (False, True):
        assert sum(one.segment == segment for one in entering) <= allowed.enrollments
    assert not (entering and not allowed.open)
    heard = sum(one.heard for one in unasked)
    assert heard <= max(0, allowed.enrollments - allowed.used.sent - allowed.used.heard)
    if allowed.used.pace is not None:
        paced = [one for one in going if one.kind == "enroll" and one.due and not one.segment]
        assert len(paced) <= allowed.used.pace
    assert guarded(found, allowed, heard=True) == found
    assert sum(held_by_reason(found).values()) <= sum(bool(one.held) for one in found)


def test_a_mover_beyond_the_guard_waits_with_all_that_is_hers_and_others_go():
    some = [*(write(one, move=True) for one in (3, 1, 2)), enroll(3), write(4), write(3, "mailchimp:main", move=True)]
    found = guarded(some, Allowed(2, 1_000, ROOMY.used), heard=False)
    assert {(one.contact, one.kind, one.source) for one in found if one.held} == {
        (3, "write", "hubspot"),
        (3, "enroll", "hubspot"),
        (3, "write", "mailchimp:main"),
    }
    assert held_by_reason(found) == {BEYOND_MOVES: 1}


def test_enrollments_beyond_the_guard_are_held_and_beyond_the_pace_they_wait():
    found = guarded([enroll(one) for one in range(6)], Allowed(9, 4, Room(0, 0, 0, 0, 3)), heard=False)
    assert [(one.held, one.due) for one in found] == [("", True)] * 3 + [("", False)] + [(BEYOND_ENROLLMENTS, True)] * 2


def test_calls_are_counted_as_steps_and_adapters_make_them():
    assert calls([write(one) for one in range(2_450)], ()) == {"hubspot": 25}
    assert calls([write(one, empty=one % 2 == 0) for one in range(200)], ()) == {"hubspot": 3}
    assert calls([write(one, "mailchimp:main") for one in range(7)], ()) == {"mailchimp": 7}
    assert calls([write(1, held="why"), write(2, due=False)], ()) == {}
    assert calls([enroll(one) for one in range(60)], ()) == {"hubspot": 4}
    assert calls([enroll(1), enroll(1, "hubspot:list:Warm")], ()) == {"hubspot": 6}
    assert calls([enroll(1, "hubspot:task:Call {name}")], ()) == {"hubspot": 4}
    assert calls([], [Listing("hubspot", approved=1, unasked=250, off=3), Listing("mailchimp:main", unasked=2)]) == {
        "hubspot": 4,
        "mailchimp": 4,
    }


def test_the_best_are_let_go_first_as_the_outbox_does():
    """Of three the guard lets two go, and the pace one of them at once."""
    silent, better, closing = (
        enroll(n, rank=rank_of(*told)) for n, told in enumerate([(30, 40), (30, 60), (70, 50)], 1)
    )
    found = guarded([silent, better, closing], Allowed(9, 2, Room(0, 0, 0, 0, 1)), heard=False)
    assert [(one.contact, one.held, one.due) for one in found] == [
        (1, BEYOND_ENROLLMENTS, True),
        (2, "", False),
        (3, "", True),
    ]


def test_the_rank_of_what_was_decided_before_there_were_ranks_is_the_lowest():
    assert sorted([rank_of(None, None), rank_of(0, 0), rank_of(10, None)]) == [(-10, 1), (0, 0), (0, 1)]

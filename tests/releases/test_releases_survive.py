"""A process that applies or rolls back may die at any act: resumed, it ends where an undisturbed one ends."""

from __future__ import annotations

from contextlib import contextmanager, suppress

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from port_that_dies import Fate, Killed

#: Tracks that take whoever is warm or hot into a list as well.
CLOSER = {
    "aim": "win",
    "when": {"stage": {"in": ["warm", "hot"]}},
    "enroll": [{"hubspot": {"list": "Trellis: closer"}, "listener": "confirmed", "exit": "none"}],
    "mails": {"count": 3, "name": {"starts_with": "[C]"}},
    "lasts": "21d",
}

fates = st.tuples(st.integers(1, 12), st.booleans())


def story(town):
    """All that the platforms and the store hold in the end; when it was is left out, and so is how often it was tried.

    Whether an owner is ours is known by the hand-over, which is noted before it is written.
    """
    written = "SELECT contact, source, name, value FROM written WHERE name <> 'hubspot_owner_id' ORDER BY 1, 2, 3"
    moved = "SELECT contact, before, after, cause, undone_by FROM flip ORDER BY contact, id"
    waiting = (
        "SELECT kind, contact, state FROM intent WHERE state IN ('pending', 'held', 'sending', 'unknown') ORDER BY 1, 2"
    )
    releases = "SELECT rulebook, kind, undoes, done_at IS NOT NULL AS done FROM release ORDER BY id"
    return (
        town.values(),
        {name: set(there) for name, there in town.portal.members.items()},
        town.on_track(),
        town.standing(),
        *(town.rows(one) for one in (written, moved, waiting, releases)),
    )


def without_marks(values):
    """But for what says that an episode was used up, and the track that Maria was taken out of: nobody is let in again."""
    marks = ("trellis_enrolled", "trellis_track")
    return {id_: {name: one for name, one in hers.items() if name not in marks} for id_, hers in values.items()}


def carried_out(town, act, resume):
    """Do it, and if the process dies over it, go on in another one."""
    with suppress(Killed):
        act()
        return
    town.come_back()
    resume()


@contextmanager
def closing_town(town):
    """A town whose connections are given back: there are many."""
    try:
        yield town
    finally:
        town.store.engine.dispose()


RULES = {"title": 40, "when": "both", "tracks": {"closer": CLOSER}}


@pytest.fixture
def undisturbed(copy_of_town):
    """Values before; the story after applying, and after rolling back, of a town where nothing dies."""
    town = copy_of_town()
    before = town.values()
    done = town.apply(town.rules("surviving", **RULES))
    applied = story(town)
    town.rollback(done.release)
    town.settle()
    return without_marks(before), applied, story(town)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(applying=fates, rolling_back=fates, by_hand=st.booleans())
@example(applying=(1, False), rolling_back=(1, False), by_hand=True)
@example(applying=(2, True), rolling_back=(2, True), by_hand=False)
def test_whatever_it_dies_of_it_ends_as_if_it_had_not(copy_of_town, undisturbed, applying, rolling_back, by_hand):
    before, applied, rolled_back = undisturbed
    with closing_town(copy_of_town()) as town:
        rulebook = town.rules("surviving", **RULES)
        carried_out(town, lambda: town.apply(rulebook, Fate(*applying)), lambda: town.apply(rulebook))
        assert story(town) == applied
        again = (lambda: town.rollback(2)) if by_hand else town.sync
        carried_out(town, lambda: town.rollback(2, Fate(*rolling_back)), again)
        town.settle()
        assert story(town) == rolled_back
        assert without_marks(town.values()) == before

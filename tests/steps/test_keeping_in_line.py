"""Lists and tags brought in line, on doubles: how many calls it takes, and what becomes of whom a call fails."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.memory_hubspot import HubSpotMemory
from adapters.memory_mailchimp import MailchimpMemory
from adapters.ports import (
    CredentialsRefused,
    Outcome,
    PlatformBusy,
    PlatformError,
    PlatformRefused,
    PlatformUnreachable,
    Record,
    RowOutcome,
    ScopeMissing,
)
from connector.facts import Consent
from connector.rulebook.read import read_rulebook
from connector.rulebook.types import TracksFile
from connector.steps.parts import Parts
from connector.steps.segments import keep_in_line
from connector.store import failures, ledger, state
from connector.store.engine import connect, writer_lock
from connector.store.membership import Belonging, approve_segment, keep_memberships, waiting_segments

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
TODAY = date(2026, 11, 24)
HOT = Belonging("hubspot:list:Hot", "hubspot", "hot", guarded=True)
TAG = Belonging("mailchimp:main:tag:hot", "mailchimp:main", "hot")
PAUSED = Belonging("hubspot:list:Paused", "hubspot", "paused")
TRACKS = {
    "version": 1,
    "segments": {
        "hot": {
            "when": {"stage": "hot"},
            "hubspot": {"list": "Hot"},
            "mailchimp": {"audience": "main", "tag": "hot"},
        }
    },
    "dosing": {"paused_list": "Paused"},
    "guard": {"enrollments": 2000},
}


class Killed(BaseException):
    """The process ends here."""


@dataclass
class Portal(HubSpotMemory):
    """Counts the calls about lists; `then` happens after one was made, `instead` before."""

    calls: Counter[str] = field(default_factory=Counter)
    then: BaseException | None = None
    instead: BaseException | None = None

    def _counted(self, name, act):
        self.calls[name] += 1
        if self.instead is not None:
            raise self.instead
        told = act()
        if self.then is not None and name == "put":
            raise self.then
        return told

    def lists(self):
        return self._counted("lists", lambda: HubSpotMemory.lists(self))

    def list_members(self, list_id, token=None):
        return self._counted("members", lambda: HubSpotMemory.list_members(self, list_id, token))

    def put_on_list(self, list_id, ids, deadline):
        return self._counted("put", lambda: HubSpotMemory.put_on_list(self, list_id, ids, deadline))

    def take_off_list(self, list_id, ids, deadline):
        return self._counted("take off", lambda: HubSpotMemory.take_off_list(self, list_id, ids, deadline))


@dataclass
class Audience(MailchimpMemory):
    """Some members fail, each in her way."""

    failing: dict[str, tuple[Outcome, PlatformError]] = field(default_factory=dict)
    asked: int = 0

    def set_tag(self, ids, tag, *, active, deadline):
        self.asked += len(ids)
        told = super().set_tag([one for one in ids if one not in self.failing], tag, active=active, deadline=deadline)
        return (*told, *(RowOutcome(one, *self.failing[one]) for one in ids if one in self.failing))


@pytest.fixture
def parts(database):
    engine = connect(database)
    shipped = read_rulebook(Path(__file__).parents[2] / "mappings")
    rulebook = shipped.model_copy(update={"tracks": TracksFile.model_validate(TRACKS)})
    portal, audience = Portal(now=lambda: NOW), Audience(now=lambda: NOW)
    portal.create_list("Hot")
    portal.create_list("Paused")
    portal.calls.clear()
    with engine.begin() as conn:
        for source in ("hubspot", "mailchimp:main"):
            state.finish_baseline(conn, source, NOW)
    yield Parts(engine, rulebook, lambda _: Consent(), {}, portal, {"mailchimp:main": audience}, now=lambda: NOW)
    engine.dispose()


ALTOGETHER = "lists and tags"


def people(parts, count, source="hubspot"):
    """So many people on a source, by their ids there."""
    platform = parts.platforms[source]
    records = [Record(source, str(500 + n), None, {"status": "subscribed"}, NOW) for n in range(count)]
    platform.add(*records)
    with parts.engine.begin() as conn:
        writer_lock(conn)
        taken = ledger.take_in(conn, records, NOW)
    return sorted(change.contact for change in taken.changed.values())


def judge(parts, contacts, *places):
    with parts.engine.begin() as conn:
        told = [(contact, place) for contact in contacts for place in places]
        keep_memberships(conn, dict.fromkeys(contacts, TODAY), told, baseline=False)


def run(parts, days=0):
    """One pass, so many days later: what it did, and what is listed as wrong with lists and tags altogether."""
    later = replace(parts, now=lambda: NOW + timedelta(days=days))
    tally = keep_in_line(later, set())
    return tally, [reason for about, reason in listed(parts) if about == ALTOGETHER]


def on(parts, name="Hot"):
    return set(parts.hubspot.members[name])


def listed(parts):
    with parts.engine.connect() as conn:
        return {(one.platform_id, one.reason) for one in failures.list_failures(conn, step="segment")}


def told(parts):
    """The failures of single people, lists and tags."""
    return {(about, reason) for about, reason in listed(parts) if about != ALTOGETHER}


def approve(parts):
    with parts.engine.begin() as conn:
        return approve_segment(conn, "hot", NOW)


def test_a_thousand_people_take_four_calls_and_nothing_changed_none(parts):
    crowd = people(parts, 1000)
    judge(parts, crowd[:3], HOT)
    run(parts)
    judge(parts, crowd, HOT)
    parts.hubspot.calls.clear()
    tally, errors = run(parts)
    assert (tally["put on lists"], errors, len(on(parts))) == (997, [], 1000)
    assert parts.hubspot.calls == {"put": 4}
    parts.hubspot.calls.clear()
    run(parts)
    judge(parts, crowd, HOT)
    run(parts)
    assert parts.hubspot.calls == {}
    judge(parts, crowd[500:])
    run(parts)
    assert parts.hubspot.calls == {"take off": 2}
    assert on(parts) == {str(500 + n) for n in range(500)}


def test_the_first_that_are_many_wait_and_later_ones_do_not(parts):
    crowd = people(parts, 30)
    judge(parts, crowd, HOT)
    tally, _ = run(parts)
    assert (tally["held"], tally["put on lists"], on(parts)) == (30, 0, set())
    with parts.engine.connect() as conn:
        assert [(one.name, one.people) for one in waiting_segments(conn)] == [("hot", 30)]
    assert approve(parts) == 30
    run(parts)
    assert len(on(parts)) == 30
    judge(parts, people(parts, 60), HOT)
    run(parts)
    assert len(on(parts)) == 60


def test_whoever_may_not_be_mailed_is_put_on_the_list_of_the_paused_at_once(parts):
    judge(parts, people(parts, 300), PAUSED)
    tally, _ = run(parts)
    assert (tally["held"], len(on(parts, "Paused"))) == (0, 300)


def test_what_was_done_before_a_kill_is_done_again_without_harm(parts):
    crowd = people(parts, 3)
    judge(parts, crowd, HOT)
    parts.hubspot.then = Killed()
    with pytest.raises(Killed):
        run(parts)
    assert len(on(parts)) == 3
    parts.hubspot.then = None
    judge(parts, crowd[:1])  # she left in between, and we never noted that she is there
    run(parts)
    run(parts, days=1)
    assert on(parts) == {"501", "502"}


@pytest.mark.parametrize(
    "error",
    [
        PlatformBusy("hubspot", "busy", retry_after=3),
        PlatformUnreachable("hubspot", "no answer", maybe_applied=True),
        CredentialsRefused("hubspot", "the token is wrong", status=401),
    ],
)
def test_a_platform_that_is_away_is_told_and_people_wait(parts, error):
    judge(parts, people(parts, 3), HOT)
    run(parts, days=-1)  # looked at the lists already
    parts.hubspot.members["Hot"].clear()
    judge(parts, people(parts, 5), HOT)
    parts.hubspot.instead = error
    _, errors = run(parts, days=-1)
    assert errors == [f"{type(error).__name__}: {error.message}"]
    assert told(parts) == set()
    parts.hubspot.instead = None
    run(parts)
    assert len(on(parts)) == 5


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (PlatformRefused("hubspot", "the list is DYNAMIC"), "the list is DYNAMIC"),
        (ScopeMissing("hubspot", "no", scopes=["crm.lists.write"]), "lacks the scope crm.lists.write"),
    ],
)
def test_a_list_that_is_refused_as_such_is_one_failure_and_is_left_alone_for_an_hour(parts, error, reason):
    crowd = people(parts, 3)
    run(parts)
    judge(parts, crowd, HOT)
    parts.hubspot.instead = error
    for _ in range(3):
        _, errors = run(parts)
        assert errors == []
    assert told(parts) == {("list Hot", reason)}
    assert parts.hubspot.calls["put"] <= 1
    parts.hubspot.instead = None
    run(parts, days=1)
    assert (len(on(parts)), told(parts)) == (3, set())


def test_whom_hubspot_does_not_know_is_a_failure_of_hers_and_is_tried_again_tomorrow(parts):
    crowd = people(parts, 3)
    judge(parts, crowd, HOT)
    maria = parts.hubspot.people.pop("500")
    run(parts)
    assert on(parts) == {"501", "502"}
    assert told(parts) == {("500", "HubSpot has no contact 500")}
    parts.hubspot.calls.clear()
    run(parts)
    assert parts.hubspot.calls == {}
    parts.hubspot.add(maria)
    run(parts, days=1)
    assert (on(parts), told(parts)) == ({"500", "501", "502"}, set())


def test_at_mailchimp_each_ends_by_herself(parts):
    audience = parts.mailchimp["mailchimp:main"]
    crowd = people(parts, 5, "mailchimp:main")
    judge(parts, crowd, TAG)
    audience.failing = {
        "501": (Outcome.REFUSED, PlatformRefused("mailchimp", "no such member", status=404)),
        "502": (Outcome.UNKNOWN, PlatformUnreachable("mailchimp", "no answer", maybe_applied=True)),
    }
    tally, errors = run(parts)
    assert (tally["put on lists"], errors) == (3, [])
    assert told(parts) == {("501", "no such member"), ("502", "no answer")}
    asked = audience.asked
    run(parts)
    assert audience.asked == asked
    audience.failing = {}
    run(parts, days=1)
    assert told(parts) == set()


def test_a_mailchimp_that_is_away_keeps_everybody_waiting(parts):
    audience = parts.mailchimp["mailchimp:main"]
    judge(parts, people(parts, 3, "mailchimp:main"), TAG)
    busy = PlatformBusy("mailchimp", "busy", retry_after=1)
    audience.failing = dict.fromkeys(["500", "501", "502"], (Outcome.LATER, busy))
    assert run(parts)[1] == ["PlatformBusy: busy"]
    assert told(parts) == set()
    audience.failing = {}
    assert run(parts)[0]["put on lists"] == 3


def test_who_is_gone_from_mailchimp_has_no_tag_any_more(parts):
    audience = parts.mailchimp["mailchimp:main"]
    crowd = people(parts, 1, "mailchimp:main")
    judge(parts, crowd, TAG)
    run(parts)
    judge(parts, crowd)
    audience.people.clear()
    tally, _ = run(parts)
    assert (tally["taken off lists"], told(parts)) == (1, set())


def test_before_the_baseline_is_over_nothing_is_asked(parts):
    with parts.engine.begin() as conn:
        conn.exec_driver_sql("DELETE FROM baseline WHERE source = 'mailchimp:main'")
    judge(parts, people(parts, 3), HOT, PAUSED)
    assert run(parts) == (Counter(), [])
    assert parts.hubspot.calls == {}


ACTS = st.one_of(
    st.tuples(st.just("judge"), st.frozensets(st.integers(0, 7))),
    st.tuples(st.sampled_from(["pass", "kill", "night", "empty", "anew", "lost"]), st.just(frozenset[int]())),
    st.tuples(st.just("take off by hand"), st.frozensets(st.integers(0, 7))),
)


@given(st.lists(ACTS, max_size=12))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
def test_whatever_happens_the_list_is_in_line_after_a_night(parts, acts):
    portal, crowd = parts.hubspot, everybody(parts)
    clean(parts)
    wanted, days = frozenset[int](), 0
    for act, who in acts:
        if act == "judge":
            wanted = who
            judge_as(parts, crowd, wanted)
        elif act == "take off by hand":
            for one in who:
                portal.members["Hot"].pop(str(500 + one), None)
        elif act in ("kill", "lost"):
            fault = Killed() if act == "kill" else PlatformUnreachable("hubspot", "no answer", maybe_applied=True)
            portal.then = fault
            with suppress(Killed):
                run(parts, days)
            portal.then = None
        elif act in ("empty", "anew"):
            portal.members["Hot"].clear()
        else:
            days += act == "night"
            run(parts, days)
    for _ in range(2):
        days += 1
        run(parts, days)
    assert on(parts) == {str(500 + one) for one in wanted}
    portal.calls.clear()
    run(parts, days)
    assert portal.calls == {}


def everybody(parts):
    """Eight people, whether they are met for the first time or not."""
    people(parts, 8)
    with parts.engine.connect() as conn:
        return list(conn.exec_driver_sql("SELECT contact FROM record ORDER BY platform_id").scalars())


def judge_as(parts, crowd, wanted):
    with parts.engine.begin() as conn:
        told = [(crowd[one], HOT) for one in sorted(wanted)]
        keep_memberships(conn, dict.fromkeys(crowd, TODAY), told, baseline=False)


def clean(parts):
    parts.hubspot.members["Hot"].clear()
    parts.hubspot.then = None
    with parts.engine.begin() as conn:
        conn.exec_driver_sql("TRUNCATE membership, failure, cursor, portal_cache")

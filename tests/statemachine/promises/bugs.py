"""Known bugs, each planted into the product for one test, and a story in which it shows.

A story is told in the acts of the state machine and judged by its invariants; `caught` is part of the sentence by which it is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from promises.acts import Acts
from promises.faults import Fault, Killed, Kind
from promises.platforms import HUBSPOT
from sqlalchemy import Connection, Engine

from adapters.ports import Deadline
from connector.nurturing.markers import Markers
from connector.receiving import StoredInbox
from connector.steps import deliver
from connector.steps.enrolling import enroll
from connector.steps.parts import Parts
from connector.steps.tally import Tally
from connector.store import inbox, outbox
from connector.store.outbox import Intent

Steps = Callable[[Acts], None]
MINUTES, HOURS, DAY = timedelta(minutes=6), timedelta(hours=2), timedelta(days=1)
WEEK, MONTH = 7 * DAY, 31 * DAY


@dataclass(frozen=True, slots=True)
class Bug:
    """One bug: how it is planted, the steps in which it shows, and by which sentence."""

    name: str
    plant: Callable[[pytest.MonkeyPatch, Acts], None]
    story: Sequence[Steps]
    caught: str


def a_lead(acts: Acts) -> None:
    acts.a_lead_comes()


def a_lead_on_both(acts: Acts) -> None:
    acts.a_lead_comes(at_mailchimp=True)


def webhooks(acts: Acts) -> None:
    acts.webhooks_arrive()


def a_pass(acts: Acts) -> None:
    acts.a_pass()


def the_worker(acts: Acts) -> None:
    acts.the_worker()


def after(delta: timedelta) -> Steps:
    return lambda acts: acts.time_passes(delta)


def a_pass_with(fault: Fault) -> Steps:
    return lambda acts: acts.a_pass(fault)


def the_worker_with(fault: Fault) -> Steps:
    return lambda acts: acts.the_worker(fault)


def to_the_newest(step: Callable[[Acts, int], None]) -> Steps:
    return lambda acts: step(acts, len(acts.world.people) - 1)


# ---------------------------------------------------------------- taking in


def ack_before_commit(_: pytest.MonkeyPatch, acts: Acts) -> None:
    class AnswersFirst:
        def __init__(self, engine: Engine, url: str) -> None:
            self._real, self._engine = StoredInbox(engine, url), engine

        def receive(self, **given: Any) -> int:
            with self._engine.connect() as conn:
                number = inbox.newest_number(conn) + 1
            try:
                return self._real.receive(**given)
            except Killed:  # the answer had left by then
                return number

        def ring(self) -> None:
            pass

    acts.world.inbox = AnswersFirst


def dedupe_on_event_id(patch: pytest.MonkeyPatch, _: Acts) -> None:
    def by_number(_kind: str, event: Mapping[str, Any]) -> str:
        return str(event["eventId"])

    patch.setattr("connector.steps.taking_in.hubspot_events.hubspot_key", by_number)


def seen_told_before_taken_in(patch: pytest.MonkeyPatch, acts: Acts) -> None:
    def told_at_once(conn: Connection, keys: Collection[str]) -> set[str]:
        new = inbox.first_seen(conn, keys, acts.world.clock())
        conn.commit()
        return new

    patch.setattr(inbox, "unseen", told_at_once)


def ended_before_read(patch: pytest.MonkeyPatch, _: Acts) -> None:
    patch.setattr("connector.steps.taking_in.hubspot.read_apart", lambda _read, _ids, _look: {})


# ---------------------------------------------------------------- enrolling


def retry_after_unknown(patch: pytest.MonkeyPatch, _: Acts) -> None:
    def send_again(parts: Parts, _down: object) -> Tally:
        with parts.engine.begin() as conn:
            unknown = {one.id: "again" for one in outbox.unsettled(conn)}
            outbox.release_all(conn, unknown, parts.now(), again_in_s=0)
        return Tally()

    patch.setattr(deliver, "settle", send_again)


def sending_not_committed(patch: pytest.MonkeyPatch, _: Acts) -> None:
    def not_noted(_conn: Connection, channels: Mapping[int, str], _at: datetime) -> frozenset[int]:
        return frozenset(channels)

    patch.setattr(outbox, "mark_sending", not_noted)


def no_deadline_check(patch: pytest.MonkeyPatch, _: Acts) -> None:
    class Endless(Deadline):
        __slots__ = ()

        def remaining(self) -> float:
            return 1.0

        def within(self, _seconds: float) -> Deadline:
            return self

    patch.setattr(enroll, "Deadline", Endless)


def consent_from_cache(patch: pytest.MonkeyPatch, _: Acts) -> None:
    asked, kept = enroll.ask, dict[int, Any]()

    def ask_once(parts: Parts, people: Sequence[Any], down: Any, deadline: Deadline) -> Mapping[int, Any]:
        new = [one for one in people if one.contact not in kept]
        kept.update(asked(parts, new, down, deadline))
        return {one.contact: kept[one.contact] for one in people}

    patch.setattr(enroll, "ask", ask_once)


def consent_of_one_platform(patch: pytest.MonkeyPatch, _: Acts) -> None:
    asked = enroll.ask

    def ask_hubspot(parts: Parts, people: Sequence[Any], down: Any, deadline: Deadline) -> Mapping[int, Any]:
        told = asked(parts, people, down, deadline)
        for one in told.values():
            object.__setattr__(one, "standings", {HUBSPOT: one.standings[HUBSPOT]})
        return told

    patch.setattr(enroll, "ask", ask_hubspot)


def one_marker_instead_of_all(patch: pytest.MonkeyPatch, _: Acts) -> None:
    patch.setattr(Markers, "with_episode", lambda _self, track, episode: Markers({track: episode}))


def marker_ignored(patch: pytest.MonkeyPatch, _: Acts) -> None:
    patch.setattr(Markers, "allows", lambda *_: True)


def guard_counted_outside(patch: pytest.MonkeyPatch, _: Acts) -> None:
    claim = outbox.claim_enrollments

    def unless_full(conn: Connection, limit: int, lease_s: float, now: datetime, cap: int, **more: Any) -> list[Intent]:
        return claim(conn, limit, lease_s, now, 10**6, **more) if outbox.enrolled_since(conn, now) < cap else []

    patch.setattr(outbox, "claim_enrollments", unless_full)


def baseline_forgotten(patch: pytest.MonkeyPatch, _: Acts) -> None:
    patch.setattr("connector.steps.sync.is_baseline", lambda _: False)


def no_wait_before_entering_again(patch: pytest.MonkeyPatch, _: Acts) -> None:
    patch.setattr("connector.nurturing.asking.not_again", lambda *_: None)


# ---------------------------------------------------------------- erasing


def tombstone_ignored(patch: pytest.MonkeyPatch, _: Acts) -> None:
    patch.setattr("connector.store.intake.forgotten", lambda _conn, _records: set())


def bodies_kept(patch: pytest.MonkeyPatch, _: Acts) -> None:
    patch.setattr("connector.store.erasure.wipe", lambda *_: None)


def privacy_deletion_ignored(patch: pytest.MonkeyPatch, _: Acts) -> None:
    patch.setattr("connector.steps.taking_in.hubspot._erase", lambda *_: None)


_KILLED_SENDING = (a_lead, a_pass_with(Fault(Kind.KILLED_BEFORE, "enroll")), after(MINUTES), the_worker)
_OTHER_JOB = to_the_newest(lambda acts, who: acts.her_job_changes(who))
_FORM = to_the_newest(lambda acts, who: acts.she_fills_in_a_form(who))

BUGS = (
    Bug(
        "ack before commit",
        ack_before_commit,
        (a_lead, lambda acts: acts.the_receiver_is_killed()),
        "was acknowledged, and is gone",
    ),
    Bug(
        "dedupe on eventId",
        dedupe_on_event_id,
        (a_lead, webhooks, the_worker, after(MINUTES), a_lead, webhooks, the_worker),
        "is not known",
    ),
    Bug(
        "seen told before taken in",
        seen_told_before_taken_in,
        (a_lead, webhooks, the_worker_with(Fault(Kind.KILLED_BEFORE, "by_ids")), after(MINUTES), the_worker),
        "is not known",
    ),
    Bug("ended before read", ended_before_read, (a_lead, webhooks, the_worker), "is not known"),
    Bug("retry after unknown", retry_after_unknown, _KILLED_SENDING, "sent again before anybody looked"),
    Bug(
        "sending not committed before the call", sending_not_committed, (a_lead, a_pass), "`sending` was not committed"
    ),
    Bug(
        "no deadline check",
        no_deadline_check,
        (a_lead, a_pass_with(Fault(Kind.SLOW, "enroll"))),
        "consent at hubspot was asked for at",
    ),
    Bug(
        "consent from cache",
        consent_from_cache,
        (
            a_lead,
            a_pass_with(Fault(Kind.AWAY, "enroll")),
            after(MINUTES),
            to_the_newest(lambda acts, who: acts.she_refuses_at_hubspot(who)),
            the_worker,
        ),
        "hs_email_optout is true",
    ),
    Bug(
        "consent of one platform",
        consent_of_one_platform,
        (
            a_lead_on_both,
            a_pass_with(Fault(Kind.AWAY, "enroll")),
            after(MINUTES),
            to_the_newest(lambda acts, who: acts.her_status_changes_at_mailchimp(who)),
            the_worker,
        ),
        "she is unsubscribed",
    ),
    Bug(
        "one marker instead of all",
        one_marker_instead_of_all,
        (
            a_lead_on_both,
            a_pass,
            _OTHER_JOB,
            after(MONTH),
            a_pass,
            after(HOURS),
            _FORM,
            _FORM,
            a_pass,
            after(WEEK),
            a_pass,
        ),
        "the marker forgets finance-consideration:1",
    ),
    Bug(
        "marker ignored",
        marker_ignored,
        (
            a_lead,
            a_pass_with(Fault(Kind.KILLED_BEFORE, "enroll")),
            lambda acts: acts.a_backup_is_made(),
            after(MINUTES),
            a_pass,
            to_the_newest(lambda acts, who: acts.a_marketer_takes_her_out(who)),
            lambda acts: acts.the_backup_is_restored(),
            after(MINUTES),
            a_pass,
            after(MINUTES),
            a_pass,
        ),
        "twice, first on",
    ),
    Bug("guard counted outside the claim", guard_counted_outside, (*(a_lead,) * 4, a_pass), "the guard allows 3"),
    Bug(
        "baseline forgotten",
        baseline_forgotten,
        (lambda acts: acts.the_database_is_lost(), a_pass, after(MINUTES), a_pass),
        "she matched at the baseline",
    ),
    Bug(
        "no wait before entering again",
        no_wait_before_entering_again,
        (a_lead, a_pass, _OTHER_JOB, after(3 * WEEK), a_pass, _OTHER_JOB, a_pass, after(5 * DAY), a_pass),
        "again too soon",
    ),
    Bug(
        "privacy deletion ignored",
        privacy_deletion_ignored,
        (
            a_lead,
            a_pass,
            webhooks,
            to_the_newest(lambda acts, who: acts.she_is_erased(who)),
            webhooks,
            the_worker,
        ),
        "was erased, and",
    ),
    Bug(
        "tombstone ignored",
        tombstone_ignored,
        (
            a_lead,
            a_pass,
            to_the_newest(lambda acts, who: acts.she_is_forgotten(who)),
            after(MINUTES),
            to_the_newest(lambda acts, who: acts.she_fills_in_a_form(who)),
            a_pass,
        ),
        "was erased, and",
    ),
    Bug(
        "bodies kept",
        bodies_kept,
        (
            a_lead_on_both,
            webhooks,
            the_worker,
            to_the_newest(lambda acts, who: acts.she_is_forgotten(who)),
        ),
        "is still in table delivery",
    ),
)

"""Known bugs, each planted into the product for one test, and a story in which it shows.

A story is told in the machine's own steps and judged by its invariants; `caught` is part of the sentence by which it is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from promises.faults import Fault, Killed, Kind
from promises.machine import Promises
from promises.platforms import HUBSPOT
from sqlalchemy import Connection, Engine

from adapters.ports import Deadline
from connector.nurturing.markers import Markers
from connector.receiving import StoredInbox
from connector.steps import deliver, enroll
from connector.steps.parts import Parts
from connector.steps.tally import Tally
from connector.store import inbox, outbox
from connector.store.outbox import Intent

Steps = Callable[[Promises], None]
MINUTES, HOURS, WEEK, MONTH = timedelta(minutes=6), timedelta(hours=2), timedelta(days=7), timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Bug:
    """One bug: how it is planted, the steps in which it shows, and by which sentence."""

    name: str
    plant: Callable[[pytest.MonkeyPatch, Promises], None]
    story: Sequence[Steps]
    caught: str


def a_lead(machine: Promises) -> None:
    machine.a_lead_comes()


def a_lead_on_both(machine: Promises) -> None:
    machine.a_lead_comes(at_mailchimp=True)


def webhooks(machine: Promises) -> None:
    machine.webhooks_arrive()


def a_pass(machine: Promises) -> None:
    machine.a_pass()


def the_worker(machine: Promises) -> None:
    machine.the_worker()


def after(delta: timedelta) -> Steps:
    return lambda machine: machine.time_passes(delta)


def a_pass_with(fault: Fault) -> Steps:
    return lambda machine: machine.a_pass_where_something_goes_wrong(fault)


def the_worker_with(fault: Fault) -> Steps:
    return lambda machine: machine.the_worker_where_something_goes_wrong(fault)


def to_the_newest(step: Callable[[Promises, int], None]) -> Steps:
    return lambda machine: step(machine, len(machine.world.people) - 1)


# ---------------------------------------------------------------- taking in


def ack_before_commit(_: pytest.MonkeyPatch, machine: Promises) -> None:
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

    machine.world.inbox = AnswersFirst


def dedupe_on_event_id(patch: pytest.MonkeyPatch, _: Promises) -> None:
    def by_number(_kind: str, event: Mapping[str, Any]) -> str:
        return str(event["eventId"])

    patch.setattr("connector.steps.taking_in.hubspot_events.hubspot_key", by_number)


def seen_told_before_taken_in(patch: pytest.MonkeyPatch, machine: Promises) -> None:
    def told_at_once(conn: Connection, keys: Collection[str]) -> set[str]:
        new = inbox.first_seen(conn, keys, machine.world.clock())
        conn.commit()
        return new

    patch.setattr(inbox, "unseen", told_at_once)


def ended_before_read(patch: pytest.MonkeyPatch, _: Promises) -> None:
    patch.setattr("connector.steps.taking_in.hubspot.read_apart", lambda _read, _ids, _look: {})


# ---------------------------------------------------------------- enrolling


def retry_after_unknown(patch: pytest.MonkeyPatch, _: Promises) -> None:
    def send_again(parts: Parts, _down: object) -> Tally:
        with parts.engine.begin() as conn:
            unknown = {one.id: "again" for one in outbox.unsettled(conn)}
            outbox.release_all(conn, unknown, parts.now(), again_in_s=0)
        return Tally()

    patch.setattr(deliver, "settle", send_again)


def sending_not_committed(patch: pytest.MonkeyPatch, _: Promises) -> None:
    def not_noted(_conn: Connection, channels: Mapping[int, str], _at: datetime) -> frozenset[int]:
        return frozenset(channels)

    patch.setattr(outbox, "mark_sending", not_noted)


def no_deadline_check(patch: pytest.MonkeyPatch, _: Promises) -> None:
    class Endless(Deadline):
        __slots__ = ()

        def remaining(self) -> float:
            return 1.0

        def within(self, _seconds: float) -> Deadline:
            return self

    patch.setattr(enroll, "Deadline", Endless)


def consent_from_cache(patch: pytest.MonkeyPatch, _: Promises) -> None:
    asked, kept = enroll.ask, dict[int, Any]()

    def ask_once(parts: Parts, people: Sequence[Any], down: Any, deadline: Deadline) -> Mapping[int, Any]:
        new = [one for one in people if one.contact not in kept]
        kept.update(asked(parts, new, down, deadline))
        return {one.contact: kept[one.contact] for one in people}

    patch.setattr(enroll, "ask", ask_once)


def consent_of_one_platform(patch: pytest.MonkeyPatch, _: Promises) -> None:
    asked = enroll.ask

    def ask_hubspot(parts: Parts, people: Sequence[Any], down: Any, deadline: Deadline) -> Mapping[int, Any]:
        told = asked(parts, people, down, deadline)
        for one in told.values():
            object.__setattr__(one, "standings", {HUBSPOT: one.standings[HUBSPOT]})
        return told

    patch.setattr(enroll, "ask", ask_hubspot)


def one_marker_instead_of_all(patch: pytest.MonkeyPatch, _: Promises) -> None:
    patch.setattr(Markers, "with_episode", lambda _self, track, episode: Markers({track: episode}))


def marker_ignored(patch: pytest.MonkeyPatch, _: Promises) -> None:
    patch.setattr(Markers, "allows", lambda *_: True)


def guard_counted_outside(patch: pytest.MonkeyPatch, _: Promises) -> None:
    claim = outbox.claim_enrollments

    def unless_full(conn: Connection, limit: int, lease_s: float, now: datetime, cap: int, **more: Any) -> list[Intent]:
        return claim(conn, limit, lease_s, now, 10**6, **more) if outbox.enrolled_since(conn, now) < cap else []

    patch.setattr(outbox, "claim_enrollments", unless_full)


def baseline_forgotten(patch: pytest.MonkeyPatch, _: Promises) -> None:
    patch.setattr("connector.steps.sync.is_baseline", lambda _: False)


# ---------------------------------------------------------------- erasing


def tombstone_ignored(patch: pytest.MonkeyPatch, _: Promises) -> None:
    patch.setattr("connector.store.intake.forgotten", lambda _conn, _records: set())


def bodies_kept(patch: pytest.MonkeyPatch, _: Promises) -> None:
    patch.setattr("connector.store.erasure.wipe", lambda *_: None)


_KILLED_SENDING = (a_lead, a_pass_with(Fault(Kind.KILLED_BEFORE, "enroll")), after(MINUTES), the_worker)
_OTHER_JOB = to_the_newest(lambda machine, who: machine.her_job_changes(who))
_FORM = to_the_newest(lambda machine, who: machine.she_fills_in_a_form(who))

BUGS = (
    Bug(
        "ack before commit",
        ack_before_commit,
        (a_lead, lambda machine: machine.the_receiver_is_killed()),
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
            to_the_newest(lambda machine, who: machine.she_refuses_at_hubspot(who)),
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
            to_the_newest(lambda machine, who: machine.her_status_changes_at_mailchimp(who)),
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
            lambda machine: machine.a_backup_is_made(),
            after(MINUTES),
            a_pass,
            to_the_newest(lambda machine, who: machine.a_marketer_takes_her_out(who)),
            lambda machine: machine.the_backup_is_restored(),
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
        (lambda machine: machine.the_database_is_lost(), a_pass, after(MINUTES), a_pass),
        "she matched at the baseline",
    ),
    Bug(
        "tombstone ignored",
        tombstone_ignored,
        (
            a_lead,
            a_pass,
            to_the_newest(lambda machine, who: machine.she_is_forgotten(who)),
            after(MINUTES),
            to_the_newest(lambda machine, who: machine.she_fills_in_a_form(who)),
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
            to_the_newest(lambda machine, who: machine.she_is_forgotten(who)),
        ),
        "is still in table delivery",
    ),
)

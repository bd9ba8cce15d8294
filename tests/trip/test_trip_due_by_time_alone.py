"""A state of tending that time alone ends wakes her: hold, rest, dose, the mails of a track that she left, a track's time."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from connector.nurturing.intents import Tended
from connector.steps import portal
from connector.steps.deliver import deliver
from connector.steps.judge import judge_all, judge_person
from connector.steps.keep import rows_of
from connector.steps.reading import read_all
from connector.store import ledger
from connector.store.engine import writer_lock
from connector.store.opening import approve_opening, openings

MAPPINGS = Path(__file__).parents[2] / "mappings"
PRICING = "https://www.brightledger.example/pricing"
BLOG = "https://www.brightledger.example/blog/tesoreria"
#: Everything of the shipped file happens within a few days; more keeps people waiting, and some mails run on.
QUICKLY = (
    ("# paused_list:", "paused_list:"),
    (
        "events: [unsubscribe], answers: [silent], rest: 30d",
        "events: [unsubscribe, email_open], answers: [silent], rest: 3d",
    ),
    ("touches: {max: 3, per: 7d}", "touches: {max: 1, per: 5d}"),
    ("reenter_after: 90d", "reenter_after: 6d"),
    ("reenter_after: 60d", "reenter_after: 4d"),
    ("lasts: 21d", "lasts: 4d"),
    ("within: 30d", "within: 3d"),
    ("within: 120d", "within: 9d"),
    ('mailchimp-warmup"}, listener: confirmed, exit: confirmed}', 'mailchimp-warmup"}, listener: confirmed}'),
)


def quickly():
    """One edit for `make_world`: the whole file, and the whole file with all that changes."""
    shipped = edited = (MAPPINGS / "tracks.yaml").read_text()
    for old, new in QUICKLY:
        assert old in edited
        edited = edited.replace(old, new)
    return {"tracks.yaml": (shipped, edited)}


def live(world, lot):
    life = world.sandbox.hubspot.life
    known = sorted(email for record in world.sandbox.hubspot.contacts if (email := record.values.get("email")))
    for _ in range(8):
        email = lot.choice(known)
        match lot.choice(
            ["page", "topic", "form", "click", "reply", "job", "mail", "verdict", "contact", "exclude", "open"]
        ):
            case "page":
                life.visit_page(email, PRICING)
            case "topic":
                life.visit_page(email, BLOG)
            case "form":
                life.fill_form(email, lot.choice(["Pricing guide", "Newsletter", "Demo request"]), {}, PRICING)
            case "click":
                life.click_mail(email, "[FIN] 1", PRICING)
            case "reply":
                life.reply_mail(email, "[FIN] 1")
            case "job":
                life.set_property(email, "jobtitle", lot.choice(["CFO", "Estudiante", "Directora financiera", "COO"]))
            case "mail":
                life.receive_mail(email, "Newsletter of the month")
            case "verdict":
                life.set_property(email, "trellis_sales_verdict", lot.choice(["accepted", "rejected_timing", ""]))
            case "contact":
                life.contact_person(email)
            case "open":
                life.open_mail(email, "[FIN] 1")
            case "exclude":
                life.set_property(email, "trellis_exclude", lot.choice(["true", "false", "false"]))


def kept_of(world):
    """Where everybody belongs, and which tracks she matches, as kept."""
    belongs = world.rows("SELECT contact, key FROM membership WHERE wanted")
    states = world.rows("SELECT contact, track, matched, at_baseline FROM track_state WHERE matched")
    return {tuple(one) for one in belongs}, {tuple(one) for one in states}


def missed(world, standings):
    """What a single judgement would change now of those who are not due; how they stand goes into `standings`."""
    parts = world.parts
    order, hearing = portal.stage_order(parts), portal.hearing(parts)
    with parts.engine.begin() as conn:
        writer_lock(conn)
        ids = [row.id for row in conn.exec_driver_sql("SELECT id FROM contact ORDER BY id")]
        people = ledger.load_people(conn, ids)
        judged = [(person, judge_person(parts, person, order, hearing, baseline=False)) for person in people]
        rows = rows_of(parts, conn, judged, order, baseline=False)
    belongs, states = kept_of(world)
    found = []
    for (person, one), row in zip(judged, rows, strict=True):
        if person.verdict.due is not None and person.verdict.due <= parts.today:
            found.append((person.contact, "is due"))
        standings.add(one.plan.standing.state)
        waiting = _waiting(world, person.contact)
        enters = {enter.track for enter in row.enters if not enter.ways[0]["segment"]} - waiting
        here = {key for contact, key in belongs if contact == person.contact}
        matched = {(track, base) for contact, track, _, base in states if contact == person.contact}
        now = {(name, state.at_baseline) for name, state in row.tracks.items() if state.matched}
        told = {
            "move": row.move, "enters": enters,
            "writes": [one for source, one in row.writes.items() if one and source not in waiting],
            "leaves": [leave.why for leave in row.leaves],
            "belongs": here ^ {place.key for place in row.belongs}, "states": matched ^ now,
        }  # fmt: skip
        found += [(person.contact, name, what, str(one.plan.standing)) for name, what in told.items() if what]
    return found


def _waiting(world, contact):
    """The tracks that she is about to enter or was refused, and the sources that she is about to be written to."""
    statement = (
        "SELECT coalesce(track, source) FROM intent WHERE contact = :id"
        " AND (state IN ('pending', 'held') OR (kind = 'enroll' AND state = 'refused'))"
    )
    return {row[0] for row in world.rows(statement, id=contact)}


@pytest.mark.parametrize(("screened", "seed"), [(False, 1), (True, 2)], ids=["when due", "screened"])
def test_on_no_day_is_anybody_missed(make_world, screened, seed):
    world = make_world(count=20, edits=quickly(), webhooks=False)
    with world.store.engine.begin() as conn:
        writer_lock(conn)
        for one in openings(conn):
            approve_opening(conn, one.track)
    lot, standings = random.Random(seed), set()
    for number in range(24):
        if number % 5 == 0:
            live(world, lot)
            world.new_lead(f"new{number}")
        for _ in range(2):
            world.pass_time(minutes=10)
            world.end_pauses()
            read_all(world.parts, full=False)
            judge_all(world.parts, baseline=False, many=0 if screened else 10**9)
            errors = []
            deliver(world.parts, errors)
            assert errors == []
        read_all(world.parts, full=False)
        judge_all(world.parts, baseline=False, many=0 if screened else 10**9)
        assert missed(world, standings) == []
        world.pass_time(days=1)
    assert len(world.entered()) > 10
    assert standings >= {Tended.FREE, Tended.ON_TRACK, Tended.HOLD, Tended.RECTIFY, Tended.DOSED}

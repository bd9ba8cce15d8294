"""What happens between judging and the call: consent, markers, merges and approvals that nobody knew of when judging."""

from __future__ import annotations

from dataclasses import replace

import psycopg
import pytest
from sqlalchemy import make_url

from adapters.ports import Deadline, Enrollment
from adapters.sandbox.faults import Fault
from connector.steps.enrolling.enroll import enroll_all
from connector.steps.enrolling.settle import settle
from connector.store import outbox

FINANCE = "finance-consideration"
PROPERTY = "hubspot:property:trellis_track"
TAG = f"mailchimp:main:tag:trellis:track:{FINANCE}"
USED_UP = "the marker on the platform says that this episode was used up"


class Just:
    """A port over the real one that lets something happen right before it says how people stand."""

    def __init__(self, real, happens):
        self.real = real
        self.happens = happens

    def __getattr__(self, name):
        return getattr(self.real, name)

    def standings(self, ids, deadline):
        self.happens()
        return self.real.standings(ids, deadline)


@pytest.mark.parametrize(
    ("happens", "reason"),
    [
        (lambda life, email: life.unsubscribe(email), "opted_out"),
        (lambda life, email: life.set_property(email, "trellis_exclude", "true"), "excluded"),
        (lambda life, email: life.hard_bounce(email), "bounced"),
        (lambda life, email: life.set_property(email, "trellis_enrolled", f"{FINANCE}:1"), USED_UP),
        (
            lambda life, email: life.set_property(email, "trellis_enrolled", "mended by hand"),
            "the marker on the platform cannot be read: a person must mend it",
        ),
    ],
    ids=["opted out", "excluded", "bounced", "enrolled by somebody else", "marker broken"],
)
def test_what_noor_says_after_she_was_claimed_is_heard(world, happens, reason):
    noor, maria = world.new_lead("noor"), world.new_lead("maria")
    world.judge()
    life = world.sandbox.hubspot.life
    port = Just(world.parts.hubspot, lambda: happens(life, noor))
    tally = enroll_all(replace(world.parts, hubspot=port), frozenset(), lambda: False)
    assert (tally["enrolled"], tally["not enrolled"]) == (1, 1)
    assert [one.email for one in world.entered()] == [maria]
    assert world.intents(noor) == [("refused", reason)]


def test_a_marker_at_mailchimp_stops_an_enrollment_at_hubspot(world):
    noor = world.new_lead("noor")
    world.new_member("noor")
    world.judge()
    world.sandbox.mailchimp.life.edit_profile(noor, {"TRACKMARK": f"{FINANCE}:1"})
    world.deliver()
    assert world.entered() == []
    assert world.intents(noor) == [("refused", USED_UP)]


@pytest.mark.parametrize("says_no", [True, False], ids=["unsubscribed", "subscribed"])
def test_what_a_merged_contact_says_under_her_other_address_counts(world, says_no):
    """HubSpot keeps the addresses of both; the member under the second one was never met here."""
    noor, other = world.new_lead("noor"), "noor.private@home.example"
    world.judge()
    world.sandbox.hubspot.life.set_property(noor, "hs_additional_emails", f"noor@old.example;{other}")
    world.sandbox.mailchimp.life.subscribe(other)
    if says_no:
        world.sandbox.mailchimp.life.unsubscribe(other)
    assert world.deliver()["enrolled"] == (not says_no)
    assert len(world.entered(noor)) == (not says_no)


@pytest.mark.parametrize("has_bought", [True, False], ids=["customer", "lead"])
def test_who_may_be_a_customer_by_another_address_is_not_won_again(make_world, has_bought):
    """Two who were merged at HubSpot are still two members at Mailchimp, and two contacts here: the other one has bought."""
    mapped = "  unsubscribe: {mailchimp: activity.unsub}"
    world = make_world(edits={"fields.yaml": (mapped, f"{mapped}\n  order: {{mailchimp: orders}}")})
    maria, other = world.new_lead("maria"), world.new_member("brian")
    if has_bought:
        world.sandbox.mailchimp.life.buy(other, "10")
    world.judge()
    world.sandbox.hubspot.life.set_property(maria, "hs_additional_emails", other)
    assert world.deliver()["enrolled"] == (0 if has_bought else 2)
    assert len(world.entered(maria)) == (not has_bought)
    if has_bought:
        ((state, reason),) = world.intents(maria)
        assert (state, reason) == (
            "pending",
            "another contact with an address of hers is a customer, and may be the same person",
        )


def test_who_was_deleted_or_merged_away_after_judging_is_enrolled_under_no_old_id(world):
    noor, maria, brian = world.new_lead("noor"), world.new_lead("maria"), world.new_lead("brian")
    world.judge()
    world.sandbox.hubspot.life.archive(noor)
    world.sandbox.hubspot.life.merge(brian, maria)
    assert world.deliver()["enrolled"] == 0
    world.end_pauses()
    world.pass_time(minutes=5)
    world.sync()
    world.pass_time(days=1)
    world.sync()
    assert len(world.entered(brian)) == 1
    assert len(world.entered()) == 1


def test_what_a_person_approves_in_the_middle_of_a_pass_waits_until_it_is_judged_anew(make_world):
    world = make_world(edits={"tracks.yaml": ("enrollments: 500}", "enrollments: 1}")})
    leads = [world.new_lead("noor"), world.new_lead("maria")]
    world.pass_time(minutes=1)
    world.sync()
    with world.store.engine.begin() as conn:
        (held,) = outbox.list_held(conn)
        world.sandbox.hubspot.life.set_property(
            next(email for email in leads if world.contact(email) == held.contact), "lifecyclestage", "customer"
        )
        assert outbox.approve(conn, held.id, world.parts.now())
    assert enroll_all(world.parts, frozenset(), lambda: False)["enrolled later"] == 1
    assert len(world.entered()) == 1
    world.pass_time(minutes=5)
    world.sync()
    assert len(world.entered()) == 1, "she is a customer by now"
    with world.store.engine.connect() as conn:
        assert {one.track for one in outbox.list_held(conn)} <= {"customer-tips"}, (
            "a track for customers may wait for her"
        )


# ---------------------------------------------------------------- what cannot be asked


def sent(world, key, email):
    """An enrollment that went out, and whose worker died."""
    with world.store.engine.begin() as conn:
        (intent,) = outbox.claim_enrollments(conn, 10, 55, world.parts.now(), 500)
    with world.store.engine.begin() as conn:
        outbox.mark_sending(conn, {intent.id: key}, world.parts.now())
    id_ = world.hubspot(email)["hs_object_id"] if key == PROPERTY else world.member(email)["contact_id"]
    return Enrollment(id_, FINANCE, f"{FINANCE}:1")


def test_one_whose_platform_was_switched_off_while_it_was_sent_ends_with_a_person_after_a_day(world):
    dora = world.new_member("dora")
    world.judge()
    sent(world, TAG, dora)
    world.end_pauses()
    alone = replace(world.parts, mailchimp={})
    world.pass_time(hours=23)
    assert settle(alone, frozenset()) == {"enrollment unknown": 1}
    world.pass_time(hours=2)
    assert settle(alone, frozenset()) == {"parked for a person": 1}
    assert world.intents(dora) == [
        ("parked", "its platform was switched off while it was sent: look whether she was enrolled")
    ]


def test_a_probe_that_fails_is_no_proof_of_absence(world):
    dora = world.new_member("dora")
    world.judge()
    sent(world, TAG, dora)
    world.end_pauses()
    world.pass_time(minutes=5)
    silence = world.sandbox.mailchimp_server.faults

    silence.add(Fault(method="GET", path="/members/", times=None, status=503))
    assert settle(world.parts, frozenset()) == {"enrollment unknown": 1}
    silence.clear()
    assert settle(world.parts, frozenset()) == {"enrolled later": 1}


# ---------------------------------------------------------------- older copies of the database


def copy_of(world, url):
    """The world's database as it is now, under the name of `url`."""
    world.store.engine.dispose()
    name, source = make_url(url).database, make_url(world.store.url).database
    admin = make_url(url).set(drivername="postgresql", database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(admin, autocommit=True) as conn:
        conn.execute(f"DROP DATABASE {name}")
        conn.execute(f"CREATE DATABASE {name} TEMPLATE {source}")
    return world.with_store(url)


@pytest.mark.parametrize("channel", ["property", "tag"])
@pytest.mark.parametrize("moment", ["claimed", "sending", "given back"])
def test_a_copy_from_the_middle_of_an_enrollment_enrolls_nobody_who_has_left_since(
    make_world, new_database, channel, moment
):
    world = make_world(webhooks=False)
    key, carla = (PROPERTY, world.new_lead("carla")) if channel == "property" else (TAG, world.new_member("carla"))
    world.judge()
    if moment == "claimed":
        with world.store.engine.begin() as conn:
            outbox.claim_enrollments(conn, 10, 55, world.parts.now(), 500)
    else:
        row = sent(world, key, carla)
        if moment == "given back":
            with world.store.engine.begin() as conn:
                (number,) = [one.id for one in world.rows("SELECT id FROM intent WHERE kind = 'enroll'")]
                outbox.release(conn, number, "busy", world.parts.now(), again_in_s=0)
    old = copy_of(world, new_database())

    # In the world that went on, she enters, and leaves again.
    way = world.parts.channel(key)
    row = Enrollment(sent_to(world, key, carla), FINANCE, f"{FINANCE}:1")
    way.enroll([row], Deadline.after(30))
    way.leave([row], Deadline.after(30))
    entered = len(world.entered(carla))
    assert entered == 1

    old.end_pauses()
    for _ in range(4):
        old.pass_time(hours=2)
        old.end_pauses()
        settle(old.parts, frozenset())
        enroll_all(old.parts, frozenset(), lambda: False)
    assert len(world.entered(carla)) == entered
    (ending,) = old.intents(carla)
    assert ending[0] in {"parked", "refused"} or (channel == "property" and ending[0] == "unknown")


def sent_to(world, key, email):
    return world.hubspot(email)["hs_object_id"] if key == PROPERTY else world.member(email)["contact_id"]


# ---------------------------------------------------------------- loops


def test_somebody_else_who_changes_what_trellis_writes_is_not_fought_for_ever(world):
    maria = world.email("maria")
    world.settle()
    for _ in range(16):
        world.sandbox.hubspot.life.set_property(maria, "trellis_score", "1")
        world.pass_time(minutes=3)
        world.end_pauses()
        world.sync()
    assert world.hubspot(maria)["trellis_score"] == "1"
    with world.store.engine.connect() as conn:
        (held,) = outbox.list_held(conn)
    assert (held.contact, held.kind) == (world.contact(maria), "write")
    assert held.reason.startswith("written more than 12 times within an hour")

"""Taking deliveries in: everybody once, whatever was sent how often; nobody's fault is anybody else's; every ending has a reason."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from urllib.parse import urlencode

import pytest

from adapters.ports import PlatformRefused, PlatformUnreachable
from connector.steps.taking_in import MOST_CALLS, MOST_DELIVERIES, take_in_deliveries
from connector.store import inbox

PORTAL, OTHER_PORTAL = 4801234, 62515
READ = "POST /crm/v3/objects/contacts/batch/read"


def event(id_, number=1, **more):
    """What HubSpot tells of a contact; another number is another change."""
    told = {"portalId": PORTAL, "appId": 50780459, "subscriptionType": "contact.propertyChange", "objectId": int(id_)}
    told |= {"propertyName": "jobtitle", "propertyValue": "CFO", "occurredAt": 1787843156000 + number}
    return told | {"eventId": number, "attemptNumber": 0, "changeSource": "CRM_UI", "sourceId": "userId:1"} | more


def deliver(world, *bodies, platform="hubspot"):
    """Put bodies into the inbox, as the receiver does; their numbers."""
    with world.store.engine.begin() as conn:
        return [
            inbox.receive(
                conn,
                platform=platform,
                body=body if isinstance(body, bytes) else json.dumps(body).encode(),
                content_type="",
                received_at=world.parts.now(),
                meta={},
            )
            for body in bodies
        ]


def ends(world, numbers):
    return [
        tuple(row) for row in world.rows("SELECT state, reason FROM delivery WHERE id = ANY(:n) ORDER BY id", n=numbers)
    ]


def states(world, numbers):
    return [state for state, _ in ends(world, numbers)]


def take_in(world, parts=None):
    """Take in whatever waits; no platform may fail."""
    errors = []
    tally = take_in_deliveries(parts or world.parts, errors)
    assert errors == []
    return tally


def ids_of(world):
    return sorted((str(record.id) for record in world.sandbox.hubspot.contacts), key=int)


@pytest.fixture
def crowd(make_world):
    """A world with 1,000 contacts more, which nobody has read, and without webhooks of its own."""
    world = make_world(webhooks=False)
    for number in range(1000):
        world.sandbox.hubspot.life.add_contact({"email": f"crowd{number}@crowd.example"})
    return world


@pytest.fixture
def quiet(make_world):
    return make_world(webhooks=False)


# ---------------------------------------------------------------- what it costs


def test_a_thousand_people_in_ten_deliveries_cost_ten_calls(crowd):
    ids = ids_of(crowd)[-1000:]
    numbers = deliver(crowd, *([event(one) for one in ids[start::10]] for start in range(10)))
    crowd.forget_calls()
    assert take_in(crowd)["deliveries handled"] == 10
    assert crowd.calls() == {"hubspot": {READ: 10}, "mailchimp": {}}
    assert ends(crowd, numbers) == [("handled", "100 of 100 events were new")] * 10
    assert crowd.rows("SELECT count(*) AS n FROM record WHERE platform_id = ANY(:ids)", ids=ids)[0].n == 1000


def test_many_deliveries_about_the_same_people_cost_one_call(crowd):
    ids = ids_of(crowd)[-100:]
    numbers = deliver(crowd, *([event(one, number) for one in ids] for number in range(250)))
    crowd.forget_calls()
    take_in(crowd)
    assert crowd.calls()["hubspot"] == {READ: 1}
    assert set(states(crowd, numbers)) == {"handled"}


def test_what_comes_after_a_reading_began_is_read_again(quiet):
    """Two rounds, and within one round a delivery that arrives while the batch before it is read."""
    one = ids_of(quiet)[0]
    late = []

    class Arriving(Over):
        def by_ids(self, ids):
            self.asked += 1
            if not late:
                late.extend(deliver(quiet, [event(one, 2)]))
            return self.real.by_ids(ids)

    port = Arriving(quiet.parts.hubspot)
    deliver(quiet, [event(one, 1)])
    take_in(quiet, replace(quiet.parts, hubspot=port))
    assert states(quiet, late) == ["handled"]
    assert port.asked == 2


def test_a_delivery_tripled_and_cut_otherwise_is_handled_once(quiet):
    ids = ids_of(quiet)[:6]
    events = [event(one) for one in ids]
    again = [one | {"attemptNumber": 2, "eventId": 77, "subscriptionId": 5} for one in reversed(events)]
    numbers = deliver(quiet, events, again[:4], again[4:] + again[:1])
    quiet.forget_calls()
    take_in(quiet)
    numbers += deliver(quiet, again)
    take_in(quiet)
    assert quiet.calls()["hubspot"] == {READ: 1}
    assert ends(quiet, numbers) == [
        ("handled", "6 of 6 events were new"),
        ("ignored", "told before: 4"),
        ("ignored", "told before: 3"),
        ("ignored", "told before: 6"),
    ]


def test_one_call_takes_a_bounded_amount_and_says_that_more_waits(quiet):
    deliver(quiet, *([] for _ in range(MOST_DELIVERIES + 5)))
    assert take_in(quiet) == {"deliveries ignored": MOST_DELIVERIES}
    with quiet.store.engine.connect() as conn:
        assert inbox.claimable(conn)
    assert take_in(quiet) == {"deliveries ignored": 5}


def test_told_to_stop_it_gives_the_batch_back_without_a_fault(quiet):
    ids = ids_of(quiet)[:3]
    numbers = deliver(quiet, [event(one) for one in ids])
    looks = iter([False, True, True, True])
    assert take_in_deliveries(quiet.parts, [], lambda: next(looks)) == {}
    ((state, attempts),) = quiet.rows("SELECT state, attempts FROM delivery WHERE id = ANY(:n)", n=numbers)
    assert (state, attempts) == ("waiting", 0)
    assert take_in(quiet) == {"deliveries handled": 1}


# ---------------------------------------------------------------- whose fault it is


class Over:
    """A HubSpot port over the real one, which counts its readings by id."""

    source = "hubspot"

    def __init__(self, real):
        self.real = real
        self.asked = 0

    def __getattr__(self, name):
        return getattr(self.real, name)


class Failing(Over):
    """Every call fails that asks for one of these ids."""

    def __init__(self, real, bad, error):
        super().__init__(real)
        self.bad, self.error = set(bad), error

    def by_ids(self, ids):
        self.asked += 1
        if self.bad.intersection(ids):
            raise self.error
        return self.real.by_ids(ids)


DOWN = PlatformUnreachable("hubspot", "HubSpot answered 500", maybe_applied=False)
REFUSED = PlatformRefused("hubspot", "HubSpot answered 400", status=400)
OPEN = "SELECT platform_id, reason FROM failure WHERE step = 'read' AND resolved_at IS NULL ORDER BY 1"


@pytest.mark.parametrize("error", [DOWN, REFUSED], ids=["500", "400"])
def test_one_who_makes_every_call_fail_ends_listed_alone_and_the_others_are_read(crowd, error):
    ids = ids_of(crowd)[-300:]
    bad = ids[150]
    numbers = deliver(crowd, *([event(one) for one in ids[start::3]] for start in range(3)))
    port = Failing(crowd.parts.hubspot, [bad], error)
    take_in(crowd, replace(crowd.parts, hubspot=port))
    assert [tuple(row) for row in crowd.rows(OPEN)] == [(bad, error.message)]
    assert crowd.rows("SELECT count(*) AS n FROM record WHERE platform_id = ANY(:ids)", ids=ids)[0].n == 299
    assert sorted(ends(crowd, numbers)) == [
        ("handled", "100 of 100 events were new"),
        ("handled", "100 of 100 events were new"),
        ("handled", "100 of 100 events were new; 1 could not be read: see `trellis failures`"),
    ]
    assert port.asked < 40
    deliver(crowd, [event(bad, 2)])
    take_in(crowd)
    assert crowd.rows(OPEN) == []


def test_many_at_fault_at_once_do_not_take_for_ever(crowd):
    """After some failures the rest of what fails is listed as it is: nobody is lost, and nobody else waits."""
    ids = ids_of(crowd)[-400:]
    deliver(crowd, [event(one) for one in ids])
    port = Failing(crowd.parts.hubspot, ids[::2], DOWN)
    take_in(crowd, replace(crowd.parts, hubspot=port))
    listed = {row.platform_id for row in crowd.rows(OPEN)}
    assert set(ids[::2]) <= listed <= set(ids)
    assert port.asked < 120
    assert crowd.rows("SELECT state FROM delivery") == [("handled",)]


def test_a_platform_that_fails_everybody_lists_nobody_and_uses_up_no_attempt(quiet):
    ids = ids_of(quiet)
    numbers = deliver(quiet, [event(ids[0])], [event(ids[1])])
    port = Failing(quiet.parts.hubspot, ids, DOWN)
    for _ in range(inbox.MAX_ATTEMPTS + 2):
        quiet.end_pauses()
        errors = []
        assert take_in_deliveries(replace(quiet.parts, hubspot=port), errors) == {}
        assert errors == [DOWN]
    assert quiet.rows(OPEN) == []
    quiet.end_pauses()
    take_in(quiet)
    assert states(quiet, numbers) == ["handled", "handled"]


def test_a_platform_that_refuses_everybody_sets_each_delivery_aside_with_its_reason(quiet):
    ids = ids_of(quiet)
    numbers = deliver(quiet, [event(ids[0])], [event(ids[1])], [{"subscriptionType": "deal.creation", "objectId": 1}])
    take_in(quiet, replace(quiet.parts, hubspot=Failing(quiet.parts.hubspot, ids, REFUSED)))
    assert ends(quiet, numbers) == [
        ("failed", "HubSpot answered 400"),
        ("failed", "HubSpot answered 400"),
        ("ignored", "of objects that are read by polling: 1"),
    ]


def test_what_kills_its_worker_is_set_aside_alone(quiet):
    class Killed(Exception):
        pass

    ids = ids_of(quiet)[:5]
    numbers = deliver(quiet, *([event(one)] for one in ids))
    parts = replace(quiet.parts, hubspot=Failing(quiet.parts.hubspot, [ids[2]], Killed()))
    for _ in range(3 * inbox.MAX_ATTEMPTS):
        quiet.end_pauses()
        try:
            take_in(quiet, parts)
        except Killed:
            continue
    assert states(quiet, numbers) == ["handled", "handled", "failed", "handled", "handled"]
    with quiet.store.engine.begin() as conn:
        assert inbox.replay_delivery(conn, numbers[2])
    take_in(quiet)
    assert states(quiet, numbers) == ["handled"] * 5


def test_a_member_who_makes_mailchimp_fail_is_set_aside_alone(quiet):
    members = quiet.members()
    (bad, email), (_, other) = [(id_, member["email_address"]) for id_, member in members.items()][:2]

    class Stumbling(Over):
        def by_ids(self, ids):
            if bad in ids:
                raise PlatformUnreachable("mailchimp", "500", maybe_applied=False)
            return self.real.by_ids(ids)

    source, port = next(iter(quiet.parts.mailchimp.items()))
    stumbling = Stumbling(port)
    stumbling.source = source
    numbers = deliver(quiet, *(form(quiet, one) for one in (email, other)), platform="mailchimp")
    take_in(quiet, replace(quiet.parts, mailchimp={source: stumbling}))
    assert states(quiet, numbers) == ["handled", "handled"]
    assert [tuple(row) for row in quiet.rows(OPEN)] == [(bad, "500")]


def test_a_stranger_whose_row_makes_mailchimp_fail_is_set_aside_however_she_is_spelled(quiet):
    class Stumbling(Over):
        def member_by_email(self, email):
            if email.lower().startswith("odd"):
                raise PlatformUnreachable("mailchimp", "500", maybe_applied=False)
            return self.real.member_by_email(email)

    source, port = next(iter(quiet.parts.mailchimp.items()))
    stumbling = Stumbling(port)
    stumbling.source = source
    told = [form(quiet, one) for one in ("Odd@oddworks.example", "odd@ODDworks.example", quiet.new_member("dora"))]
    numbers = deliver(quiet, *told, platform="mailchimp")
    take_in(quiet, replace(quiet.parts, mailchimp={source: stumbling}))
    assert ends(quiet, numbers) == [("failed", "500"), ("failed", "500"), ("handled", "profile")]


def test_one_call_makes_a_bounded_number_of_calls_to_each_platform(quiet):
    strangers = [form(quiet, f"nobody{number}@nowhere.example") for number in range(MOST_CALLS + 5)]
    deliver(quiet, *strangers, platform="mailchimp")
    assert take_in(quiet) == {"deliveries handled": MOST_CALLS}
    assert take_in(quiet) == {"deliveries handled": 5}


# ---------------------------------------------------------------- endings


def form(world, email, type_="profile", fired="2026-11-24 11:00:00", **more):
    told = {"type": type_, "fired_at": fired, "data[list_id]": world.population.audience, "data[email]": email, **more}
    return urlencode(told).encode()


@pytest.mark.parametrize(
    "odd",
    [{}, True, 123.0, -5, "abc", 0, None, [1], 10**30, "5\n", "٣"],
    ids=["object", "true", "float", "negative", "word", "zero", "null", "list", "huge", "line", "other digits"],
)
def test_an_id_that_is_none_reaches_a_person_and_the_others_are_handled(quiet, odd):
    one = ids_of(quiet)[0]
    (number,) = deliver(quiet, [event(one), event(one, 2, occurredAt="yesterday") | {"objectId": odd}])
    quiet.forget_calls()
    take_in(quiet)
    assert ends(quiet, [number]) == [("unknown", "not understood: contact.propertyChange")]
    assert quiet.calls()["hubspot"] == {READ: 1}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"[NaN]", "not a JSON array of events"),
        (b'[{"objectId": Infinity}]', "not a JSON array of events"),
        (b"[" * 33 + b"]" * 33, "not a JSON array of events"),
        (b"[" * 200_000, "not a JSON array of events"),
        (b'[{"objectId": ' + b"9" * 5000 + b"}]", "not a JSON array of events"),
        (b"{}", "not a JSON array of events"),
        (b"\xff", "not a JSON array of events"),
        (b'[5, "x"]', "not understood: (none)"),
        (b'[{"subscriptionType": "contact.sneezed", "objectId": 5}]', "not understood: contact.sneezed"),
        (b'[{"subscriptionType": "a@b.example", "objectId": 5}]', "not understood: (none)"),
        (b'[{"subscriptionType": "object.creation", "objectId": 5}]', "not understood: object.creation"),
        (b'[{"subscriptionType": "contact.merge", "mergedObjectIds": 5}]', "not understood: contact.merge"),
    ],
)
def test_what_nobody_understands_reaches_a_person_with_a_reason(quiet, body, reason):
    (number,) = deliver(quiet, body)
    quiet.forget_calls()
    take_in(quiet)
    assert ends(quiet, [number]) == [("unknown", reason)]
    assert quiet.calls()["hubspot"] == {}


def test_events_of_another_portal_are_nobody_of_ours(quiet):
    """The ids of the other portal name people of ours."""
    ours, theirs = ids_of(quiet)[:2]
    told = [event(ours), event(theirs, portalId=OTHER_PORTAL)]
    numbers = deliver(
        quiet, told, [{**event(theirs, 2, portalId=OTHER_PORTAL), "subscriptionType": "contact.privacyDeletion"}]
    )
    take_in(quiet)
    assert ends(quiet, numbers) == [("handled", "1 of 2 events were new"), ("ignored", "of another portal: 1")]
    assert quiet.rows("SELECT 1 FROM record WHERE platform_id = :id", id=theirs)


def test_of_another_portal_an_erasure_alone_is_not_believed(quiet):
    one = ids_of(quiet)[0]
    told = {**event(one, portalId=OTHER_PORTAL), "subscriptionType": "contact.privacyDeletion"}
    numbers = deliver(quiet, [told])
    take_in(quiet)
    assert states(quiet, numbers) == ["ignored"]
    deliver(quiet, [told | {"portalId": PORTAL}])
    take_in(quiet)
    assert not quiet.rows("SELECT 1 FROM record WHERE platform_id = :id", id=one)


@pytest.mark.parametrize("order", [1, -1])
def test_deletion_and_erasure_in_either_order_leave_nothing(make_world, order):
    world = make_world()
    carla = world.new_lead("carla")
    world.flush()
    world.work()
    contact, hubspot = world.contact(carla), world.sandbox.hubspot
    id_ = hubspot.life.person(carla).id
    hubspot.webhooks.delivery.lost = True
    hubspot.life.erase(carla)
    told = [event(id_, n, subscriptionType=f"contact.{verb}") for n, verb in enumerate(("deletion", "privacyDeletion"))]
    numbers = deliver(world, *([one] for one in told[::order]))
    world.forget_calls()
    take_in(world)
    assert set(states(world, numbers)) == {"handled"}
    assert world.calls()["hubspot"].keys() <= {"GET /account-info/v3/details"}  # she is not asked for any more
    for table in ("record", "event", "sighting", "failure"):
        assert not world.rows(f"SELECT 1 FROM {table} WHERE contact = :id", id=contact)
    assert not world.rows("SELECT 1 FROM failure WHERE platform_id = :id", id=str(id_))


def test_a_merge_unites_whatever_its_payload_says_of_the_order(quiet):
    one, other = quiet.new_lead("carla"), quiet.new_lead("dora")
    life = quiet.sandbox.hubspot.life
    ids = [life.person(email).id for email in (one, other)]
    deliver(quiet, [event(id_) for id_ in ids])
    take_in(quiet)
    survivor = life.merge(one, other)
    told = {"subscriptionType": "contact.merge", "primaryObjectId": ids[1], "mergedObjectIds": [ids[0], int(survivor)]}
    deliver(quiet, [{**event(ids[0], 5), **told, "newObjectId": None}])
    take_in(quiet)
    assert (
        len(
            {
                row.contact
                for row in quiet.rows(
                    "SELECT contact FROM identity WHERE platform_id = ANY(:ids)", ids=[*map(str, ids), survivor]
                )
            }
        )
        == 1
    )


# ---------------------------------------------------------------- echoes


@pytest.fixture
def echoing(make_world):
    """Somebody whose lifecycle Trellis has written."""
    world = make_world()
    carla = world.new_lead("carla", form="Demo request")
    world.settle()
    wrote = {
        row.name: row.value
        for row in world.rows("SELECT name, value FROM written WHERE contact = :id", id=world.contact(carla))
    }
    assert wrote["trellis_score"]
    return world, str(world.sandbox.hubspot.life.person(carla).id), wrote


def echo(id_, name, value, number, source="50780459"):
    return event(id_, number, propertyName=name, propertyValue=value, changeSource="INTEGRATION", sourceId=source)


def test_an_echo_costs_no_call_whatever_its_token_is_called(echoing):
    world, id_, wrote = echoing
    world.forget_calls()
    told = [
        echo(id_, name, value, n, source)
        for n, (name, value) in enumerate(wrote.items())
        for source in ("50780459", "pat")
    ]
    (number,) = deliver(world, told)
    take_in(world)
    assert states(world, [number]) == ["ignored"]
    assert world.calls()["hubspot"] == {}


@pytest.mark.parametrize(
    ("name", "value"), [("trellis_exclude", "true"), ("trellis_score", "99"), ("lifecyclestage", "customer")]
)
def test_what_another_app_writes_to_a_property_of_ours_is_read(echoing, name, value):
    world, id_, _ = echoing
    world.sandbox.hubspot.webhooks.delivery.lost = True
    world.sandbox.hubspot.life.set_property("carla@carlaworks.example", name, value)
    deliver(world, [echo(id_, name, value, 9, source="999")])
    take_in(world)
    assert (
        world.rows("SELECT raw ->> :name AS value FROM record WHERE platform_id = :id", name=name, id=id_)[0].value
        == value
    )


def test_a_value_of_ours_that_somebody_put_back_is_read_if_another_was_known_meanwhile(echoing):
    world, id_, wrote = echoing
    world.sandbox.hubspot.webhooks.delivery.lost = True
    life = world.sandbox.hubspot.life
    for number, value in enumerate(("1", wrote["trellis_score"])):
        life.set_property("carla@carlaworks.example", "trellis_score", value)
        deliver(world, [echo(id_, "trellis_score", value, 20 + number)])
        take_in(world)
        held = world.rows("SELECT raw ->> 'trellis_score' AS value FROM record WHERE platform_id = :id", id=id_)[
            0
        ].value
        assert held == value


# ---------------------------------------------------------------- replays


def test_what_a_person_replays_is_done_in_full_though_it_was_seen(quiet):
    ids = ids_of(quiet)[:3]
    numbers = deliver(quiet, [event(one) for one in ids])
    numbers += deliver(quiet, form(quiet, quiet.email("marta")), platform="mailchimp")
    take_in(quiet)
    before = quiet.rows("SELECT count(*) AS n FROM sighting")
    quiet.forget_calls()
    with quiet.store.engine.begin() as conn:
        assert all(inbox.replay_delivery(conn, one) for one in numbers)
    take_in(quiet)
    assert states(quiet, numbers) == ["handled", "handled"]
    assert quiet.calls()["hubspot"] == {READ: 1}
    assert sum(quiet.calls()["mailchimp"].values()) == 1
    assert quiet.rows("SELECT count(*) AS n FROM sighting") == before


def test_for_what_a_person_replays_a_reading_of_a_moment_ago_is_not_enough(quiet):
    """The other delivery is claimed alone, so that the replayed one is of a second batch in the same round."""
    one = ids_of(quiet)[0]
    first, second = deliver(quiet, [event(one)], [event(one, 2)])
    with quiet.store.engine.begin() as conn:
        assert len(inbox.claim_deliveries(conn, "hubspot", 2, 10**6, 60)) == 2
        inbox.finish_deliveries(conn, {second: inbox.End(inbox.Ending.HANDLED, "")})
        assert inbox.replay_delivery(conn, second)
    quiet.end_pauses()
    quiet.forget_calls()
    take_in(quiet)
    assert states(quiet, [first, second]) == ["handled", "handled"]
    assert quiet.calls()["hubspot"] == {READ: 2}


# ---------------------------------------------------------------- Mailchimp


def test_a_form_in_another_order_and_escaped_otherwise_is_the_same(quiet):
    marta = quiet.email("marta")
    body = form(quiet, marta, **{"data[merges][FNAME]": "Marta"})
    pairs = body.decode().split("&")
    again = "&".join(reversed(pairs)).replace("%5B", "[").replace("%5D", "]").replace("+", "%20").encode()
    assert again != body
    later = form(quiet, marta, fired="2026-11-24 11:00:01", **{"data[merges][FNAME]": "Marta"})
    numbers = deliver(quiet, body, again, later, platform="mailchimp")
    quiet.forget_calls()
    take_in(quiet)
    assert Counter(states(quiet, numbers)) == {"handled": 2, "ignored": 1}
    assert sum(quiet.calls()["mailchimp"].values()) == 1


@pytest.mark.parametrize(
    ("body", "end"),
    [
        (b"a=1&" * 1001, ("unknown", "not a form body")),
        (b"\xff=1", ("unknown", "not a form body")),
        (b"type=pending&data[list_id]=x", ("unknown", "unknown type, or nobody is named")),
        (b"type=profile&data[list_id]=x", ("unknown", "unknown type, or nobody is named")),
        (b"type=campaign&data[list_id]=x", ("ignored", "campaigns are read by polling")),
        (
            b"type=profile&data[list_id]=x&data[email]=a@b.example",
            ("ignored", "an audience that fields.yaml does not name"),
        ),
    ],
)
def test_forms_end_with_a_reason(quiet, body, end):
    numbers = deliver(quiet, body, platform="mailchimp")
    take_in(quiet)
    assert ends(quiet, numbers) == [end]


def test_a_changed_address_and_a_member_who_is_gone_are_found_by_what_we_know(quiet):
    life = quiet.sandbox.mailchimp.life
    moved, gone = quiet.new_member("dora"), quiet.new_member("elena")
    deliver(quiet, form(quiet, moved, "subscribe"), form(quiet, gone, "subscribe"), platform="mailchimp")
    take_in(quiet)
    contact = quiet.contact(moved)
    life.change_email(moved, "dora@elsewhere.example")
    life.archive(gone)
    told = {"data[old_email]": moved, "data[new_email]": "dora@elsewhere.example", "data[new_id]": "x"}
    upemail = urlencode(
        {"type": "upemail", "fired_at": "2026-11-24 12:00:00", "data[list_id]": quiet.population.audience, **told}
    )
    deliver(
        quiet, upemail.encode(), form(quiet, gone, "unsubscribe", **{"data[action]": "delete"}), platform="mailchimp"
    )
    take_in(quiet)
    assert quiet.contact("dora@elsewhere.example") == contact
    assert quiet.rows(
        "SELECT archived OR raw ->> 'status' = 'archived' AS gone FROM record WHERE email = :e", e=gone
    ) == [(True,)]

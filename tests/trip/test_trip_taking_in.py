"""Taking deliveries in: everybody once, whatever was sent how often, and in full whenever a person replays it."""

from __future__ import annotations

from deliveries import deliver, ends, event, form, ids_of, states, take_in
from over import Over

from connector.steps.taking_in import MOST_DELIVERIES, take_in_deliveries
from connector.store import inbox

OTHER_PORTAL = 62515
READ = "POST /crm/v3/objects/contacts/batch/read"


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
    late, asked = [], []

    class Arriving(Over):
        def by_ids(self, ids):
            asked.append(ids)
            if not late:
                late.extend(deliver(quiet, [event(one, 2)]))
            return self.real.by_ids(ids)

    deliver(quiet, [event(one, 1)])
    take_in(quiet, hubspot=Arriving(quiet.parts.hubspot))
    assert states(quiet, late) == ["handled"]
    assert len(asked) == 2


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

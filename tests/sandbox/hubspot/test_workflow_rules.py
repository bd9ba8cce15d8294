"""Workflows that go by events, with goals, suppression lists, several triggers; and switching them (facts/hubspot.md §5)."""

import pytest

from adapters.budget import RateBudget
from adapters.hubspot import HubSpotClient, HubSpotPlatform

V3 = "/crm/v3/objects/contacts"
MARIA = "maria@acme.example"
MAILS = ("[FIN] 1", "[FIN] 2")


@pytest.fixture
def add(hub):
    """Makes a workflow that waits for city = fin, unless told otherwise."""
    return lambda **wish: hub.portal.workflows.add(
        "Finance", **{"property": "city", "values": ["fin"], "mails": MAILS, **wish}
    )


@pytest.fixture
def warm(hub):
    return hub.portal.lists.create("Warm")


def put(hub, contact_id: str, **values: str) -> None:
    assert hub("PATCH", f"{V3}/{contact_id}", {"properties": values}).status_code == 200


def on_list(hub, warm, act: str, contact_id: str) -> None:
    assert hub("PUT", f"/crm/v3/lists/{warm.id}/memberships/{act}", [contact_id]).status_code == 200


def kinds(hub, email: str = MARIA) -> list[str]:
    hub("GET", V3)  # any call lets what is due happen
    return [e.kind for e in hub.sandbox.effects.of(email=email) if e.kind in ("entered", "left", "refused")]


def shown(hub):
    """What our own adapter reads of the only workflow."""
    budget = RateBudget(1000, 1.0, burst=100)
    client = HubSpotClient(
        hub.portal.settings.token, base_url=hub.sandbox.hubspot_url, version="v3", budget=budget, search_budget=budget
    )
    (only,) = HubSpotPlatform(client, properties=[]).flows()
    return only


def test_whom_an_event_let_in_nobody_watches(hub, add):
    add(by_events=True, values=["fin", "fin2"])
    maria = hub.make(email=MARIA, city="fin")
    put(hub, maria, city="")
    hub.wait(days=4)
    assert kinds(hub) == ["entered", "left"]  # when it had ended
    put(hub, maria, city="fin")
    put(hub, maria, city="fin2")  # a change, though she met it before
    assert kinds(hub)[2:] == ["entered", "refused"]
    found = shown(hub)
    assert (found.by_events, found.lets_go("property", "city")) == (True, False)
    assert [found.hears("property", "city", value) for value in ("fin2", "other")] == [True, False]


def test_any_value_enters_where_none_is_named(hub, add):
    add(values=[])
    maria = hub.make(email=MARIA)
    put(hub, maria, city="anywhere")
    assert kinds(hub) == ["entered"]
    assert [shown(hub).hears("property", "city", value) for value in ("x", "")] == [True, False]


def test_either_of_two_triggers_lets_in_and_keeps_in(hub, add, warm):
    add(list_id=warm.id, reenroll_by=["list"])
    maria = hub.make(email=MARIA, city="fin")
    on_list(hub, warm, "add", maria)
    put(hub, maria, city="")
    assert kinds(hub) == ["entered", "refused"]  # inside already; and still on the list
    on_list(hub, warm, "remove", maria)
    put(hub, maria, city="fin")
    on_list(hub, warm, "add", maria)
    assert kinds(hub)[2:] == ["left", "refused", "entered"]
    found = shown(hub)
    assert (found.hears_again("property", "city", "fin"), found.hears_again("list", warm.id)) == (False, True)
    assert found.lets_go("list", warm.id) is None


def test_who_becomes_a_member_of_a_suppression_list_is_pushed_out(hub, add, warm):
    add(suppression_lists=[warm.id])
    maria = hub.make(email=MARIA, city="fin")
    on_list(hub, warm, "add", maria)
    put(hub, maria, city="")
    put(hub, maria, city="fin")
    assert kinds(hub) == ["entered", "left", "refused"]
    assert shown(hub).keeps_out == (warm.id,)


def test_who_reaches_the_goal_leaves_and_does_not_come_back(hub, add):
    add(goal=("state", "won"))
    maria = hub.make(email=MARIA, city="fin")
    put(hub, maria, state="won")
    put(hub, maria, city="")
    put(hub, maria, city="fin")
    assert kinds(hub) == ["entered", "left", "refused"]
    assert shown(hub).has_goal


@pytest.mark.parametrize(("answer", "entered"), [(True, ["entered"]), (False, [])])
def test_switching_on_may_let_in_who_met_it_already(hub, add, answer, entered):
    hub.portal.settings.switching_on_enrolls = answer
    add(enabled=False)
    maria = hub.make(email=MARIA, city="fin")
    assert kinds(hub) == ["refused"]
    hub.portal.life.switch_workflow("Finance", on=True)
    assert kinds(hub)[1:] == entered
    hub.portal.life.switch_workflow("Finance", on=True)
    put(hub, maria, city="")
    put(hub, maria, city="fin")
    assert kinds(hub)[-1] == "entered"


def test_switching_it_off_and_on_again_lets_nobody_in_twice(hub, add):
    add()
    hub.make(email=MARIA, city="fin")
    hub.portal.life.switch_workflow("Finance", on=False)
    hub.wait(days=4)
    assert kinds(hub) == ["entered", "left"]
    assert hub.sandbox.effects.of(kind="not_sent")[0].why == "workflow is off"
    hub.portal.life.switch_workflow("Finance", on=True)
    assert kinds(hub) == ["entered", "left"]
    with pytest.raises(LookupError):
        hub.portal.life.switch_workflow("Other", on=True)


def test_one_that_goes_by_events_lets_nobody_in_for_what_was(hub, add):
    add(enabled=False, by_events=True)
    hub.make(email=MARIA, city="fin")
    hub.portal.life.switch_workflow("Finance", on=True)
    assert kinds(hub) == ["refused"]

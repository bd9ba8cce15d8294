"""The demo's world: who lives in it, what listens, and what happens when life goes on."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from time import perf_counter

import pytest

from adapters.sandbox import Clock, Sandbox
from adapters.sandbox.hubspot.definitions import Definition, Option
from adapters.sandbox.people import Population, exclude, populate
from adapters.sandbox.people_deeds import do
from adapters.sandbox.people_stage import FINANCE_TAG, FINANCE_TRACK, TRACK_PROPERTY, WARMUP_TAG
from adapters.sandbox.people_story import FIVE, STORY, story_cast

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Clock(NOW)) as made:
        yield made


@pytest.fixture
def population(sandbox: Sandbox) -> Population:
    return populate(sandbox)


def contact(sandbox, population, key):
    return sandbox.hubspot.life.person(population.person(key).email).values


def member(sandbox, population, key):
    found = sandbox.mailchimp.audiences[population.audience].find(population.person(key).address)
    assert found is not None
    return found


def test_it_is_quick(sandbox):
    before = perf_counter()
    populate(sandbox)
    assert perf_counter() - before < 2


def test_the_same_seed_makes_the_same_world_and_another_seed_another(sandbox, population):
    def faces(world):
        return [sorted(record.values.items()) for record in world.hubspot.contacts], [
            (campaign.title, len(campaign.mailings), campaign.totals.opens, campaign.totals.clicks)
            for campaign in world.mailchimp.campaigns.values()
        ]

    with Sandbox(Clock(NOW)) as twin, Sandbox(Clock(NOW)) as stranger:
        populate(twin)
        populate(stranger, seed=8)
        assert faces(twin) == faces(sandbox)
        assert faces(stranger) != faces(sandbox)


def test_every_sort_of_person_is_there(sandbox, population):
    contacts = [record.values for record in sandbox.hubspot.contacts]
    statuses = Counter(one.status for one in sandbox.mailchimp.audiences[population.audience])
    assert len(population.people) == 320
    assert len(sandbox.hubspot.shelves["companies"]) == 60
    assert {"subscribed", "unsubscribed", "cleaned", "pending", "archived"} <= set(statuses)
    stages = Counter(values["lifecyclestage"] for values in contacts)
    assert min(stages[stage] for stage in ("subscriber", "lead", "opportunity", "customer")) >= 10
    assert sum("email" not in values for values in contacts) >= 5
    assert sum(values.get("hs_email_optout") == "true" for values in contacts) >= 10
    assert sum("hs_email_hard_bounce_reason_enum" in values for values in contacts) >= 5
    both = [person for person in population.people if person.on_hubspot and person.on_mailchimp]
    assert 130 <= len(both) <= 200
    assert 20 <= sum(not person.on_hubspot for person in population.people) <= 30
    spelled = [person for person in both if person.email != person.address]
    assert sum(person.email == person.address.lower() for person in spelled) >= 5
    assert sum(person.email != person.address.lower() for person in spelled) >= 5


def test_nothing_lies_in_the_future_and_nothing_of_trellis_exists(sandbox, population):
    for record in sandbox.hubspot.contacts:
        assert record.modified <= NOW.timestamp() * 1000
        assert not [name for name in record.values if name.startswith("trellis")]
    for campaign in sandbox.mailchimp.campaigns.values():
        for mailing in campaign.mailings.values():
            assert all(act.at <= NOW for act in mailing.acts)
    assert sandbox.hubspot.definitions["contacts"].find(TRACK_PROPERTY) is None
    assert len(sandbox.effects) == 0


def test_the_named_people_have_their_stories(sandbox, population):
    assert contact(sandbox, population, "maria")["recent_conversion_event_name"] == "Newsletter"
    assert contact(sandbox, population, "brian")["lifecyclestage"] == "customer"
    assert member(sandbox, population, "noor").status == "unsubscribed"
    assert "hs_email_optout" not in contact(sandbox, population, "noor")
    assert contact(sandbox, population, "sofia")["hs_email_optout"] == "true"
    assert member(sandbox, population, "sofia").status == "subscribed"
    assert contact(sandbox, population, "emma")["jobtitle"] == "Student"
    assert contact(sandbox, population, "biel")["recent_conversion_event_name"] == "Demo request"
    assert contact(sandbox, population, "quim")["hs_email_hard_bounce_reason_enum"]
    assert member(sandbox, population, "quim").status == "cleaned"
    assert member(sandbox, population, "aina").mails_sent > 0
    with pytest.raises(LookupError):
        contact(sandbox, population, "aina")
    assert population.person("teo").email == ""


@pytest.mark.parametrize("seed", range(5))
def test_the_named_stories_hold_under_any_seed(sandbox, seed):
    population = populate(sandbox, count=60, seed=seed)
    assert member(sandbox, population, "noor").status == "unsubscribed"
    assert member(sandbox, population, "quim").status == "cleaned"


def test_the_box_can_be_ticked_only_once_it_exists(sandbox, population):
    with pytest.raises(LookupError):
        exclude(sandbox, population)
    box = Definition(
        "trellis_exclude",
        "Keep away",
        "bool",
        "booleancheckbox",
        "contactinformation",
        options=(Option("true", "Yes", 0), Option("false", "No", 1)),
    )
    sandbox.hubspot.definitions["contacts"].put(box)
    ticked = exclude(sandbox, population)
    assert population.person("pau").email in ticked
    assert contact(sandbox, population, "pau")["trellis_exclude"] == "true"


def test_the_workflow_listens_to_a_property_that_came_later(sandbox, population):
    portal, maria = sandbox.hubspot, population.person("maria").email
    portal.definitions["contacts"].put(Definition(TRACK_PROPERTY, "Track", "string", "text", "contactinformation"))
    portal.life.set_property(maria, TRACK_PROPERTY, FINANCE_TRACK)
    assert [one.mail for one in sandbox.effects.of(kind="sent", email=maria)] == ["[FIN] 1 Month-end in three days"]
    portal.life.set_property(population.person("sofia").email, TRACK_PROPERTY, FINANCE_TRACK)
    assert sandbox.effects.of(kind="not_sent", email=population.person("sofia").email)
    sandbox.clock.advance(timedelta(days=9))
    portal.workflows.settle()
    assert len(sandbox.effects.of(kind="sent", email=maria)) == 4


def test_who_is_only_at_mailchimp_gets_the_finance_mails_there(sandbox, population):
    aina = population.person("aina").address
    sandbox.mailchimp.life.tag(aina, FINANCE_TAG)
    assert [one.mail for one in sandbox.effects.of(kind="sent", email=aina)] == ["[FIN] 1 Month-end in three days"]


def test_the_mailchimp_flow_listens_to_the_warm_up_tag(sandbox, population):
    aina = population.person("aina").address
    sandbox.mailchimp.life.tag(aina, WARMUP_TAG)
    assert [one.kind for one in sandbox.effects.of(email=aina)] == ["entered", "sent"]
    noor = population.person("noor").address
    sandbox.mailchimp.life.tag(noor, WARMUP_TAG)
    assert [one.kind for one in sandbox.effects.of(email=noor)] == ["entered", "not_sent"]


def test_of_the_five_of_the_story_only_noor_is_there_when_it_begins(sandbox):
    population = populate(sandbox, count=40, named=story_cast())
    emails = {key: population.person(key).email for key in FIVE}
    audience = sandbox.mailchimp.audiences[population.audience]
    on_hubspot = {key for key, email in emails.items() if sandbox.hubspot.contacts.find(email, by_email=True)}
    on_mailchimp = {key for key, email in emails.items() if audience.find(email)}
    assert on_hubspot == on_mailchimp == {"noor"}
    assert population.person("pau").excluded


def test_each_deed_of_the_story_can_be_done_on_its_day(sandbox):
    population = populate(sandbox, count=40, named=story_cast())
    life = sandbox.hubspot.life
    verdict = Definition("trellis_sales_verdict", "Verdict", "string", "text", "contactinformation")
    sandbox.hubspot.definitions["contacts"].put(verdict)
    assert [*STORY] == sorted(STORY, key=lambda deed: (FIVE.index(deed.who), deed.week, deed.day))
    for deed in sorted(STORY, key=lambda deed: (deed.week, deed.day)):
        assert (1 <= deed.week <= 4, 1 <= deed.day <= 7, bool(deed.told)) == (True, True, True)
        sandbox.clock.fix(NOW + timedelta(weeks=deed.week - 1, days=deed.day - 1))
        do(sandbox, population, deed)
    maria, brian = (life.person(population.person(key).email).values for key in ("maria", "brian"))
    assert maria["recent_conversion_event_name"] == "Demo request"
    assert maria["hs_email_click"] == "1"
    assert maria["trellis_sales_verdict"] == "accepted"
    assert brian["lifecyclestage"] == "customer"
    assert life.person(population.person("laia").email).values["jobtitle"] == "Controller financiera"
    assert member(sandbox, population, "laia").mails_clicked == 1


def test_the_pricing_list_remembers_when_people_joined(sandbox, population):
    visited = sandbox.hubspot.lists.named("Visited pricing")
    joined = list(visited.members.values())
    assert len(joined) > 20
    assert joined == sorted(joined)
    assert joined[-1] < NOW.timestamp() * 1000

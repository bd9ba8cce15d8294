"""Rules of the portal's admin: told in words, found with few calls, and nobody else is held up by them."""

import pytest

from adapters.hubspot import HubSpotClient, HubSpotPlatform
from adapters.hubspot.answers import Complaint, ValuesRefused
from adapters.hubspot.rules import RuleBroken, in_words
from adapters.ports import Change, Definition, Outcome, PlatformRefused
from adapters.sandbox import Sandbox
from adapters.sandbox.hubspot.settings import RequiredWhen

UPDATE = "POST /crm/objects/2026-09/contacts/batch/update"
READ = "POST /crm/objects/2026-09/contacts/batch/read"
CURE = "or relax the rule in Settings → Objects → Contacts"


@pytest.fixture
def hubspot(client: HubSpotClient) -> HubSpotPlatform:
    platform = HubSpotPlatform(client, properties=["email"])
    platform.define([Definition("trellis_score", "Score", "number", "number")])
    return platform


def add(sandbox: Sandbox, count: int, stage_of=lambda _i: "lead", **values: str) -> list[str]:
    life = sandbox.hubspot.life
    return [
        life.add_contact({"email": f"p{i}@acme.example", "lifecyclestage": stage_of(i), **values}) for i in range(count)
    ]


def rule(sandbox: Sandbox, property_: str, *values: str, wants: str = "industry", partial: bool = False) -> None:
    sandbox.hubspot.settings.required_when.append(RequiredWhen(wants, property_, values))
    sandbox.hubspot.settings.partial_updates = partial
    sandbox.hubspot_server.calls.reset()


def scored(hubspot: HubSpotPlatform, ids: list[str], score: str = "41") -> dict[str, Outcome]:
    outcomes = hubspot.write([Change(id_, {"trellis_score": score}) for id_ in ids])
    for one in outcomes:
        assert one.outcome is Outcome.DONE or isinstance(one.error, RuleBroken | PlatformRefused)
    return {one.id: one.outcome for one in outcomes}


def refused(outcomes: dict[str, Outcome]) -> list[str]:
    return [id_ for id_, outcome in outcomes.items() if outcome is Outcome.REFUSED]


def calls(sandbox: Sandbox) -> int:
    return sandbox.hubspot_server.calls.total


# ---------------------------------------------------------------- in words


def rejected(message: str, **told: object) -> ValuesRefused:
    return ValuesRefused(
        f"HubSpot answered 400 to contacts_update: {message}", 400, Complaint(message, "VALIDATION_ERROR", **told)
    )


SCORE = [Change("1", {"trellis_score": "41"})]


@pytest.mark.parametrize(
    ("error", "text", "fields"),
    [
        (rejected("Some required properties were not set.", named=("industry",)), "wants `industry` filled in", 1),
        (rejected("2 required properties missing: [industry, country]"), "wants `industry`, `country` filled in", 2),
        (rejected('Property "industry" is required'), "wants `industry` filled in", 1),
        (rejected("not valid: it is required", invalid={"industry": "REQUIRED"}), "wants `industry` filled in", 1),
        (
            rejected("Some required properties were not set."),
            "wants a property filled in that HubSpot does not name",
            0,
        ),
        (rejected("not valid", named=("phone",)), "stands against `phone` as it is", 1),
    ],
    ids=["context", "list", "quoted", "codes", "nameless", "another rule"],
)
def test_a_rule_is_told_in_words_with_its_cure(error, text, fields):
    told = in_words(error, SCORE)
    assert isinstance(told, RuleBroken)
    assert text in told.message
    assert told.message.endswith(CURE)
    assert (len(told.fields), told.status, told.category) == (fields, 400, "VALIDATION_ERROR")


@pytest.mark.parametrize(
    "error",
    [
        rejected("not valid: required", invalid={"trellis_score": "INVALID_INTEGER"}),
        rejected('"trellis_score" must not be empty'),
        rejected("Something else is wrong."),
        PlatformRefused("hubspot", "not there; required", status=404, category="OBJECT_NOT_FOUND"),
    ],
    ids=["our value", "our value, quoted", "no rule", "not found"],
)
def test_what_is_about_our_own_values_is_no_rule(error):
    assert in_words(error, SCORE) is error


# ---------------------------------------------------------------- who falls under it


def test_an_answer_row_by_row_costs_no_call_more(sandbox, hubspot):
    ids = add(sandbox, 300, lambda i: "customer" if i % 2 else "lead")
    rule(sandbox, "lifecyclestage", "customer", partial=True)
    assert refused(scored(hubspot, ids)) == ids[1::2]
    assert sandbox.hubspot_server.calls.counts == {UPDATE: 3}


@pytest.mark.parametrize("bad", [0, 57, 99])
def test_one_contact_among_a_hundred_is_found_by_halving(sandbox, hubspot, bad):
    ids = add(sandbox, 100, lambda i: "customer" if i == bad else "lead")
    rule(sandbox, "lifecyclestage", "customer")
    assert refused(scored(hubspot, ids)) == [ids[bad]]
    assert calls(sandbox) <= 15


def test_half_of_two_thousand_are_found_with_few_calls_and_the_others_are_written(sandbox, hubspot):
    ids = add(sandbox, 2_000, lambda i: "customer" if i % 2 else "lead")
    rule(sandbox, "lifecyclestage", "customer")
    assert refused(scored(hubspot, ids)) == ids[1::2]
    assert calls(sandbox) <= 80
    portal = sandbox.hubspot.contacts.records
    assert {portal[int(id_)].values.get("trellis_score") for id_ in ids[::2]} == {"41"}


def test_who_has_what_the_rule_wants_is_clear_of_it(sandbox, hubspot):
    ids = add(sandbox, 600, lambda _i: "customer")
    for id_ in ids[::2]:
        sandbox.hubspot.life.set_property(f"p{ids.index(id_)}@acme.example", "industry", "Optics")
    rule(sandbox, "lifecyclestage", "customer")
    assert refused(scored(hubspot, ids)) == ids[1::2]
    assert calls(sandbox) <= 30


def test_those_refused_before_cost_little_when_they_are_tried_apart(sandbox, hubspot):
    ids = add(sandbox, 500, lambda _i: "customer")
    rule(sandbox, "lifecyclestage", "customer")
    assert refused(scored(hubspot, ids)) == ids
    assert calls(sandbox) <= 20
    (unasked,) = {str(one.error) for one in hubspot.write([Change(id_, {"trellis_score": "42"}) for id_ in ids])} - {
        f"a rule of the portal wants `industry` filled in: fill it in, {CURE}"
    }
    assert unasked.endswith("(not tried: 3 contacts like this one were refused)")


def test_a_rule_that_hangs_on_something_else_cannot_cost_thousands_of_calls(sandbox, hubspot):
    ids = add(sandbox, 700)
    for number in range(0, 700, 2):
        sandbox.hubspot.life.set_property(f"p{number}@acme.example", "city", "Vic")
    rule(sandbox, "city", "Vic")
    outcomes = scored(hubspot, ids)
    assert set(refused(outcomes)) >= set(ids[::2])
    assert calls(sandbox) <= 400


def test_two_rules_are_both_told(sandbox, hubspot):
    ids = add(sandbox, 200, lambda i: ("customer", "opportunity", "lead", "lead")[i % 4])
    rule(sandbox, "lifecyclestage", "customer")
    rule(sandbox, "lifecyclestage", "opportunity", wants="phone")
    endings = hubspot.write([Change(id_, {"trellis_score": "41"}) for id_ in ids])
    told = [one.error.fields if isinstance(one.error, PlatformRefused) else () for one in endings]
    assert told == [("industry",), ("phone",), (), ()] * 50


def test_a_rule_that_was_dropped_lets_everybody_through(sandbox, hubspot):
    ids = add(sandbox, 250, lambda _i: "customer")
    rule(sandbox, "lifecyclestage", "customer")
    assert len(refused(scored(hubspot, ids))) == 250
    sandbox.hubspot.settings.required_when.clear()
    sandbox.hubspot_server.calls.reset()
    assert refused(scored(hubspot, ids, "42")) == []
    assert sandbox.hubspot_server.calls.counts == {UPDATE: 3}

"""What properties are, against what the rulebook reads from them and compares them with: pure, one case a line."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.ports import Definition, Option
from connector.rulebook.comparisons import comparisons
from connector.rulebook.read import read_rulebook
from connector.rulebook.types import FieldsFile, Rulebook, StagesFile
from connector.steps.portal.choices import blind_rules
from connector.steps.portal.readable import unfit_merge_fields, unfit_properties

SHIPPED = read_rulebook(Path(__file__).parents[2] / "mappings")


def defined(kind: str, *options: str, **more) -> Definition:
    return Definition("p", "P", kind, options=tuple(Option(one, one.upper()) for one in options), **more)


def fields(**mapping) -> FieldsFile:
    audiences = {"main": {"list": "abc"}}
    return FieldsFile.model_validate({"version": 1, "audiences": audiences, "fields": {"size": mapping}})


def rulebook(when: object, **mapping) -> Rulebook:
    stages = StagesFile.model_validate(
        {"version": 1, "states": {"special": {"when": {"size": when}}}, "stages": [{"id": "new"}]}
    )
    models = [one.model_copy(update={"applies_to": None, "overrides": (), "audience": None}) for one in SHIPPED.models]
    factors = [
        one.factors.model_copy(update={"fit": one.factors.fit.model_copy(update={"personas": {}, "adjust": ()})})
        for one in models
    ]
    models = [one.model_copy(update={"factors": own}) for one, own in zip(models, factors, strict=True)]
    tracks = SHIPPED.tracks.model_copy(update={"tracks": {}})
    return Rulebook(fields=fields(**mapping), models=tuple(models), stages=stages, tracks=tracks, hash="x")


def level(found) -> str:
    (finding,) = list(found) or [None]
    return finding.level if finding else ""


# ---------------------------------------------------------------- types

HOLD = {
    "number": {"number", "string", "phone_number"},
    "range": {"number", "string", "phone_number"},
    "date": {"date", "datetime", "string", "phone_number"},
    "datetime": {"date", "datetime", "string", "phone_number"},
    "bool": {"bool", "string", "phone_number"},
    "stage": {"string", "phone_number"},
    "text": {"number", "string", "phone_number", "date", "datetime", "bool"},
}


@pytest.mark.parametrize("kind", ["number", "string", "phone_number", "date", "datetime", "bool"])
@pytest.mark.parametrize("wanted", HOLD)
def test_a_field_is_refused_where_its_property_cannot_hold_it(wanted, kind):
    found = unfit_properties(fields(hubspot="p", type=wanted), {"p": defined(kind)}, {})
    assert level(found) == ("" if kind in HOLD[wanted] else "error")


@pytest.mark.parametrize(
    ("wanted", "options", "expected"),
    [
        ("number", ("1", "2", "3"), ""),
        ("number", ("1-5", "5-25"), "error"),
        ("number", ("1", "2-10"), "warning"),
        ("number", ("small", "large"), "error"),
        ("number", ("small", "3"), ""),
        ("range", ("1-5", "1000+", "many"), ""),
        ("bool", ("true", "false"), ""),
        ("bool", ("yes", "no"), "error"),
        ("date", ("2026-01-01",), ""),
        ("stage", ("lead", "customer"), ""),
        ("number", (), ""),  # options that HubSpot keeps elsewhere, such as owners
    ],
)
def test_an_enumeration_is_as_good_as_its_options(wanted, options, expected):
    found = list(unfit_properties(fields(hubspot="p", type=wanted), {"p": defined("enumeration", *options)}, {}))
    assert level(found) == expected
    if any("-" in one for one in options) and found:
        assert found[0].cure == "Say `type: range` for size in fields.yaml"


def test_values_may_make_of_a_property_what_it_is_not():
    mapping = fields(hubspot="p", type="bool", values={"1": "true", "0": "false"})
    assert level(unfit_properties(mapping, {"p": defined("number")}, {})) == ""
    assert level(unfit_properties(mapping, {"p": defined("enumeration", "1", "0")}, {})) == ""


def test_the_second_property_and_those_of_companies_are_looked_at_too():
    bad = {"p": defined("bool")}
    assert level(unfit_properties(fields(hubspot="company.p", type="number"), {}, bad)) == "error"
    assert level(unfit_properties(fields(hubspot="q", **{"or": "p"}, type="number"), bad, {})) == "error"
    assert level(unfit_properties(fields(hubspot="company.p", type="number"), bad, {})) == ""


@pytest.mark.parametrize(
    ("wanted", "kind", "expected"),
    [
        ("number", "number", ""),
        ("number", "text", ""),
        ("number", "date", "error"),
        ("date", "birthday", "error"),
        ("date", "date", ""),
        ("text", "birthday", ""),
        ("bool", "zip", ""),
    ],
)
def test_merge_fields_likewise(wanted, kind, expected):
    mapping = fields(mailchimp="merge_fields.p", type=wanted)
    assert level(unfit_merge_fields(mapping, {"p": defined(kind)}, "main")) == expected


# ---------------------------------------------------------------- what rules compare with


def blind(when: object, *options: str, kind: str = "enumeration", **mapping) -> str:
    given = {"hubspot": "p", **mapping}
    return level(blind_rules(rulebook(when, **given), {"hubspot": {"p": defined(kind, *options)}}, {}))


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("Álava", ""),
        ("alaba", "error"),
        ({"in": ["alava", "xx"]}, "warning"),
        ({"in": ["xx", "yy"]}, "error"),
        ({"not_in": ["xx"]}, "error"),
        ({"is_not": "alava"}, ""),
        ({"contains": "xx"}, ""),
        ({"starts_with": "xx"}, ""),
        ({"known": True}, ""),
        ({"is": "alava;burgos"}, ""),
        ({"is": "alava;xx"}, "error"),
    ],
)
def test_a_rule_whose_values_no_option_gives_is_blind(when, expected):
    assert blind(when, "Alava", "Burgos") == expected


def test_values_are_compared_as_the_field_translates_and_types_them():
    assert blind("ES", "España", values={"España": "ES"}) == ""
    assert blind("España", "España", values={"España": "ES"}) == "error"
    assert blind({"is": "100-500"}, "1-5", "100-500", type="range") == ""
    assert blind({"in": [1, 9]}, "1", "2", type="number") == "warning"


def test_what_can_hold_any_text_is_not_judged():
    assert blind("xx", kind="string") == ""
    assert blind("xx") == ""  # options kept elsewhere
    both = rulebook("xx", hubspot="p", mailchimp="merge_fields.P")
    closed = {"p": defined("enumeration", "a")}
    assert level(blind_rules(both, {"hubspot": closed, "mailchimp:main": {"P": defined("text")}}, {})) == ""
    assert level(blind_rules(both, {"hubspot": closed, "mailchimp:main": None}, {})) == ""
    assert level(blind_rules(both, {"hubspot": closed, "mailchimp:main": {"P": defined("radio", "b")}}, {})) == "error"
    assert level(blind_rules(both, {"hubspot": closed}, {})) == "error"


def test_the_cure_names_the_nearest_option_or_the_value_behind_a_label():
    there = {
        "hubspot": {"p": Definition("p", "P", "enumeration", options=(Option("117", "Gold"), Option("silver", "S")))}
    }
    by_label = next(blind_rules(rulebook("gold", hubspot="p"), there, {}))
    assert by_label.cure == 'Write "117", the internal value of the option "Gold"'
    misspelled = next(blind_rules(rulebook("sliver", hubspot="p"), there, {}))
    assert misspelled.cure == "Did you mean silver? There are 117, silver"
    assert misspelled.what.startswith('stages.yaml, state special: size is compared with "sliver"')


def test_every_comparison_of_the_shipped_rulebook_has_a_place():
    found = list(comparisons(SHIPPED))
    assert found
    assert all(one.key for one in found)
    places = {(one.file, one.key) for one in found}
    assert ("stages.yaml", "state customer") in places
    assert ("model acquisition", "applies_to") in places
    assert any(key.startswith("rule ") for _, key in places)

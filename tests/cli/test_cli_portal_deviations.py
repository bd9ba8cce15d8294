"""What somebody deleted on a platform is named with its cure, exit code 2, and `provision` mends what is ours."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from adapters.sandbox.faults import Fault
from adapters.sandbox.hubspot.definitions import Option
from connector.cli.exits import Exit

NO_SCOPE = {
    "status": "error",
    "category": "MISSING_SCOPES",
    "message": "not allowed",
    "errors": [{"message": "no", "context": {"requiredGranularScopes": ["crm.schemas.companies.read"]}}],
}


def an_hour_later(town) -> None:
    """What the portal defines is believed for an hour."""
    town.execute("UPDATE portal_cache SET at = at - interval '2 hours'")


def without_option(town, name: str, value: str) -> None:
    definitions = town.sandbox.hubspot.definitions["contacts"]
    with town.sandbox.hubspot.lock:
        kept = [
            {"value": one.value, "label": one.label, "displayOrder": one.order, "hidden": False}
            for one in definitions.get(name).options
            if one.value != value
        ]
        definitions.update(name, {"options": kept}, dated=False)


def test_nothing_is_read_or_written_before_provision(town):
    before = town.contents("contact", "record", "event")
    ran = town.trellis("sync")
    assert (ran.code, ran.out) == (Exit.USAGE, "")
    assert re.fullmatch(
        r"HubSpot lacks \d+ contact properties of Trellis: .*trellis_score.*: run `trellis provision`", ran.said[0]
    )
    assert all("run `trellis provision`" in line for line in ran.said)
    assert town.contents("contact", "record", "event") == before
    assert town.writes() == []


def test_provision_says_what_it_would_make_makes_it_and_then_has_nothing_to_do(town):
    planned = town.trellis("provision", "--dry-run")
    assert planned.code == Exit.DONE
    assert planned.out.splitlines()[0] == "HubSpot: would create property group trellis"
    assert town.writes() == []
    made = town.trellis("provision")
    assert made.code == Exit.DONE
    foreseen = {line.partition(" (")[0] for line in planned.out.splitlines() if "create property" in line}
    assert {line.replace("would create", "created") for line in foreseen} < set(made.out.splitlines())
    assert "HubSpot: would create property trellis_score" in foreseen
    again = town.trellis("provision")
    assert (again.code, again.out) == (Exit.DONE, "Everything is there already.\n")


def test_a_deleted_property_is_named_and_provision_brings_it_back(settled):
    with settled.sandbox.hubspot.lock:
        settled.sandbox.hubspot.definitions["contacts"].archive("trellis_why")
    an_hour_later(settled)
    verdicts = settled.contents("verdict", "intent")
    ran = settled.trellis("sync")
    assert (ran.code, ran.out) == (Exit.USAGE, "")
    assert ran.said == ['HubSpot has no contact property "trellis_why": run `trellis provision`']
    assert settled.contents("verdict", "intent") == verdicts
    checked = settled.trellis("check")
    assert checked.code == Exit.USAGE
    assert checked.out.startswith('error: HubSpot has no property "trellis_why". Run `trellis provision`.\n')
    planned = settled.trellis("provision", "--dry-run")
    assert planned.out.startswith("HubSpot: would create property trellis_why (")
    assert settled.trellis("provision").out == "HubSpot: created property trellis_why\n"
    assert settled.trellis("sync").code == Exit.DONE


def test_a_property_deleted_a_moment_ago_refuses_rows_and_is_named_by_the_next_sync(settled):
    with settled.sandbox.hubspot.lock:
        settled.sandbox.hubspot.definitions["contacts"].archive("trellis_why")
    maria = settled.email("maria")
    settled.sandbox.hubspot.life.fill_form(maria, "Demo request", None, "https://www.brightledger.example/demo")
    ran = settled.trellis("sync")
    assert ran.code == Exit.DONE
    assert "Refused: 12\n" in ran.out  # hers, and theirs whose receipts went with the property
    assert "trellis_why" in settled.trellis("failures", "list").out
    assert settled.trellis("sync").said == ['HubSpot has no contact property "trellis_why": run `trellis provision`']
    assert settled.trellis("provision").code == Exit.DONE
    assert settled.trellis("sync").code == Exit.DONE
    assert settled.trellis("failures", "list").out == "None.\n"
    assert settled.sandbox.hubspot.life.person(maria).values["trellis_stage"] == "hot"
    assert settled.sandbox.hubspot.life.person(settled.email("brian")).values["trellis_why"]


def test_a_missing_option_is_named_and_provision_brings_it_back(settled):
    without_option(settled, "trellis_stage", "hot")
    an_hour_later(settled)
    ran = settled.trellis("sync")
    assert (ran.code, ran.out) == (Exit.USAGE, "")
    assert ran.said == ['property "trellis_stage" lacks the options hot: run `trellis provision`']
    checked = settled.trellis("check")
    assert checked.code == Exit.USAGE
    assert 'error: property "trellis_stage" lacks the options hot. Run `trellis provision`.\n' in checked.out
    planned = settled.trellis("provision", "--dry-run")
    assert planned.out.splitlines() == [
        "HubSpot: would add option hot to property trellis_stage",
        "Nothing was changed; `trellis provision` does it.",
    ]
    assert settled.trellis("provision").out == "HubSpot: added option hot to property trellis_stage\n"
    assert settled.trellis("sync").code == Exit.DONE


def test_a_property_of_another_type_is_named(settled):
    definitions = settled.sandbox.hubspot.definitions["contacts"]
    with settled.sandbox.hubspot.lock:
        definitions.archive("trellis_score")
        wish = {"name": "trellis_score", "label": "x", "type": "string", "fieldType": "text"}
        definitions.create({**wish, "groupName": "trellis"}, dated=False, limit=1000)
    checked = settled.trellis("check")
    assert checked.code == Exit.USAGE
    assert 'error: property "trellis_score" is a string, not a number. Delete it' in checked.out


def redefined(town, name: str, kind: str = "contacts", **changes) -> None:
    """Somebody changes a property in the portal."""
    definitions = town.sandbox.hubspot.definitions[kind]
    with town.sandbox.hubspot.lock:
        definitions.put(replace(definitions.get(name), **changes))


def options(*values: str) -> tuple[Option, ...]:
    return tuple(Option(value, value) for value in values)


def refused(town, line: str) -> None:
    """The next pass says just this, writes nothing, judges nobody; `check` says it as well."""
    an_hour_later(town)
    before, writes = town.contents("verdict", "intent", "record", "event"), town.writes()
    ran = town.trellis("sync")
    assert (ran.code, ran.said, ran.out) == (Exit.USAGE, [line], "")
    assert town.contents("verdict", "intent", "record", "event") == before
    assert town.writes() == writes
    what, cure = line.split(": ")
    assert f"error: {what}. {cure[0].upper()}{cure[1:]}." in town.trellis("check").out.splitlines()


@pytest.mark.parametrize(
    ("name", "changes", "line"),
    [
        (
            "num_conversion_events",
            {"type": "string"},
            (
                'property "num_conversion_events", the `count` of form_submit, is a string, not a number:'
                " name HubSpot's own counter in fields.yaml"
            ),
        ),
        (
            "hs_analytics_last_timestamp",
            {"type": "number"},
            (
                'property "hs_analytics_last_timestamp", the `last` of page_view, is a number, not a date:'
                " name the property that holds the day of the last one in fields.yaml"
            ),
        ),
        (
            "numemployees",
            {"type": "date", "options": ()},
            (
                'property "numemployees" is a date, which cannot be read as the range that employees is:'
                " correct the `type:` of employees in fields.yaml, or map another property"
            ),
        ),
        (
            "numemployees",
            {"options": options("few", "many")},
            (
                'property "numemployees" holds options such as "few", which cannot be read as the range that employees is:'
                " correct the `type:` of employees in fields.yaml, or map another property"
            ),
        ),
        (
            "trellis_score",
            {"type": "string"},
            (
                'property "trellis_score" is a string, not a number:'
                " delete it and run `trellis provision`, or name another one in fields.yaml"
            ),
        ),
        (
            "trellis_why",
            {"read_only": True},
            (
                'property "trellis_why" is computed by HubSpot, and cannot be written:'
                " name another one in fields.yaml or tracks.yaml"
            ),
        ),
        (
            "trellis_score",
            {"calculated": True},
            (
                'property "trellis_score" is computed by HubSpot, and cannot be written:'
                " name another one in fields.yaml or tracks.yaml"
            ),
        ),
    ],
)
def test_a_property_that_became_another_one_stops_the_pass(settled, name, changes, line):
    redefined(settled, name, **changes)
    refused(settled, line)


def test_what_a_person_fills_in_may_be_as_the_portal_likes(settled):
    redefined(settled, "trellis_exclude", type="enumeration")
    an_hour_later(settled)
    assert settled.trellis("sync").code == Exit.DONE
    assert 'property "trellis_exclude" is an enumeration, not a bool' in settled.trellis("check").out


def test_a_company_property_that_is_gone_or_of_another_type_stops_the_pass(settled):
    industry = settled.sandbox.hubspot.definitions["companies"]._properties.pop("industry")
    refused(settled, 'HubSpot has no company property "industry": correct its name in fields.yaml')
    settled.sandbox.hubspot.definitions["companies"].put(industry)
    redefined(settled, "numberofemployees", kind="companies", type="bool")
    refused(
        settled,
        'property "company.numberofemployees" is a bool, which cannot be read as the range that employees is:'
        " correct the `type:` of employees in fields.yaml, or map another property",
    )


def test_company_properties_that_may_not_be_looked_at_are_not_judged(settled):
    settings = settled.sandbox.hubspot.settings
    settled.sandbox.hubspot.definitions["companies"]._properties.pop("industry")
    denied = Fault(method="GET", path="/crm/v3/properties/companies", times=None, status=403, body=NO_SCOPE)
    settled.sandbox.hubspot_server.faults.add(denied)
    an_hour_later(settled)
    assert settled.trellis("sync").code == Exit.DONE
    assert denied.hits == 1
    assert settings.scopes


def test_definitions_are_asked_for_once_an_hour(settled):
    log = settled.sandbox.hubspot_server.calls
    an_hour_later(settled)
    log.reset()
    for _ in range(3):
        assert settled.trellis("sync").code == Exit.DONE
    asked = {route: count for route, count in log.counts.items() if "/properties/" in route}
    assert asked == {"GET /crm/v3/properties/contacts": 1, "GET /crm/v3/properties/companies": 1}


def test_what_an_older_version_kept_of_the_portal_does_no_harm(settled):
    settled.execute("UPDATE portal_cache SET value = '{\"lifecyclestage\": [\"lead\"]}' WHERE key LIKE '%properties'")
    settled.execute(
        "INSERT INTO portal_cache (key, value, at) VALUES"
        " ('hubspot:properties', '{\"lifecyclestage\": [\"lead\"]}', now()),"
        " ('mailchimp:main:merge_fields', '[\"LEADSCORE\"]', now())"
    )
    ran = settled.trellis("sync")
    assert (ran.code, ran.err) == (Exit.DONE, "")


def test_a_rule_whose_values_are_no_options_any_more_is_named_with_the_nearest_one(settled):
    stages = settled.sandbox.hubspot.definitions["contacts"].get("lifecyclestage").options
    kept = tuple(one for one in stages if one.value not in ("customer", "evangelist"))
    redefined(settled, "lifecyclestage", options=(*kept, Option("123", "Customer"), Option("fan", "Fan")))
    an_hour_later(settled)
    ran = settled.trellis("sync")
    assert ran.code == Exit.USAGE
    blind = [line for line in ran.said if "is compared with" in line]
    assert (
        'stages.yaml, state customer: lifecycle is compared with "customer", "evangelist", and no option of it is called'
        ' so: write "123", the internal value of the option "Customer"'
    ) in blind
    assert {line.partition(",")[0] for line in blind} >= {"stages.yaml", "model acquisition"}


def test_a_rule_that_lost_some_of_its_values_is_a_warning(settled):
    stages = settled.sandbox.hubspot.definitions["contacts"].get("lifecyclestage").options
    redefined(settled, "lifecyclestage", options=tuple(one for one in stages if one.value != "evangelist"))
    an_hour_later(settled)
    assert settled.trellis("sync").code == Exit.DONE
    checked = settled.trellis("check")
    assert checked.code == Exit.DONE
    warnings = [line for line in checked.out.splitlines() if '"evangelist"' in line]
    assert warnings
    assert all(line.startswith("warning: ") and "Did you mean" not in line for line in warnings)


def test_a_stage_that_is_to_be_written_and_is_no_option_is_named(settled):
    stages = settled.sandbox.hubspot.definitions["contacts"].get("lifecyclestage").options
    redefined(settled, "lifecyclestage", options=tuple(one for one in stages if not one.value.startswith("marketing")))
    an_hour_later(settled)
    (line,) = settled.trellis("sync").said
    assert line.startswith(
        'stages.yaml, stage qualified: property "lifecyclestage" has no option "marketingqualifiedlead": did you mean'
    )


def merge_field(town, tag: str):
    return next(one for one in town.sandbox.mailchimp.audience("abc123").fields if one.tag == tag)


@pytest.mark.parametrize(
    ("tag", "changes", "line"),
    [
        ("LEADSCORE", {"type": "text"}, "is a text, not a number"),
        (
            "LEADSTAGE",
            {"type": "dropdown", "options": {"choices": ["new", "nurture", "qualified"]}},
            "lacks the choices hot, ",
        ),
        ("TRACKMARK", {"type": "dropdown", "options": {"choices": ["a"]}}, "is a dropdown, not a text"),
    ],
)
def test_a_merge_field_of_ours_that_became_another_one_stops_the_pass(settled, tag, changes, line):
    field = merge_field(settled, tag)
    for name, value in changes.items():
        setattr(field, name, value)
    an_hour_later(settled)
    ran = settled.trellis("sync")
    assert ran.code == Exit.USAGE
    (said,) = ran.said
    assert said.startswith(f'merge field "{tag}" of audience main {line}')
    assert f'error: merge field "{tag}" of audience main {line}' in settled.trellis("check").out


def test_a_merge_field_that_is_read_and_deleted_stops_the_pass(settled):
    settled.sandbox.mailchimp.audience("abc123").fields.remove(merge_field(settled, "JOBTITLE"))
    an_hour_later(settled)
    said = 'has no merge field "JOBTITLE", which is read'
    ran = settled.trellis("sync")
    assert (ran.code, ran.said) == (
        Exit.USAGE,
        [f"Mailchimp {said}: create it, or correct the name in fields.yaml"],
    )
    assert f"error: Mailchimp audience main {said}. Create it" in settled.trellis("check").out


def test_a_mapped_property_that_the_portal_never_had_names_the_file(settled):
    settled.edit("fields.yaml", "{hubspot: jobtitle, ", "{hubspot: job_titel, ")
    checked = settled.trellis("check")
    assert checked.code == Exit.USAGE
    assert (
        'error: HubSpot has no property "job_titel", which is read. Correct the name in fields.yaml.\n' in checked.out
    )
    ran = settled.trellis("apply")
    assert ran.code == Exit.USAGE
    assert ran.said == ['HubSpot has no contact property "job_titel": correct its name in fields.yaml']


def test_a_list_that_is_an_event_source_must_exist(settled):
    settled.edit(
        "fields.yaml",
        '  # list_joined: {hubspot: {lists: ["Visited pricing"]}}',
        '  list_joined: {hubspot: {lists: ["Nobody\'s"]}}',
    )
    checked = settled.trellis("check")
    assert checked.code == Exit.USAGE
    assert 'error: HubSpot has no list "Nobody\'s", an event source of fields.yaml. Create it' in checked.out


def test_an_audience_that_is_not_there_is_named_with_its_key(settled):
    settled.edit("fields.yaml", "list: abc123", "list: zzz999")
    checked = settled.trellis("check")
    assert checked.code == Exit.USAGE
    assert (
        'error: Mailchimp has no audience "zzz999". Correct `list` of audiences.main in fields.yaml.\n' in checked.out
    )


def test_no_room_for_properties_is_told_before_any_is_made(town):
    town.sandbox.hubspot.settings.custom_property_limit = 5
    checked = town.trellis("check")
    assert checked.code == Exit.USAGE
    assert "properties are missing, and the portal holds" in checked.out
    ran = town.trellis("provision")
    assert ran.code == Exit.REFUSED
    assert len(ran.said) == 2  # and what Mailchimp's webhooks need
    assert "archive some" in ran.err
    assert "Mailchimp (main): created merge field LEADSCORE" in ran.out
    assert town.sandbox.hubspot.definitions["contacts"].find("trellis_score") is None


def test_provision_prepares_the_files_before_they_are_applied(settled):
    settled.edit("tracks.yaml", "  hand-written-mail:\n", "  hand-written-letter:\n")
    settled.edit("tracks.yaml", '{list: "Trellis: Ready for a hand-written mail"}', '{list: "Trellis: Letters"}')
    assert 'error: HubSpot has no list "Trellis: Letters". Run `trellis provision`.' in settled.trellis("check").out
    made = settled.trellis("provision")
    assert made.out.splitlines() == [
        "HubSpot: added option hand-written-letter to property trellis_track",
        "HubSpot: created list Trellis: Letters",
    ]
    assert settled.trellis("apply").code == Exit.DONE
    assert settled.trellis("sync").code == Exit.DONE

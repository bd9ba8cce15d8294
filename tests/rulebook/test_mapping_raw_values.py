"""Raw platform values become typed fields."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from connector.facts import Range, Record, normal_email
from connector.rulebook.mapping import (
    company_properties,
    hubspot_properties,
    interpret,
    mailchimp_merge_fields,
    past_properties,
    unreadable_values,
)
from connector.rulebook.quantities import parse_moment, parse_number, parse_range
from connector.rulebook.types import FieldsFile

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)

FIELDS = FieldsFile.model_validate(
    {
        "version": 1,
        "audiences": {"main": {"list": "abc123", "subscription": 4711}, "news": {"list": "def456"}},
        "fields": {
            "email": {"hubspot": "email", "mailchimp": "email_address"},
            "email_domain": {"from": "email"},
            "job_title": {"hubspot": "jobtitle", "mailchimp": "merge_fields.JOBTITLE"},
            "employees": {"hubspot": "company.numberofemployees", "or": "numemployees", "type": "range"},
            "country": {"hubspot": "country", "values": {"España": "ES", "Spain": "ES"}},
            "budget": {"hubspot": "budget", "type": "number"},
            "agreed": {"hubspot": "agreed", "type": "bool"},
            "renewal": {"hubspot": "renewal", "type": "date"},
            "seen": {"hubspot": "seen", "type": "datetime"},
            "lifecycle": {"hubspot": "lifecyclestage", "type": "stage", "values": {"1234": "reseller"}},
        },
        "events": {
            "form_submit": {"hubspot": {"count": "forms", "last": "forms_at", "asset": "form_name"}},
            "email_open": {"hubspot": {"count": "opens", "last": "opened_at"}, "mailchimp": "activity.open"},
            "list_joined": {"hubspot": {"lists": ["Visited pricing"]}},
            "verdict": {"hubspot": {"changed": "sales_says"}},
        },
        "write": {"score": {"hubspot": "trellis_score", "mailchimp": "LEADSCORE"}},
    }
)


def hubspot(**values: str | None) -> Record:
    return Record(
        "hubspot", "501", values.get("email"), {key.replace("__", "."): value for key, value in values.items()}, NOW
    )


def mailchimp(audience: str = "main", **values: str | None) -> Record:
    return Record(f"mailchimp:{audience}", "c1", "maria@acme.example", values, NOW)


def seen(*records: Record) -> dict[str, object]:
    return dict(interpret({record.source: record for record in records}, FIELDS, ["lead", "opportunity", "1234"]))


def test_maria_as_hubspot_shows_her():
    raw = {
        "email": " Maria.Pou+x@ACME.example ",
        "jobtitle": "Directora Financiera",
        "company.numberofemployees": "240",
        "country": "españa",
        "budget": "12000.50",
        "agreed": "true",
        "renewal": "1793404800000",
        "seen": "2026-11-03T09:12:00.123Z",
        "lifecyclestage": "Lead",
    }
    assert seen(Record("hubspot", "501", None, raw, NOW)) == {
        "email": "maria.pou+x@acme.example",
        "email_domain": "acme.example",
        "job_title": "Directora Financiera",
        "employees": 240,
        "country": "ES",
        "budget": 12000.5,
        "agreed": True,
        "renewal": date(2026, 10, 31),
        "seen": datetime(2026, 11, 3, 9, 12, 0, 123000, tzinfo=UTC),
        "lifecycle": "lead",
    }


def test_hubspot_comes_first_then_or_then_mailchimp():
    member = mailchimp(**{"merge_fields.JOBTITLE": "CFO", "email_address": "maria@acme.example"})
    assert seen(hubspot(jobtitle="Treasurer"), member)["job_title"] == "Treasurer"
    assert seen(hubspot(jobtitle=None), member)["job_title"] == "CFO"
    assert (
        seen(hubspot(jobtitle=" "), mailchimp("news", **{"merge_fields.JOBTITLE": "COO"}), member)["job_title"] == "CFO"
    )
    assert seen(hubspot(company__numberofemployees=None, numemployees="100-500"))["employees"] == Range(100, 500)


def test_the_domain_comes_from_whoever_knows_the_address():
    assert seen(mailchimp(email_address="m@Sub.Acme.example"))["email_domain"] == "sub.acme.example"
    assert seen(Record("hubspot", "1", "m@acme.example", {}, NOW)) == {"email_domain": "acme.example"}
    assert seen(hubspot(email="no address")) == {"email": "no address"}


def test_what_values_do_not_name_passes_and_stages_get_their_names():
    assert seen(hubspot(country="Andorra", lifecyclestage="1234")) == {"country": "Andorra", "lifecycle": "reseller"}


def test_what_cannot_be_read_is_absent_and_listed():
    record = hubspot(budget="1,000", agreed="maybe", renewal="soon", seen="2026-11-03T09:12:00", numemployees="many")
    assert seen(record) == {}
    listed = unreadable_values({"hubspot": record}, FIELDS)
    assert {(one.name, one.raw_name) for one in listed} == {
        ("budget", "budget"),
        ("agreed", "agreed"),
        ("renewal", "renewal"),
        ("seen", "seen"),
        ("employees", "numemployees"),
    }
    assert "1,000" not in repr(listed)


def test_an_unreadable_value_gives_way_to_the_next_source():
    record = hubspot(company__numberofemployees="a few", numemployees="1000+")
    assert seen(record) == {"employees": Range(1000, None)}
    assert [one.raw_name for one in unreadable_values({"hubspot": record}, FIELDS)] == ["company.numberofemployees"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("100-500", Range(100, 500)),
        ("51 - 200", Range(51, 200)),
        ("51–200", Range(51, 200)),
        ("1,001-5,000", Range(1001, 5000)),
        ("1.001 a 5.000", Range(1001, 5000)),
        ("1 001 to 5 000", Range(1001, 5000)),
        ("0,5-1,5", Range(0.5, 1.5)),
        ("10.000+", Range(10000, None)),
        ("500-100", None),
        ("-5", None),
        ("many", None),
    ],
)
def test_ranges(text, value):
    assert parse_range(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("50", 50),
        ("-2.50", -2.5),
        ("1.0E7", 10_000_000),
        ("1,000", None),
        ("nan", None),
        ("1_000", None),
        ("٣", None),
        ("", None),
    ],
)
def test_numbers(text, value):
    assert parse_number(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2026-11-03", datetime(2026, 11, 3, tzinfo=UTC)),
        ("2026-11-03T10:00:00+01:00", datetime(2026, 11, 3, 9, tzinfo=UTC)),
        ("0", None),
        ("2026-02-30", None),
        ("2026-11-03 10:00", None),
        ("999999999999999", None),
    ],
)
def test_moments(text, value):
    assert parse_moment(text) == value


def test_addresses_keep_dots_and_plus():
    assert normal_email("  Maria.Pou+News@ACME.Example ") == "maria.pou+news@acme.example"
    assert normal_email("jose\u0301@acme.example") == "josé@acme.example"


# ---------------------------------------------------------------- what has to be read


def test_every_property_that_is_needed_is_read():
    names = hubspot_properties(FIELDS)
    assert list(names) == sorted(set(names))
    assert {"jobtitle", "numemployees", "forms", "forms_at", "form_name", "opens", "opened_at", "sales_says"} <= set(
        names
    )
    assert {"email", "hs_email_optout", "hs_email_optout_4711", "hs_email_bounce", "hs_merged_object_ids"} <= set(names)
    assert {"trellis_score", "trellis_stage", "trellis_exclude", "trellis_sales_verdict", "associatedcompanyid"} <= set(
        names
    )
    assert not any(name.startswith("company.") for name in names)


def test_tracks_bring_their_own_properties(shipped):
    names = hubspot_properties(shipped.fields, shipped.tracks)
    assert {"trellis_track", "hs_email_optout_4711", "trellis_persona", "lifecyclestage"} <= set(names)


def test_companies_and_merge_fields():
    assert company_properties(FIELDS) == ("numberofemployees",)
    assert mailchimp_merge_fields(FIELDS) == ("JOBTITLE", "LEADSCORE", "TRACKMARK")


def test_the_past_is_read_of_fields_and_acts_and_of_nothing_that_is_ours():
    assert past_properties(FIELDS) == (
        "agreed", "budget", "country", "email", "form_name", "forms", "hs_merged_object_ids", "jobtitle",
        "lifecyclestage", "numemployees", "opens", "renewal", "sales_says", "seen",
    )  # fmt: skip
    ours = {"version": 1, "fields": {"ours": {"hubspot": "trellis_score"}, "tier": {"hubspot": "company.tier"}}}
    assert past_properties(FieldsFile.model_validate(ours)) == ()

"""Raw platform values become typed fields, and counters become acts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.facts import Range, Record, Trust, normal_email
from connector.rulebook.mapping import (
    MAX_GROWTH,
    company_properties,
    growth,
    hubspot_properties,
    interpret,
    mailchimp_merge_fields,
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


# ---------------------------------------------------------------- counters


def forms(count: object, at: datetime | None = NOW - timedelta(days=2), name: str | None = "Demo request") -> Record:
    raw = {
        "forms": None if count is None else str(count),
        "forms_at": at.isoformat() if at else None,
        "form_name": name,
    }
    return Record("hubspot", "501", None, raw, NOW)


def told(before: Record | None, after: Record) -> list[str]:
    return [event.key for event in growth(before, after, FIELDS, NOW)]


def test_at_first_sight_the_last_act_is_known_at_its_own_time():
    (event,) = growth(None, forms(5), FIELDS, NOW)
    assert (event.kind, event.key, event.asset) == ("form_submit", "hubspot:501:form_submit:#5", "Demo request")
    assert event.happened_at == event.known_at == NOW - timedelta(days=2)
    assert (event.channel, event.trust) == ("hubspot", Trust.HUMAN)


def test_at_first_sight_nothing_without_a_date_or_an_act():
    assert told(None, forms(5, at=None)) == []
    assert told(None, forms(0)) == []
    assert told(None, forms(None)) == []
    assert told(None, forms("x")) == []


def test_growth_gives_each_new_act_known_now():
    acts = growth(forms(2), forms(4), FIELDS, NOW)
    assert [act.key for act in acts] == ["hubspot:501:form_submit:#3", "hubspot:501:form_submit:#4"]
    assert {act.known_at for act in acts} == {NOW}
    assert told(forms(None), forms(2)) == ["hubspot:501:form_submit:#1", "hubspot:501:form_submit:#2"]


def test_a_counter_mapped_since_is_seen_for_the_first_time():
    assert told(Record("hubspot", "501", None, {"jobtitle": "CFO"}, NOW), forms(5)) == ["hubspot:501:form_submit:#5"]


def test_growth_without_a_date_happened_by_the_records_own_modification():
    (event,) = growth(forms(1), forms(2, at=None), FIELDS, NOW + timedelta(hours=1))
    assert event.happened_at == NOW


def test_at_most_the_newest_fifty():
    assert told(forms(0), forms(1000)) == [f"hubspot:501:form_submit:#{n}" for n in range(951, 1001)]


def test_opens_are_unsure():
    record = Record("hubspot", "501", None, {"opens": "1", "opened_at": "2026-11-01T00:00:00Z"}, NOW)
    assert [event.trust for event in growth(None, record, FIELDS, NOW)] == [Trust.UNSURE]


def test_mailchimp_has_no_counters():
    assert growth(None, mailchimp(forms="3", forms_at=NOW.isoformat()), FIELDS, NOW) == ()


counts = st.lists(st.integers(0, 120) | st.none(), min_size=1, max_size=8)


@given(counts)
def test_a_history_told_twice_tells_no_new_act(history):
    """Whatever a counter does, its acts are those up to the highest count, and seeing the same again tells nothing."""
    sights = [forms(count) for count in history]
    keys = set(told(None, sights[0])).union(*(told(before, after) for before, after in pairwise(sights)))
    highest = max((count or 0 for count in history), default=0)
    assert keys <= {f"hubspot:501:form_submit:#{ordinal}" for ordinal in range(1, highest + 1)}
    assert [told(sight, sight) for sight in sights] == [[]] * len(sights)


@given(st.integers(0, 30), st.integers(0, 30))
def test_growth_is_told_once_in_one_step_or_two(first, more):
    """Reading in between changes when an act is known, never which acts there are."""
    start, middle, end = forms(3), forms(3 + first), forms(3 + first + more)
    steps = told(start, middle) + told(middle, end)
    assert len(steps) == len(set(steps)) == first + more
    assert told(start, end) == steps[-MAX_GROWTH:]


# ---------------------------------------------------------------- what has to be read


def test_every_property_that_is_needed_is_read():
    names = hubspot_properties(FIELDS)
    assert list(names) == sorted(set(names))
    assert {"jobtitle", "numemployees", "forms", "forms_at", "form_name", "opens", "opened_at"} <= set(names)
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

"""Raw values read in columns are the fields that one person's records give."""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from connector.facts import Record
from connector.rulebook.mapping import interpret
from connector.rulebook.types import FieldsFile, Knowledge
from connector.scoring.columns.fields import asked_fields, typed_columns

STAGES = ("lead", "customer", "opportunity")
FIELDS = FieldsFile.model_validate(
    {
        "version": 1,
        "audiences": {"main": {"list": "a"}, "second": {"list": "b"}},
        "fields": {
            "email": {"hubspot": "email", "mailchimp": "email_address"},
            "email_domain": {"from": "email"},
            "job_title": {"hubspot": "jobtitle", "mailchimp": "merge_fields.JOB"},
            "country": {
                "hubspot": "country",
                "or": "company.country",
                "values": {"España": "ES", "Spain": "ES", "x": ""},
            },
            "employees": {"hubspot": "size", "or": "company.size", "type": "range"},
            "spent": {"hubspot": "spent", "mailchimp": "merge_fields.SPENT", "type": "number"},
            "agreed": {"hubspot": "agreed", "type": "bool"},
            "met": {"hubspot": "met", "mailchimp": "merge_fields.MET", "type": "date"},
            "seen": {"hubspot": "met", "type": "datetime"},
            "lifecycle": {"hubspot": "lifecyclestage", "type": "stage"},
        },
    }
)
HUBSPOT = (
    "email",
    "jobtitle",
    "country",
    "company.country",
    "size",
    "company.size",
    "spent",
    "agreed",
    "met",
    "lifecyclestage",
)
MEMBER = ("email_address", "merge_fields.JOB", "merge_fields.SPENT", "merge_fields.MET")

WORDS = ["", " ", "CFO", " cfo ", "España", "ES", "x", "true", "True", "Customer", "LEAD", "nobody", "@"]
NUMBERS = ["100-500", "50", "50.0", "1", "2026-11-01", "1795219200000", "2026-11-01T10:00:00Z"]
texts = st.none() | st.sampled_from([*WORDS, *NUMBERS, "Ana@Acme.Example ", "a@ÀCME.example"])


def records(source, names):
    values = st.fixed_dictionaries({}, optional=dict.fromkeys(names, texts))
    return st.builds(
        lambda held, email: Record(source, "1", email, held, datetime(2026, 1, 1, tzinfo=UTC)), values, texts
    )


person = st.fixed_dictionaries(
    {},
    optional={
        "hubspot": records("hubspot", HUBSPOT),
        "mailchimp:main": records("mailchimp:main", MEMBER),
        "mailchimp:second": records("mailchimp:second", MEMBER),
    },
)


@dataclass(frozen=True)
class Raw:
    codes: NDArray[np.int32]
    texts: tuple[str, ...]


def raw_column(values):
    distinct = tuple(dict.fromkeys(value for value in values if value))
    return Raw(np.array([distinct.index(value) if value else -1 for value in values], np.int32), distinct)


@given(people=st.lists(person, min_size=1, max_size=4))
def test_each_persons_fields_are_those_of_her_records(people, rulebook):
    asking = rulebook.models[0].model_copy(
        update={
            "knowledge": Knowledge.model_validate(
                {"brand": [{"id": name, "when": {name: 1}, "points": 1} for name in FIELDS.fields]}
            )
        }
    )
    rulebook = rulebook.model_copy(update={"fields": FIELDS, "models": (asking,)})
    names = {(source, name) for one in people for source, record in one.items() for name in record.values}
    raw = {
        (source, name): raw_column([one[source].values.get(name) if source in one else None for one in people])
        for source, name in names
    }
    sources = {source for one in people for source in one}
    present = {source: np.array([source in one for one in people]) for source in sources}
    addresses = {
        source: raw_column([one[source].email if source in one else "gone@archived.example" for one in people])
        for source in sources
    }
    columns = typed_columns(raw, present, addresses, rulebook, STAGES)
    for row, one in enumerate(people):
        held = {name: column.values[column.codes[row]] for name, column in columns.items() if column.codes[row] >= 0}
        expected = interpret(one, FIELDS, STAGES)
        assert held == expected
        assert {name: type(value) for name, value in held.items()} == {
            name: type(value) for name, value in expected.items()
        }


def test_what_nothing_asks_for_is_not_read(rulebook):
    assert asked_fields(rulebook) == ("email_domain", "job_title", "company", "phone", "employees", "lifecycle")

"""The interview: few questions, a proposal for each, and what cannot be is asked again."""

from __future__ import annotations

from collections.abc import Callable

import click
import pytest
from click.testing import CliRunner

from adapters.ports import ListInfo
from connector.cli.interview import interview
from connector.starter.answers import Answers, Given, answered
from connector.starter.seen import Seen

Portal = Callable[..., Seen]
Talk = Callable[..., tuple[Answers, str]]

PEOPLE = [
    {"cargo": "Director financiero", "country": "España", "email": "ana@acme.example"},
    {"cargo": "Jefa de logística", "country": "España", "email": "biel@bolt.example"},
    {"cargo": "CFO", "country": "Portugal", "email": "clara@acme.example"},
]


@pytest.fixture
def talk(portal: Portal) -> Talk:
    """Answers the questions line by line; an empty line takes the proposal."""

    def say(*lines: str, given: Given = Given(), **others: object) -> tuple[Answers, str]:  # noqa: B008 - immutable
        seen = portal({"cargo": "Cargo", "ocupacion": "Ocupación"}, PEOPLE, **others)
        with CliRunner().isolation(input="\n".join((*lines, *[""] * 30))) as (out, *_):
            said = interview(seen, given)
            text = out.getvalue().decode()
        return answered(seen, said), text

    return say


def test_enter_takes_every_proposal(talk: Talk) -> None:
    answers, text = talk()
    assert answers.fields["job_title"].hubspot == "cargo"
    assert answers.customers == ("customer", "evangelist")
    assert answers.markets == ("ES", "PT")
    assert [buyer.label for buyer in answers.buyers] == ["Finance lead", "Operations lead"]
    assert "job_title ← cargo (Cargo; 100% filled; e.g. Director financiero, Jefa de logística)" in text
    assert "Of 3 job titles:" in text
    assert "@" not in text


def test_what_cannot_be_is_said_with_its_cure_and_asked_again(talk: Talk) -> None:
    answers, text = talk("es", "Europe/Madird", "Europe/Madrid", "", "cargi", "ocupacion")
    assert (answers.language, answers.timezone) == ("es", "Europe/Madrid")
    assert answers.fields["job_title"].hubspot == "ocupacion"
    assert 'there is no time zone "Europe/Madird"; did you mean Europe/Madrid?' in text
    assert 'there is no property "cargi"; did you mean cargo?' in text


def test_only_what_was_not_said_is_asked(talk: Talk) -> None:
    fields = dict.fromkeys(("first_name", "job_title", "company", "phone", "industry", "employees", "country"), "-")
    given = Given("ca", "UTC", None, fields, ("customer",), "-", (), (), 5)
    answers, text = talk(given=given)
    assert (
        text.strip() == "Which property means what? (its name; Enter takes the first; - if you have none)" or text == ""
    )
    assert (answers.language, dict(answers.fields), answers.buyers, answers.capacity) == ("ca", {}, (), 5)


def test_a_buyer_of_ones_own_with_the_size_of_her_company(talk: Talk) -> None:
    fields = dict.fromkeys(("first_name", "company", "phone", "industry", "country"), "-")
    given = Given("es", "UTC", None, fields, ("customer",), "-", (), None, 5)
    answers, text = talk("cargo", "", "Tesorería: tesorer, treasur, director fin", "50-1000", given=given)
    (buyer,) = answers.buyers
    assert (buyer.label, buyer.titles) == ("Tesorería", ("tesorer", "treasur", "director fin"))
    assert buyer.employees == (50, 1000)
    assert "Tesorería: 1 of 3 job titles" in text


def test_the_audience_is_chosen_by_its_name(talk: Talk) -> None:
    audiences = (ListInfo("a1", "Newsletter", "audience", 900), ListInfo("b2", "Leads", "audience", 20))
    answers, text = talk("", "", "leads", mailchimp=True, audiences=audiences, merge_fields={"a1": {}, "b2": {}})
    assert answers.audience == "b2"
    assert "Mailchimp audiences: Newsletter (900), Leads (20)" in text


def test_of_audiences_of_one_name_the_id_is_asked(talk: Talk) -> None:
    audiences = (ListInfo("a1", "Leads", "audience", 900), ListInfo("b2", "leads", "audience", 20))
    others = {"mailchimp": True, "audiences": audiences, "merge_fields": {"a1": {}, "b2": {}}}
    answers, text = talk("", "", "Leads", "b2", **others)
    assert answers.audience == "b2"
    assert "Mailchimp audiences: Leads a1 (900), leads b2 (20)" in text
    assert '2 audiences are called "Leads"; write the id of one: a1, b2' in text


def test_what_a_portal_says_steers_no_terminal(talk: Talk) -> None:
    audiences = (ListInfo("a1", "Leads\x1b[2J", "audience", 9),)
    stages = {"lead\x1b[31m": "\u202eLead", "customer": "Customer\x07"}
    answers, text = talk(stages=stages, mailchimp=True, audiences=audiences, merge_fields={"a1": {}})
    assert answers.audience == "a1"
    assert not {"\x1b", "\x07", "\u202e"} & set(text)


def test_ctrl_c_ends_it(portal: Portal) -> None:
    with CliRunner().isolation(input=""), pytest.raises(click.Abort):
        interview(portal(), Given())

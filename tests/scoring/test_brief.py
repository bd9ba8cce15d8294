"""The brief for sales: the five questions, who she is, why now, and nothing that no person did."""

import dataclasses
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.facts import Contact, Trust
from connector.scoring.brief import LONGEST, brief, brief_text
from connector.scoring.score import judge
from connector.scoring.stages import step
from connector.scoring.verdict import Place

TODAY = date(2026, 11, 20)
KNOWLEDGE = {
    "brand": [
        {"id": "gave", "when": {"did": {"event": "form_submit"}}, "points": 70, "why": "Gave us data"},
        {"id": "mail", "when": {"did": {"event": "email_click"}}, "points": 20, "why": "Reads our mail"},
    ],
    "offer": [{"id": "demo", "when": {"did": {"event": "form_submit", "asset": {"contains": "demo"}}}, "points": 49}],
}


@pytest.fixture(scope="module")
def full(rulebook_with):
    def change(files):
        files["model"]["knowledge"] = KNOWLEDGE
        files["model"]["topics"] = {"prices": {"contains": "pricing"}, "demo": {"contains": "demo"}}

    return rulebook_with(change)


def told(contact, rulebook, before=None, language="en", day=TODAY):
    verdict = judge(contact, rulebook, day)
    return brief(contact, verdict, step(before, verdict, contact, rulebook, day), rulebook, language)


def text(contact, rulebook, language="en", before=None):
    verdict = judge(contact, rulebook, TODAY)
    return brief_text(contact, verdict, step(before, verdict, contact, rulebook, TODAY), rulebook, language)


def answers(one):
    return [answer.answer for answer in one.questions]


def test_the_whole_brief_of_maria(maria, full, act):
    known = dataclasses.replace(maria, fields={**maria.fields, "first_name": "Maria", "last_name": "Soler"})
    asked = dataclasses.replace(known, events=(*known.events, act("form_submit", 1, "Demo request")))
    assert text(asked, full) == (
        "Maria Soler · Directora financiera · Acme\n"
        "Kind of person: Finance lead (100 % alike)\n"
        "Why now: Hot lead (80): Asked us\n"
        "Do they know us? Yes (90 %): Gave us data; Reads our mail.\n"
        "Do they know our offer? A little (49 %): demo.\n"
        "How interested are they? Very, phase decision.\n"
        "What did they do? filled in a form: 2 (last 2026-11-19); clicked in a mail: 2 (last 2026-11-17).\n"
        "Are they already buying? Not yet, but about to decide.\n"
        "Interested in: demo\n"
        "Last signals:\n"
        "- 2026-11-19 filled in a form (Demo request)\n"
        "- 2026-11-17 clicked in a mail\n"
        "- 2026-11-14 clicked in a mail\n"
        "- 2026-10-30 filled in a form (Demo request)\n"
        "Not known yet: phone number"
    )
    assert "@" not in text(asked, full)
    assert text(asked, full, "es").splitlines()[3:5] == [
        "¿Nos conoce? Sí (90 %): Gave us data; Reads our mail.",
        "¿Conoce lo que ofrecemos? Un poco (49 %): demo.",
    ]


def test_knowledge_is_told_in_words_only_where_the_model_asks(maria, full, rulebook, act):
    stranger = Contact(9, fields={"job_title": "CFO", "company": "Acme"}, events=(act("email_click", 1),))
    assert answers(told(stranger, full))[:2] == ["A little (20 %): Reads our mail.", "No."]
    assert answers(told(maria, rulebook))[:2] == ["Not known.", "Not known."]


@pytest.mark.parametrize(
    ("acts", "fields", "said"),
    [
        ([], {}, "No."),
        ([("email_click", 1, "")], {}, "No."),
        ([("form_submit", 1, "Demo request")], {}, "Not yet, but about to decide."),
        ([("form_submit", 1, "Demo request")], {"lifecycle": "customer"}, "Yes, a customer."),
        ([("order", 30, ""), ("deal_won", 5, "")], {"lifecycle": "customer"}, "Yes: closed a deal 2026-11-15."),
        ([("order", 30, "")], {}, "Yes: ordered 2026-10-21."),
    ],
)
def test_whether_she_buys_already(acts, fields, said, full, act):
    who = Contact(9, fields={"job_title": "CFO", "company": "Acme", **fields}, events=tuple(act(*one) for one in acts))
    assert answers(told(who, full))[4] == said


def test_what_no_person_did_is_not_told(full, act):
    acts = (
        act("email_sent", 1, "Pricing"),
        act("email_bounce", 1),
        act("page_view", 1, "/pricing", Trust.MACHINE),
        act("email_open", 2, "Pricing"),
    )
    one = told(Contact(9, fields={"job_title": "CFO", "company": "Acme"}, events=acts), full)
    assert answers(one)[3] == "opened a mail: 1 (last 2026-11-18)."
    assert one.signals == ()  # an open proves nothing
    nobody = told(Contact(9, fields={"job_title": "CFO", "company": "Acme"}), full)
    assert answers(nobody)[2:] == ["Not at all at present.", "Nothing that we know of.", "No."]


def test_the_last_five_signals_the_newest_first_and_the_same_of_one_day_once(full, act):
    days = [act("page_view", day, f"/{day}") for day in (9, 7, 5, 3)]
    often = [act("page_view", 1, "/pricing", key=str(number)) for number in range(3)]
    one = told(
        Contact(9, fields={"job_title": "CFO", "company": "Acme"}, events=(*days, *often, act("meeting", 2))), full
    )
    assert one.signals == (
        "2026-11-19 visited a page (/pricing) · 3 times",
        "2026-11-18 met us",
        "2026-11-17 visited a page (/3)",
        "2026-11-15 visited a page (/5)",
        "2026-11-13 visited a page (/7)",
    )
    assert one.topics == ("prices",)


def test_why_now_is_the_cause_of_the_step_or_since_when_she_stands(maria, full, noor, brian):
    here = Place("nurture", TODAY - timedelta(days=9))
    stands = dataclasses.replace(maria, events=maria.events[1:])
    assert told(stands, full, before=here).why_now == "nurture (42): unchanged since 2026-11-11"
    assert told(noor, full).why_now == "Not to be mailed (80): may not be mailed"
    later = TODAY + timedelta(days=300)
    fallen = told(stands, full, before=Place("hot", TODAY), day=later)
    assert fallen.why_now == "nurture (34): by the score"
    assert told(Contact(9), full).why_now == "Not enough data: not enough is known"
    assert told(brian, full).why_now == "Customer"


def test_without_a_name_or_a_score_it_says_so(full):
    one = told(Contact(9), full)
    assert (one.who, one.persona, answers(one)[:3]) == ("#9", "", ["Not known."] * 3)
    assert one.missing == ("job_title", "company", "employees", "phone")


@given(
    st.lists(st.tuples(st.integers(0, 40), st.text(max_size=300)), max_size=12),
    st.dictionaries(
        st.sampled_from(["first_name", "last_name", "job_title", "company"]), st.text(min_size=1), max_size=4
    ),
    st.sampled_from(["en", "es", "ca"]),
)
def test_it_fits_and_stays_plain_lines(full, act, acts, fields, language):
    events = tuple(act("page_view", day, asset, key=str(place)) for place, (day, asset) in enumerate(acts))
    said = text(Contact(9, fields=fields, events=events), full, language)
    assert 0 < len(said) <= LONGEST
    assert len(said.split("\n")) <= 20


def test_no_address_is_told_whoever_wrote_it_where(maria, full, act):
    page = act("page_view", 1, "https://acme.example/blog/maria?email=maria%40acme.example&to=ana@team.example")
    contact = dataclasses.replace(
        maria, fields={**maria.fields, "first_name": "maria@acme.example"}, events=(*maria.events, page)
    )
    told = text(contact, full)
    assert "/blog/maria?email=…" in told
    assert "@" not in told
    assert "%40" not in told

"""The receipt that people read: its lines add up to what it shows, in three languages."""

import dataclasses
import re
import string
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.facts import Contact, Refusal, Trust
from connector.scoring.receipt import SHORT, apportion, long, short
from connector.scoring.score import judge
from connector.scoring.stages import step
from connector.scoring.words import TABLES, exact_number, short_number

TODAY = date(2026, 11, 20)


def receipt(contact, rulebook, language="en", **rest):
    verdict = judge(contact, rulebook, TODAY)
    return short(verdict, step(None, verdict, contact, rulebook, TODAY), rulebook, language, **rest)


def shown_points(text):
    return [int(found) for found in re.findall(r"^([+-]\d+) ", text, re.MULTILINE)]


def test_marias_receipt(maria, rulebook):
    assert receipt(maria, rulebook).splitlines() == [
        "Score 60 · stage qualified · Finance lead (100 % alike) · phase decision",
        "+18 Phase decision · 2026-10-30 · Demo request (6.9 faded)",
        "+18 Signs in most won deals",
        "+12 Sweet spot",
        "+4 Gave data · 2026-10-30 · Demo request (4.5 faded)",
        "+4 Reads us · 2 times · 2026-11-17 (0.3 faded)",
        "+2 Company is known",
        "+2 Job title is known",
    ]


def test_marias_receipt_in_spanish_and_catalan(maria, rulebook):
    spanish, catalan = receipt(maria, rulebook, "es").splitlines(), receipt(maria, rulebook, "ca").splitlines()
    assert spanish[0] == "Puntuación 60 · etapa qualified · Finance lead (100 % de parecido) · fase decisión"
    assert spanish[1] == "+18 Fase decisión · 30/10/2026 · Demo request (6,9 perdidos con el tiempo)"
    assert catalan[5] == "+4 Reads us · 2 vegades · 17/11/2026 (0,3 perduts amb el temps)"


def test_what_was_capped_and_withheld_shows(maria, rulebook, act):
    acts = [act("form_submit", 0, "Webinar") for _ in range(3)] + [act("email_click", 0, trust=Trust.MACHINE)]
    text = receipt(dataclasses.replace(maria, events=tuple(acts)), rulebook)
    assert "+17 Gave data · 3 times · 2026-11-20 · Webinar (10 beyond the limit)" in text
    assert "+0 Reads us · 2026-11-20 (2 withheld as doubtful)" in text


def test_an_override_shows_even_if_it_changed_nothing(rulebook):
    rival = Contact(7, fields={"job_title": "Poet", "company": "Rival", "email_domain": "rival.example"})
    assert receipt(rival, rulebook).splitlines()[0] == "Score 0 · stage new"
    assert "-4 Competitor" in receipt(rival, rulebook)
    nothing = dataclasses.replace(rival, changed={"job_title": date(2000, 1, 1), "company": date(2000, 1, 1)})
    assert receipt(nothing, rulebook).splitlines()[1:] == ["+0 Competitor"]


def test_who_has_no_score_is_told_why(brian, noor, rulebook):
    nobody = Contact(7, fields={"company": "Acme"})
    assert receipt(nobody, rulebook) == "Not enough data: job title, number of employees unknown; no act known."
    assert receipt(brian, rulebook) == "Customer: no score, as no model is meant for this contact."
    suppressed = receipt(noor, rulebook, refusals=noor.consent.general | {Refusal.BOUNCED})
    assert suppressed.startswith("Score 80 · Not to be mailed: mail bounced and opted out of mail · Finance lead")


def test_a_label_of_the_file_is_what_people_read(noor, rulebook):
    willing = dataclasses.replace(noor, consent=Contact(0).consent)
    assert "stage Hot lead" in receipt(willing, rulebook)


@pytest.mark.parametrize("language", list(TABLES))
def test_a_long_receipt_is_cut_to_a_sum(language, rulebook_with, act):
    def many_rules(files):
        rules = [{"id": f"page-{n}", "event": "page_view", "points": 0.6, "why": f"Reads {n} " * 40} for n in range(30)]
        files["model"]["factors"]["engagement"]["groups"]["intent"].update(max=25, rules=rules)

    contact = Contact(
        7, fields={"job_title": "CFO"}, events=(act("page_view", 0, "https://acme.example/" + "a" * 500),)
    )
    text = receipt(contact, rulebook_with(many_rules), language)
    assert len(text) <= SHORT
    assert re.search(r"\+\d+ .*\d+", text.splitlines()[-1])
    verdict = judge(contact, rulebook_with(many_rules), TODAY)
    assert sum(shown_points(text)) == verdict.score


def test_the_long_form_has_exact_points(maria, rulebook):
    verdict = judge(maria, rulebook, TODAY)
    rows = long(verdict, "es")
    assert [(row.part, row.rule, row.shown, row.notes) for row in rows[2:4]] == [
        ("Fase", "decision", "18,09", ("6,9 perdidos con el tiempo",)),
        ("Interacción", "forms", "4,5", ("4,5 perdidos con el tiempo",)),
    ]
    assert sum(row.points for row in rows) == verdict.exact


@given(parts=st.lists(st.integers(-40_000, 40_000), max_size=20))
def test_whole_points_add_up_to_the_rounded_sum(parts):
    whole = (sum(parts) + 500) // 1000
    shown = apportion(parts, whole)
    assert sum(shown) == whole
    for part, points in zip(parts, shown, strict=True):
        assert abs(points * 1000 - part) < 1000


@pytest.mark.parametrize(
    ("thousandths", "exact", "short_form"),
    [
        (18000, "18", "18"),
        (8437, "8.437", "8.4"),
        (-450, "-0.45", "-0.5"),
        (10, "0.01", "0.1"),
        (0, "0", "0"),
        (9960, "9.96", "10"),
    ],
)
def test_numbers(thousandths, exact, short_form):
    assert exact_number("en", thousandths) == exact
    assert short_number("en", thousandths) == short_form
    assert exact_number("ca", thousandths) == exact.replace(".", ",")


def placeholders(sentence):
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def test_every_sentence_stands_in_every_language_with_the_same_places():
    english = {key: placeholders(sentence) for key, sentence in TABLES["en"].items()}
    for table in TABLES.values():
        assert {key: placeholders(sentence) for key, sentence in table.items()} == english
        assert all(sentence.strip() for sentence in table.values())


def test_every_refusal_has_a_sentence():
    assert {f"refusal_{refusal.value}" for refusal in Refusal} <= TABLES["en"].keys()


def test_the_head_names_the_model_only_where_several_judge(rulebook_with, maria):
    def second(files):
        files["more_models"] = [{**files["model"], "model": "second", "overrides": []}]

    both = rulebook_with(second)
    verdict = judge(maria, both, TODAY)
    said = short(verdict, step(None, verdict, maria, both, TODAY), both, "es")
    assert said.splitlines()[0].endswith("según el modelo acquisition")

"""What people read for fields, phases and states: words of their language, never a name with an underscore."""

import pytest

from connector.scoring import words_ca, words_en, words_es
from connector.scoring.receipt import reason
from connector.scoring.verdict import STATES, Line
from connector.scoring.words import TABLES, field_name, phase_name
from connector.steps.labels import OPTIONS


@pytest.mark.parametrize(
    ("language", "part", "rule", "says"),
    [
        ("en", "profile", "job_title", "Job title is known"),
        ("es", "profile", "job_title", "Se conoce el cargo"),
        ("ca", "profile", "company", "Es coneix l'empresa"),
        ("es", "profile", "fecha_de_alta", "Se conoce fecha de alta"),
        ("en", "phase", "decision", "Phase decision"),
        ("es", "phase", "consideration", "Fase consideración"),
        ("ca", "phase", "awareness", "Fase descoberta"),
        ("es", "phase", "segunda_visita", "Fase segunda visita"),
    ],
)
def test_a_line_of_the_receipt_names_the_field_or_phase_as_people_do(language, part, rule, says):
    assert reason(Line(part, rule, 1000), language) == says


@pytest.mark.parametrize("words", [words_en.WORDS, words_es.WORDS, words_ca.WORDS])
def test_no_name_of_a_file_is_a_word(words):
    names = [text for key, text in words.items() if key.startswith(("field_", "phase_"))]
    assert len(names) == 16
    assert not [text for text in names if "_" in text]


def test_a_name_of_the_team_s_own_is_shown_without_underscores():
    assert field_name("es", "segundo_cargo") == "segundo cargo"
    assert phase_name("ca", "prova_gratis") == "prova gratis"


@pytest.mark.parametrize("language", ["en", "es", "ca"])
@pytest.mark.parametrize("state", STATES)
def test_a_state_has_one_name_in_the_receipt_and_among_the_options_of_the_property(language, state):
    assert OPTIONS[language][state] == TABLES[language][f"state_{state}"]

"""Real job titles and countries in Spanish, Catalan and English, as people and forms write them."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.facts import Record
from connector.rulebook.conditions import Subject, holds
from connector.rulebook.folding import fold, holds_words, strip_marks
from connector.rulebook.mapping import interpret
from connector.rulebook.operators import EXAMPLE_DAY
from connector.rulebook.parse import parse_condition
from connector.rulebook.types import FieldsFile


def asked(test: object, value: str) -> bool:
    return holds(parse_condition({"field": test}), Subject(EXAMPLE_DAY, {"field": value}))


#: What a marketer would list for each job, and titles that must be found by it.
FOUND = {
    "finance": (
        ["cfo", "finan", "controller", "tesorer", "tresorer", "contab", "comptab"],
        [
            "Directora financiera",
            "DIRECTORA  FINANCIERA",
            "Director/a Financiero/a",
            "Director (financiero)",
            "Responsable de Finanzas",
            "Cap de Finances",
            "Cap de finances i comptabilitat",
            "Head of Finance",
            "Head of\u00a0Finance",
            "VP-Finance",
            "VP–Finance",
            "Group CFO",
            "CEO/CFO",
            "C.E.O. & CFO.",
            "(CFO)",
            "cfo_iberia",
            "Tresorera",
            "Tesorería y caja",
            "Ex-CFO",
            "C\u200bFO",
            "ﬁnance manager",
            "ＣＦＯ",
        ],
    ),
    "purchasing": (
        ["compras", "compres", "purchas", "procurement", "aprovision", "aprovisiona", "buyer"],
        [
            "Cap de compres",
            "Jefa de Compras",
            "Jefe/a de compras y logística",
            "Responsable d'aprovisionaments",
            "Responsable d’aprovisionaments",
            "Responsable d´aprovisionaments",
            "Responsable D‘Aprovisionaments",
            "Head of Procurement",
            "Purchasing Manager",
            "Comprador/a - Compras",
        ],
    ),
    "operations": (
        ["operacion", "operations", "produccio", "logist"],
        [
            "Responsable d'operacions",
            "Jefe de producción",
            "Cap de Producció",
            "Tècnic en logística",
            "Técnica de LOGÍSTICA",
            "VP Operations",
            "Director de Operaciones (EMEA)",
            unicodedata.normalize("NFD", "Jefe de producción"),
            unicodedata.normalize("NFD", "Tècnic en logística"),
            "Lo\u00adgística",
        ],
    ),
    "with us": (
        ["col·labora", "intel·lig"],
        [
            "Col·laboradora",
            "Collaboradora",
            "COL·LABORADOR",
            "Coŀlaborador",
            "col•laboradora",
            "Head of intel·ligència",
        ],
    ),
    "decides": (
        ["head of", "cap de", "cap d'", "jefe de", "jefa de", "vp"],
        ["Head of Growth", "Cap d’obra", "Cap D'Àrea", "Jefe  de obra", "VP", "vp.", "Senior VP, Sales", "EVP/VP"],
    ),
}
#: Titles that hold the letters but not the word.
NOT_FOUND = [
    (["finan"], "Refinanciación de deuda"),
    (["cto", "rector"], "Director"),
    (["vp"], "MVP hunter"),
    (["cap de"], "Handicap de golf"),
    (["ligencia"], "Intel·ligència artificial"),
    (["cap de"], "Cap d'operacions"),
    (["jefe de"], "Jefa de compras"),
    (["compres"], "Decompress engineer"),
    (["head of"], "Ahead of time"),
]


@pytest.mark.parametrize(
    ("words", "title"),
    [(words, title) for words, titles in FOUND.values() for title in titles],
    ids=lambda value: ascii(value) if isinstance(value, str) else "",
)
def test_a_title_is_found(words, title):
    assert asked({"contains_any": words}, title)


@pytest.mark.parametrize(("words", "title"), NOT_FOUND)
def test_a_word_inside_another_is_not_found(words, title):
    assert not asked({"contains_any": words}, title)


COUNTRIES = {
    "ES": ["España", "Espanya", "Spain"],
    "PE": ["Perú", "Peru"],
    "NL": ["Países Bajos", "Països Baixos", "Netherlands", "Pays-Bas"],
    "DE": ["Alemania", "Alemanya", "Germany", "Deutschland"],
    "GB": ["Reino Unido", "Regne Unit", "United Kingdom"],
    "CI": ["Costa de Marfil", "Costa d'Ivori", "Ivory Coast", "Côte d'Ivoire"],
    "TR": ["Turquía", "Turquia", "Turkey", "Türkiye"],
    "BR": ["Brasil", "Brazil"],
    "DK": ["Dinamarca", "Denmark", "Færøerne"],
    "SA": ["Arabia Saudí", "Aràbia Saudita", "Saudi Arabia"],
}
SPELLINGS = [
    ("ESPAÑA", "ES"),
    ("Espana", "ES"),
    (" españa ", "ES"),
    (unicodedata.normalize("NFD", "España"), "ES"),
    ("\ufeffSpain", "ES"),
    ("PERU", "PE"),
    ("peru\u0301", "PE"),
    ("PAÏSOS BAIXOS", "NL"),
    ("Paises  Bajos", "NL"),
    ("Países\u00a0Bajos", "NL"),
    ("Pays‑Bas", "NL"),
    ("alemanya", "DE"),
    ("COSTA D’IVORI", "CI"),
    ("Cote d'Ivoire", "CI"),
    ("TÜRKİYE", "TR"),
    ("Türkıye", "TR"),
    ("Faeroerne", "DK"),
    ("ARABIA SAUDI", "SA"),
]


@pytest.mark.parametrize(("written", "code"), SPELLINGS)
def test_a_country_is_the_same_however_it_is_spelled(written, code):
    values = {name: code for code, names in COUNTRIES.items() for name in names}
    fields = FieldsFile.model_validate({"version": 1, "fields": {"country": {"hubspot": "country", "values": values}}})
    record = Record("hubspot", "1", None, {"country": written}, datetime(2026, 11, 20, tzinfo=UTC))
    assert interpret({"hubspot": record}, fields) == {"country": code}
    assert [name for name in COUNTRIES if asked({"in": COUNTRIES[name]}, written)] == [code]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Níger", "Nigeria"),
        ("Irlanda", "Islandia"),
        ("Austria", "Australia"),
        ("Guinea", "Guinea-Bisáu"),
        ("Mali", "Malí Norte"),
    ],
)
def test_countries_that_only_look_alike_stay_apart(one, other):
    assert not asked(one, other)
    assert not asked(other, one)


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Muñoz", "munoz"),
        ("França", "franca"),
        ("Straße", "strasse"),
        ("İstanbul", "istanbul"),
        ("Çeşme", "cesme"),
        ("Søren Łukasz", "soren lukasz"),
        ("Œuvre", "oeuvre"),
        ("l·l L·L ŀl l•l", "ll ll ll ll"),
        ("Sant Boi·Lleida", "sant boi·lleida"),
        ("a\u200bb\u200d\u2060c\ufeff", "abc"),
        ("\u00a0Head\u2003of\tFinance\u202f", "head of finance"),
        ("l’any d´or", "l'any d'or"),
        ("1.º B – 2ª", "1.o b - 2a"),
        ("Κύπρος", "κυπροσ"),
    ],
)
def test_what_is_compared(written, folded):
    assert fold(written) == folded


@given(st.text())
def test_folding_twice_changes_nothing(text):
    assert fold(fold(text)) == fold(text)


@given(st.text(alphabet="aáàeéèiíïoóòuúüñçlL·’' -MX"))
def test_forms_of_the_same_text_fold_alike(text):
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert fold(unicodedata.normalize(form, text)) == fold(text)
    assert fold(text.upper()) == fold(text.lower()) == fold(text)


@given(st.text(alphabet="abñ ·-’/", min_size=1), st.text(alphabet="abñ ·-’/"))
def test_what_stands_at_the_start_of_a_word_is_found(needle, before):
    if fold(needle):
        assert holds_words(fold(needle), fold(f"{before} {needle}"))


def test_a_regular_expression_sees_the_same_text():
    assert asked({"matches": r"\bcol·labora"}, "Collaboradora")
    assert asked({"matches": r"cap d'\w+"}, "Cap d’Àrea")
    assert asked({"matches": r"vice-pres"}, "Vice–Présidente")
    assert strip_marks("Vice–Présidente") == "Vice-Presidente"

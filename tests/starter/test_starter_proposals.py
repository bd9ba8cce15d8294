"""Which property means what: by names, labels and values in eight languages."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from adapters.ports import Definition, Option
from connector.starter.answers import Given, answered
from connector.starter.languages import proposed_language
from connector.starter.lifecycle import customer_stages, qualified_stage, unnamed_behind
from connector.starter.markets import proposed_markets
from connector.starter.proposals import candidates
from connector.starter.seen import Seen

Portal = Callable[..., Seen]


@pytest.mark.parametrize(
    ("name", "label", "values", "field"),
    [
        # en es ca de fr pt it nl
        ("role_2", "Job role", ["CFO", "Head of Operations"], "job_title"),
        ("cargo", "Cargo", ["Director financiero", "Gerente"], "job_title"),
        ("carrec", "Càrrec", ["Cap de compres", "Comptable"], "job_title"),
        ("position_neu", "Position", ["Leiter Einkauf", "Geschäftsführer"], "job_title"),
        ("fonction_1", "Fonction", ["Directrice financière", "Acheteur"], "job_title"),
        ("funcao", "Função", ["Diretor", "Analista"], "job_title"),
        ("ruolo_az", "Ruolo", ["Responsabile acquisti", "Titolare"], "job_title"),
        ("functie", "Functie", ["Directeur", "Manager"], "job_title"),
        ("puesto_actual", "Puesto que ocupa", ["Jefa de compras", "CEO"], "job_title"),
        ("company_2", "Company name", ["Acme", "Bolt"], "company"),
        ("nombre_de_la_empresa", "Nombre de la empresa", ["Acme", "Bolt"], "company"),
        ("empresa_c", "Nom de l'empresa", ["Acme", "Bolt"], "company"),
        ("firma", "Unternehmen", ["Acme GmbH", "Bolt AG"], "company"),
        ("societe", "Société", ["Acme SARL", "Bolt SA"], "company"),
        ("azienda", "Nome azienda", ["Acme Srl", "Bolt Spa"], "company"),
        ("pais_1", "País", ["España", "Portugal"], "country"),
        ("land", "Land", ["Deutschland", "Österreich"], "country"),
        ("pays", "Pays", ["France", "Belgique"], "country"),
        ("paese", "Paese", ["Italia", "Svizzera"], "country"),
        ("tamano", "Tamaño de la empresa", ["11-50", "51-200"], "employees"),
        ("groesse", "Unternehmensgröße", ["50", "1200"], "employees"),
        ("effectif", "Taille de l'entreprise", ["1-10", "1000+"], "employees"),
        ("dipendenti", "Numero di dipendenti", ["12", "300"], "employees"),
        ("plantilla", "Plantilla", ["8", "90"], "employees"),
        ("tel_movil", "Teléfono móvil", ["+34 600 000 001", "600000002"], "phone"),
        ("handy", "Handy", ["+49 151 0000000"], "phone"),
        ("sector_1", "Sector de actividad", ["Logística", "Retail"], "industry"),
        ("branche", "Branche", ["Handel", "Maschinenbau"], "industry"),
    ],
)
def test_what_a_property_means_in_each_language(
    portal: Portal, name: str, label: str, values: list[str], field: str
) -> None:
    people = [{name: values[number % len(values)]} for number in range(40)]
    found = candidates(portal({name: label}, people))
    assert found[field][0].name == name
    assert all(name not in [one.name for one in others] for of, others in found.items() if of != field)


@pytest.mark.parametrize(
    ("name", "label", "values"),
    [
        ("landing_page", "Landing page", ["https://x.example"]),
        ("country_code_of_phone", "Phone country code", ["34", "49"]),
        ("company_email", "Company email", ["ana@acme.example"]),
        ("pais_libre", "País", ["no sé", "ninguno", "varios"]),  # called a country, holds none
        ("size_word", "Company size", ["Small", "Large"]),  # no number, no range
        ("hs_country_computed", "Country", ["España"]),
        ("trellis_persona", "Position", ["finance_lead"]),
    ],
)
def test_what_only_sounds_like_it_is_left_alone(portal: Portal, name: str, label: str, values: list[str]) -> None:
    people = [{name: values[number % len(values)]} for number in range(40)]
    assert name not in [one.name for ones in candidates(portal({name: label}, people)).values() for one in ones]


def test_how_many_have_it_counts_more_than_whose_name_it_is(portal: Portal) -> None:
    people = [{"cargo": "Director financiero"} for _ in range(62)] + [{"jobtitle": "CEO"}] + [{} for _ in range(37)]
    best, second, *_ = candidates(portal({"cargo": "Cargo"}, people))["job_title"]
    assert (best.name, best.filled, best.examples) == ("cargo", 0.62, ("Director financiero",))
    assert second.name == "jobtitle"
    assert "Director" not in repr(best)


def test_values_alone_tell_where_no_name_does(portal: Portal) -> None:
    people = [{"field_12": title} for title in ("Gerente", "CFO", "Responsable de compras", "Técnico") * 10]
    assert candidates(portal({"field_12": "Custom 12"}, people))["job_title"][0].name == "field_12"


def test_nobody_is_quoted_with_an_address(portal: Portal) -> None:
    people = [{"cargo": "ana@acme.example"}, {"cargo": "CFO"}, {"cargo": "CEO"}]
    examples = [one.examples for ones in candidates(portal({"cargo": "Cargo"}, people)).values() for one in ones]
    assert not any("@" in value for values in examples for value in values)


def test_what_nobody_has_is_not_built_on(portal: Portal) -> None:
    seen = portal({"cargo": "Cargo"}, [{"cargo": "CFO"} for _ in range(150)])
    place = answered(seen, Given()).fields
    assert place["job_title"].second is None  # jobtitle is there, and empty
    assert "phone" not in place


def test_an_empty_portal_takes_the_names_of_hubspot(portal: Portal) -> None:
    places = answered(portal(), Given()).fields
    assert (places["country"].hubspot, places["country"].second) == ("country", "company.country")
    assert (places["employees"].hubspot, places["employees"].second) == ("company.numberofemployees", "numemployees")


STAGES = {
    "subscriber": "Suscriptor",
    "lead": "Lead",
    "112233": "Lead cualificado",
    "112234": "Cliente potencial",
    "112235": "Cliente",
    "112236": "Cliente perdido",
    "112237": "Embajador",
}


def test_customers_are_those_who_have_bought(portal: Portal) -> None:
    options = portal(stages=STAGES).properties["lifecyclestage"].options
    assert customer_stages(options) == ("112235", "112237")
    assert qualified_stage(options) == "112233"


@pytest.mark.parametrize(
    ("label", "is_one"),
    [
        ("Customer", True),
        ("Kunde", True),
        ("Client", True),
        ("Ex-Kunde", False),
        ("Ehemalige Kunden", False),
        ("Stammkunde", True),
        ("Großkunden", True),
        ("Wunschkunde", False),
        ("Client potentiel", False),
        ("Futuro cliente", False),
        ("No es cliente", False),
        ("Oportunidad", False),
        ("Customer success lead", False),
    ],
)
def test_a_stage_says_customer_in_many_words(label: str, is_one: bool) -> None:
    assert bool(customer_stages([Option("9", label)])) is is_one


def test_stages_behind_the_customers_are_told_and_not_guessed() -> None:
    told = {"lead": "Lead", "customer": "Cliente", "71": "Renovación", "evangelist": "Evangelist", "other": "Other"}
    stages = [Option(value, label) for value, label in told.items()]
    assert [one.value for one in unnamed_behind(stages, customer_stages(stages))] == ["71"]
    assert unnamed_behind(stages, ()) == ()


def test_a_stage_behind_the_customers_is_not_written(portal: Portal) -> None:
    late = {"lead": "Lead", "customer": "Cliente", "77": "MQL"}
    assert qualified_stage(portal(stages=late).properties["lifecyclestage"].options) is None


@pytest.mark.parametrize(
    ("countries", "codes"),
    [
        (["España"] * 8 + ["Portugal"] * 2, ("ES",)),
        (["Spain"] * 5 + ["FR"] * 4 + ["Italia"], ("ES", "FR")),
        (["Nowhere"], ()),
        ([], ()),
    ],
)
def test_a_team_sells_where_most_people_are(countries: list[str], codes: tuple[str, ...]) -> None:
    assert proposed_markets(countries) == codes


@pytest.mark.parametrize(
    ("forms", "language"),
    [(("Solicitar presupuesto",), "es"), (("Demana pressupost",), "ca"), (("Book a demo",), "en"), ((), "en")],
)
def test_receipts_speak_as_the_forms_do(portal: Portal, forms: tuple[str, ...], language: str) -> None:
    assert proposed_language(portal(forms=forms)) == language


def test_a_closed_list_that_means_something_else_is_no_size(portal: Portal) -> None:
    options = (Option("small", "Small"), Option("large", "Large"))
    one = Definition("tamano", "Tamaño de la empresa", "enumeration", options=options)
    assert "tamano" not in [found.name for found in candidates(portal({"tamano": one}))["employees"]]


@pytest.mark.parametrize(("total", "leads"), [(80, 5), (300, 6), (1_000, 20), (1_000_000, 20), (0, 20)])
def test_a_small_portal_is_not_expected_to_bring_many_leads_a_week(portal: Portal, total: int, leads: int) -> None:
    assert answered(portal(total=total), Given()).capacity == leads
    assert answered(portal(total=total), Given(capacity=50)).capacity == 50

"""What teams call the fields that a starter asks for, in eight languages, and which types can hold them.

HubSpot's own names are those that every portal has (facts/hubspot.md §7, §9); labels may have been changed by anybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connector.starter.tongues import words

_TEXT = frozenset({"string", "enumeration", "text", "dropdown", "radio"})
_NUMBERS = frozenset({"number", "string", "enumeration", "text", "dropdown", "radio"})


@dataclass(frozen=True, slots=True)
class Meaning:
    """One field: HubSpot's own properties for it, what people call it, and the platforms' types that can hold it.

    With `exactly` a label must be one of the phrases; else it may hold one among other words.
    """

    field: str
    standard: tuple[str, ...]
    phrases: tuple[tuple[str, ...], ...]
    types: frozenset[str] = _TEXT
    exactly: bool = False


def _phrases(text: str) -> tuple[tuple[str, ...], ...]:
    """One phrase a comma."""
    return tuple(words(phrase) for phrase in text.split(",") if phrase.strip())


_ALL = (
    Meaning(
        "first_name",
        ("firstname", "merge_fields.FNAME"),
        _phrases("first name, fname, given name, nombre, nom, prénom, vorname, primeiro nome, nome, voornaam"),
        exactly=True,
    ),
    Meaning(
        "job_title",
        ("jobtitle",),
        _phrases(
            "job title, position, job position, role, job role, cargo, puesto, puesto de trabajo, función, càrrec, "
            "lloc de treball, fonction, poste, intitulé du poste, stelle, funktion, jobtitel, berufsbezeichnung, "
            "positionsbezeichnung, stellung, função, posto, ruolo, qualifica, mansione, posizione, functie, jobtitle"
        ),
    ),
    Meaning(
        "company",
        ("company", "company.name"),
        _phrases(
            "company, company name, organization, organisation, account name, empresa, nombre de la empresa, compañía, "
            "organización, nom de l'empresa, organització, société, entreprise, nom de l'entreprise, firma, firmenname, "
            "unternehmen, unternehmensname, nome da empresa, azienda, nome azienda, nome dell'azienda, società, bedrijf"
        ),
    ),
    Meaning(
        "phone",
        ("phone", "mobilephone"),
        _phrases(
            "phone, phone number, telephone, mobile, mobile phone, teléfono, número de teléfono, móvil, telèfon, mòbil, "
            "téléphone, numéro de téléphone, portable, telefon, telefonnummer, handy, telefone, telemóvel, celular, "
            "telefono, cellulare, numero di telefono, telefoon"
        ),
        _TEXT | {"phone_number", "phone", "number"},
    ),
    Meaning(
        "industry",
        ("company.industry", "industry"),
        _phrases(
            "industry, sector, business sector, industria, sector de actividad, rubro, giro, sector d'activitat, secteur, "
            "secteur d'activité, branche, wirtschaftszweig, setor, ramo de atividade, settore, settore di attività"
        ),
    ),
    Meaning(
        "employees",
        ("company.numberofemployees", "numemployees"),
        _phrases(
            "number of employees, employees, company size, headcount, staff, team size, empleados, número de empleados, "
            "nº de empleados, tamaño de la empresa, tamaño empresa, plantilla, trabajadores, número de trabajadores, "
            "treballadors, nombre de treballadors, mida de l'empresa, plantilla de l'empresa, effectif, effectifs, "
            "taille de l'entreprise, nombre d'employés, nombre de salariés, mitarbeiter, mitarbeiterzahl, "
            "anzahl der mitarbeiter, unternehmensgröße, firmengröße, funcionários, número de funcionários, "
            "tamanho da empresa, colaboradores, dipendenti, numero di dipendenti, dimensione azienda, "
            "dimensione dell'azienda, medewerkers"
        ),
        _NUMBERS,
    ),
    Meaning(
        "country",
        ("country", "company.country"),
        _phrases("country, country region, nation, país, pays, land, paese, nazione, pais"),
    ),
)

#: By the name that the rulebook gives the field.
MEANINGS: Mapping[str, Meaning] = {meaning.field: meaning for meaning in _ALL}

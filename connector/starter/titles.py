"""Job titles in eight languages: of which department somebody is, whether she decides, and what is a title at all.

Each entry is the beginning of a word, without case and accents, as `contains_any` of a rulebook tests it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connector.rulebook.folding import fold, holds_words


@dataclass(frozen=True, slots=True)
class Department:
    """A kind of buyer: an id for the rulebook, what to call her by language, and how her titles begin."""

    id: str
    labels: Mapping[str, str]
    titles: tuple[str, ...]


DEPARTMENTS = (
    Department(
        "finance_lead",
        {"en": "Finance lead", "es": "Responsable de finanzas", "ca": "Responsable de finances"},
        ("cfo", "finan", "controller", "treasur", "tesor", "tresor", "contab", "comptab", "buchhalt"),
    ),
    Department(
        "operations_lead",
        {"en": "Operations lead", "es": "Responsable de operaciones", "ca": "Responsable d'operacions"},
        ("operation", "operac", "operaz", "exploitation", "betrieb", "logist", "supply chain", "produc", "produk", "produz"),
    ),
    Department(
        "marketing_lead",
        {"en": "Marketing lead", "es": "Responsable de marketing", "ca": "Responsable de màrqueting"},
        ("cmo", "marketing", "marqueting", "mercadotec", "communicat", "comunica", "kommunikation"),
    ),
    Department(
        "sales_lead",
        {"en": "Sales lead", "es": "Responsable de ventas", "ca": "Responsable de vendes"},
        ("sales", "venta", "vende", "comercial", "commercial", "vertrieb", "verkauf", "vendit", "commerciale"),
    ),
    Department(
        "it_lead",
        {"en": "IT lead", "es": "Responsable de sistemas", "ca": "Responsable de sistemes"},
        ("cto", "cio", "informa", "tecnolog", "technolog", "sistema", "sistemes", "system", "developer", "desarroll"),
    ),
    Department(
        "people_lead",
        {"en": "People lead", "es": "Responsable de personas", "ca": "Responsable de persones"},
        ("chro", "human", "rrhh", "recursos humanos", "recursos humans", "people", "talent", "risorse umane"),
    ),
    Department(
        "purchasing_lead",
        {"en": "Purchasing lead", "es": "Responsable de compras", "ca": "Responsable de compres"},
        ("purchas", "procure", "buyer", "compra", "compres", "achat", "einkauf", "acquist"),
    ),
    Department(
        "managing_director",
        {"en": "Managing director", "es": "Dirección general", "ca": "Direcció general"},
        ("ceo", "founder", "owner", "managing director", "gerent", "geschaftsfuhr", "director general", "directora general",
         "fundador", "fondat", "inhaber", "propietari", "titolare", "amministratore", "president", "presid", "pdg", "socio"),
    ),
)  # fmt: skip

#: Who decides, whatever the department.
DECIDERS = (
    "cfo", "ceo", "coo", "cto", "cmo", "chief", "head", "director", "directeur", "directrice", "direttore", "direttrice",
    "diretor", "direccio", "direccion", "vp", "responsable", "responsabile", "responsavel", "jefe", "jefa", "cap de",
    "cap d'", "leiter", "chef", "gerent", "manager",
)  # fmt: skip

#: Further words by which a value is known to be a job title.
_OTHER = ("engineer", "ingenier", "enginyer", "ingenieur", "tecnic", "technic", "assistant", "asistent", "consult", "analyst",
          "analist", "student", "estudiant", "recepcion", "secretar", "administrat", "intern", "freelance", "autonom",
          "profes", "arquitect", "abogad", "advocat", "designer", "coordinad")  # fmt: skip

#: Who studies, and does not buy.
STUDENTS = (
    "student",
    "estudiant",
    "etudiant",
    "studente",
    "estudante",
    "becari",
    "praktikant",
    "stagiaire",
    "stagista",
)

_KNOWN = tuple(dict.fromkeys((*(title for one in DEPARTMENTS for title in one.titles), *DECIDERS, *_OTHER, *STUDENTS)))


def is_title(text: str) -> bool:
    """Whether a value looks like a job title."""
    return has_title(text, _KNOWN)


def has_title(text: str, titles: Sequence[str]) -> bool:
    """Whether a title begins one of its words as one of `titles` does; as the rulebook's `contains_any`."""
    folded = fold(text)
    return any(holds_words(fold(title), folded) for title in titles)

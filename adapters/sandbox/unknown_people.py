"""The people of the unknown portal (unknown_portal.py): what is known of them, what they did, and what is nonsense."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

SITE = "https://www.tejadosol.example"
#: Form → the page that it stands on; the first is what a buyer fills in.
FORMS = {
    "Solicitar presupuesto": f"{SITE}/presupuesto",
    "Kontakt Stuttgart": f"{SITE}/de/kontakt",
    "Descargar guía de ayudas": f"{SITE}/ayudas",
    "Boletín": f"{SITE}/blog",
}
_PAGES = (
    SITE,
    f"{SITE}/precios",
    f"{SITE}/de/preise",
    f"{SITE}/baterias",
    f"{SITE}/blog/autoconsumo",
    f"{SITE}/empleo",
)
_FIRST = "Núria Pau Íñigo Begoña Käthe Jürgen Søren Aylin Jens Marta Xavier Ainhoa Günther Lucía Zoë Álvaro"
_LAST = "Ferrer Großmann Ibáñez Müller Yılmaz Castells Weiß Peña Åberg Roca Schäfer Núñez Vogel Soler"
_COMPANIES = "Bodegas Ríos|Hotel Mirador|Bäckerei Kranz|Spedition Vogt|Cítricos del Turia|Hof Lindenau|Frío Logístico"
#: What people of one kind call themselves; the last ones are nobody's.
_TITLES = {
    "owner": ("Gerente", "gerente ", "Propietaria", "Geschäftsführer", "Inhaberin", "DIRECTOR GENERAL"),
    "technician": ("Jefe de mantenimiento", "Responsable técnica", "Technischer Leiter", "Betriebsleiterin"),
    "office": ("Administración", "Contable", "Buchhaltung", "Einkauf"),
    "nobody": ("", "-", "n/a", "x", "asdf", "☀️", "estudiante", "Otro / Sonstiges"),
}
_ODD_NAMES = ("TEST", "test test", "🌞🌞", "null", "O'Brien-Núñez de la Vega y Castells", " ")


@dataclass(frozen=True)
class Stranger:
    """One person: properties by name, acts as (days ago, "form" or "page", form, page), and what became of her.

    `fate` is "customer", "opted out", "bounced", a lifecycle stage, or nothing; `warmth` how likely she clicks.
    """

    values: Mapping[str, object]
    known_days: int
    acts: tuple[tuple[int, str, str, str], ...]
    fate: str = ""
    reads_newsletter: bool = False
    warmth: float = 0.0

    @property
    def email(self) -> str:
        """Her address; empty where nobody knows it."""
        return str(self.values.get("email", ""))


def strangers(dice: random.Random, count: int) -> list[Stranger]:
    """`count` people; the same dice give the same."""
    return [_stranger(dice, number) for number in range(count)]


def _stranger(dice: random.Random, number: int) -> Stranger:
    kind = dice.choices(tuple(_TITLES), (3, 2, 2, 3))[0]
    warmth = dice.choice((0.0, 0.1, 0.3, 0.7))
    known = dice.randrange(3, 400)
    email = (
        "" if number % 31 == 7 else f"p{number}@{dice.choice(('gmx', 'firma', 'correo', 'hof'))}-{number % 90}.example"
    )
    values: dict[str, object] = {
        "email": email.upper() if number % 17 == 3 else email,
        "firstname": dice.choice(_ODD_NAMES) if number % 23 == 5 else dice.choice(_FIRST.split()),
        "lastname": dice.choice(_LAST.split()),
        "puesto": dice.choice(_TITLES[kind]),
        "jobtitle": dice.choice(_TITLES[kind]) if dice.random() < 0.05 else "",
        "empresa_nombre": dice.choice(_COMPANIES.split("|")) if dice.random() < 0.6 else "",
        "pais_instalacion": dice.choices(("es", "de", "pt", "x", ""), (5, 3, 1, 1, 2))[0],
        "anzahl_mitarbeiter": dice.choices(("1", "2", "3", "4", ""), (3, 4, 2, 1, 5))[0],
        "branche": dice.choice(("lm", "lo", "ho", "la", "xx", "")),
        "interes_principal": dice.choice(("auto", "bat", "mant", "", "")),
        "consumo_kwh": dice.choice(("", "", "0", "12500", "98000", "999999999")),
        "country": dice.choice(("", "", "España", "DE", "Alemania ", "spain", "46001")),
        "phone": dice.choice(("", "", "+34 600 100 200", "llamar por la tarde", "0711 / 55 55 0")),
        "lifecyclestage": dice.choices(("subscriber", "lead", ""), (5, 3, 1))[0],
    }
    return Stranger(
        values={name: value for name, value in values.items() if value != ""},
        known_days=known,
        acts=_acts(dice, warmth, known) if email else (),
        fate=_fate(dice) if email else "",
        reads_newsletter=bool(email) and dice.random() < 0.5,
        warmth=warmth,
    )


def _acts(dice: random.Random, warmth: float, known: int) -> tuple[tuple[int, str, str, str], ...]:
    within = min(known, 120)
    pages = [(dice.randrange(1, within), "page", "", dice.choice(_PAGES)) for _ in range(int(warmth * 12))]
    forms = [
        (dice.randrange(1, within), "form", form, page) for form, page in FORMS.items() if dice.random() < warmth / 2
    ]
    return tuple(sorted(pages + forms, reverse=True))


def _fate(dice: random.Random) -> str:
    fates = ("", "customer", "148273001", "148273002", "opportunity", "opted out", "bounced")
    return dice.choices(fates, (70, 8, 5, 3, 3, 7, 3))[0]

"""A portal that nobody tuned Trellis for: a solar installer in Valencia with an office in Stuttgart, on a free plan.

Other property names, labels in Spanish and German, lifecycle stages of its own, no workflows, no marketing contacts, few
properties left; people of whom half is unknown and some is nonsense. The same seed gives the same people and acts.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from adapters.sandbox.hubspot import Portal
from adapters.sandbox.hubspot.definitions import Definition, Option
from adapters.sandbox.mailchimp import Account
from adapters.sandbox.unknown_people import SITE, Stranger, strangers
from adapters.sandbox.world import Sandbox

AUDIENCE = "7f3a91c2de"
#: Some of HubSpot's own stages are left; two more have numbers, as HubSpot gives them.
LIFECYCLE = {
    "subscriber": "Suscriptor",
    "lead": "Interesado",
    "148273001": "Angebot verschickt",
    "opportunity": "Oportunidad",
    "customer": "Cliente",
    "148273002": "Stammkunde",
}
#: Room for what Trellis needs, and little more.
PROPERTY_LIMIT = 25
#: Property → type, its label, and options where there are any (value → label).
_PROPERTIES: dict[str, tuple[str, str, dict[str, str]]] = {
    "puesto": ("string", "Puesto en la empresa", {}),
    "empresa_nombre": ("string", "Empresa", {}),
    "pais_instalacion": (
        "enumeration",
        "País de la instalación",
        {"es": "España", "de": "Deutschland", "pt": "Portugal", "x": "Otro"},
    ),
    "anzahl_mitarbeiter": (
        "enumeration",
        "Anzahl Mitarbeiter",
        {"1": "bis 10", "2": "11 bis 50", "3": "51 bis 250", "4": "über 250"},
    ),
    "branche": (
        "enumeration",
        "Branche",
        {"lm": "Lebensmittel", "lo": "Logistik", "ho": "Hotel", "la": "Landwirtschaft", "xx": "Sonstiges"},
    ),
    "interes_principal": (
        "enumeration",
        "Interés principal",
        {"auto": "Autoconsumo", "bat": "Baterías", "mant": "Mantenimiento"},
    ),
    "consumo_kwh": ("number", "Consumo anual (kWh)", {}),
}
_FIELD_TYPES = {"string": "text", "number": "number", "enumeration": "select"}
_MAILS = {
    95: "Boletín: ¿cuánto ahorra un tejado?",
    60: "Newsletter: Speicher im Gewerbe",
    32: "Boletín: ayudas que cierran en otoño",
    9: "Newsletter: drei Höfe, drei Dächer",
}


@dataclass(frozen=True)
class Unknown:
    """Who lives there; `audience` is the id of the one audience."""

    people: tuple[Stranger, ...]
    audience: str = AUDIENCE


def unknown_portal(sandbox: Sandbox, *, count: int = 300, seed: int = 23) -> Unknown:
    """Fill both platforms with `count` people and four months of acts. Nothing of Trellis exists."""
    dice = random.Random(seed)
    people = strangers(dice, count)
    _free_plan(sandbox.hubspot)
    _own_properties(sandbox.hubspot)
    for person in people:
        _contact(sandbox.hubspot, person)
    _newsletter(sandbox.mailchimp, people, dice)
    return Unknown(tuple(people))


def _free_plan(portal: Portal) -> None:
    settings = portal.settings
    settings.scopes -= {"automation"}  # no workflows, and no scope for them
    settings.per_ten_seconds, settings.per_day = 100, 250_000
    settings.custom_property_limit = PROPERTY_LIMIT
    portal.add_owner("nuria@tejadosol.example", "Núria", "Ferrer i Puig")
    portal.add_owner("jens@tejadosol.example", "Jens", "Großmann")
    portal.add_subscription_type("90210", "Boletín")
    with portal.lock:
        portal.lists.create("Feria 2026: contactos", "SNAPSHOT")


def _own_properties(portal: Portal) -> None:
    with portal.lock:
        for name, (type_, label, options) in _PROPERTIES.items():
            shown = tuple(Option(value, text, order) for order, (value, text) in enumerate(options.items()))
            portal.definitions["contacts"].put(
                Definition(name, label, type_, _FIELD_TYPES[type_], "contactinformation", options=shown, form=True)
            )
    portal.admin.replace_options("lifecyclestage", LIFECYCLE)


def _contact(portal: Portal, person: Stranger) -> None:
    life, now, email = portal.life, portal.clock(), person.email
    life.add_contact(person.values, now - timedelta(days=person.known_days))
    for days, do, form, page in person.acts:
        at = now - timedelta(days=days)
        if do == "form":
            life.fill_form(email, form, {}, page, at)
        else:
            life.visit_page(email, page, at)
    late = now - timedelta(days=min(person.known_days, 20) / 2)
    if person.fate == "customer":
        life.win_deal(email, "Instalación", 18_000, late)
    elif person.fate == "opted out":
        life.unsubscribe(email, at=late)
    elif person.fate == "bounced":
        life.hard_bounce(email, at=late)
    elif person.fate:
        life.set_property(email, "lifecyclestage", person.fate, late)


def _newsletter(account: Account, people: Sequence[Stranger], dice: random.Random) -> None:
    audience = account.add_audience("Boletín & Newsletter", id=AUDIENCE)
    audience.define("PUESTO", "Puesto / Position")
    audience.define("EMPRESA", "Empresa / Firma")
    life, now = account.life, account.now()
    readers = [person for person in people if person.reads_newsletter]
    for person in readers:
        merges = {"FNAME": person.values.get("firstname", ""), "PUESTO": person.values.get("puesto", "")}
        life.subscribe(person.email, merge_fields=merges, at=now - timedelta(days=person.known_days))
    for days, title in _MAILS.items():
        sent = now - timedelta(days=days)
        there = [person for person in readers if person.known_days > days]
        campaign = life.send_campaign(title, to=[person.email for person in there], at=sent)
        for person in there:
            if dice.random() < person.warmth:
                read = sent + timedelta(hours=dice.randrange(1, 40))
                life.click(person.email, campaign, f"{SITE}/precios", at=read)

"""What pages, forms and lists are called when somebody is near to buying, in eight languages. Written as `contains_any` of a
rulebook reads it: the beginning of a word, without case and accents.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from connector.rulebook.folding import fold, holds_words

#: She asks for us: the signal of the phase *decision*.
ASKING = {
    "en": ("demo", "contact sales", "talk to sales", "quote", "book a meeting", "trial"),
    "es": ("hablar con ventas", "presupuesto", "solicitar", "contacto comercial", "prueba gratuita"),
    "ca": ("parlar amb vendes", "pressupost", "sol·licita", "prova gratuïta"),
    "fr": ("devis", "parler à un commercial", "essai gratuit", "démo"),
    "de": ("angebot", "beratung", "kontakt vertrieb", "testen"),
    "pt": ("orçamento", "falar com vendas", "teste gratuito"),
    "it": ("preventivo", "parla con", "prova gratuita"),
    "nl": ("offerte", "proefperiode"),
}

#: She compares: the signal of the phase *consideration*.
COMPARING = {
    "en": ("pricing", "prices", "compare", "webinar", "guide", "case stud"),
    "es": ("precios", "tarifas", "comparativa", "seminario", "guía", "caso de éxito"),
    "ca": ("preus", "tarifes", "comparativa", "seminari", "guia", "cas d'èxit"),
    "fr": ("tarif", "prix", "comparatif", "guide", "livre blanc"),
    "de": ("preise", "vergleich", "leitfaden", "whitepaper"),
    "pt": ("preços", "planos", "comparar", "guia"),
    "it": ("prezzi", "listino", "confronto", "guida"),
    "nl": ("prijzen", "vergelijk", "gids"),
}


def told(words: dict[str, tuple[str, ...]], language: str, assets: Iterable[str]) -> tuple[str, ...]:
    """English, the team's language, and of the others those words that real assets hold; folded, each once."""
    folded = [fold(asset) for asset in assets]
    chosen: list[str] = []
    for tongue, phrases in words.items():
        known = tongue in ("en", language)
        chosen += [phrase for phrase in map(fold, phrases) if known or any(holds_words(phrase, one) for one in folded)]
    return tuple(dict.fromkeys(chosen))


def holding(words: dict[str, tuple[str, ...]], names: Sequence[str]) -> tuple[str, ...]:
    """Of these names, those that hold one of the words of any language."""
    phrases = [fold(phrase) for of in words.values() for phrase in of]
    return tuple(name for name in names if any(holds_words(phrase, fold(name)) for phrase in phrases))

"""The factor fit of a starter's model.yaml: a persona for each kind of buyer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from connector.rulebook.folding import fold
from connector.starter.buyers import Buyer
from connector.starter.outline import Outline
from connector.starter.phrases import PHRASES
from connector.starter.titles import DECIDERS, STUDENTS
from connector.starter.tongues import identifier
from connector.starter.yaml_text import comment, value, word, wrapped

#: What makes somebody the persona, and what only adds to it; together the maximum of fit.
_LEADING, _DECIDES, _SIZE, _MARKET = 17, 4, 6, 3
MINIMUM = 14

_FREE_MAIL = ("gmail.com", "hotmail.com", "outlook.com", "yahoo.com", "icloud.com", "live.com", "gmx.de", "web.de")


@dataclass(frozen=True, slots=True)
class Trait:
    """A trait as it is written: `when` is a line of YAML, or several."""

    id: str
    when: tuple[str, ...]
    points: int
    why: str
    owner: str


def personas(of: Outline) -> Mapping[str, tuple[Buyer, tuple[Trait, ...]]]:
    """The buyers who can be told apart by what is mapped, by id, with their traits; the first trait is what makes her one."""
    found: dict[str, tuple[Buyer, tuple[Trait, ...]]] = {}
    for buyer in of.answers.buyers:
        name = _free(identifier(buyer.label, "buyer"), found)
        traits = tuple(_traits(of, buyer, name))
        if traits:
            found[name] = (buyer, (_leading(traits[0]), *traits[1:]))
    return found


def fit_text(of: Outline, review_by: str) -> Iterator[str]:
    """The lines of `fit`."""
    yield from comment(
        "1. Who she is. The best persona counts; below persona_minimum she is none of them, so the first trait of "
        "each is what makes her one. `contains_any` matches from the start of a word, without case and accents.",
        indent=2,
    )
    yield "  fit:"
    yield "    max: 30"
    yield f"    persona_minimum: {MINIMUM if personas(of) else 0}"
    told = personas(of)
    yield (
        "    personas:"
        if told
        else "    personas: {}    # map job_title, employees or country in fields.yaml, then say here who buys"
    )
    for name, (buyer, traits) in told.items():
        yield f"      {name}:"
        yield f"        label: {word(buyer.label)}"
        yield "        traits:"
        for trait in traits:
            yield from _written(trait, review_by, "          ")
    yield "    adjust:"
    for trait in _adjustments(of):
        yield from _written(trait, review_by, "      ")


def _free(name: str, taken: Mapping[str, object]) -> str:
    return next(one for one in (name, *(f"{name}_{number}" for number in range(2, 100))) if one not in taken)


def _traits(of: Outline, buyer: Buyer, name: str) -> Iterator[Trait]:
    """What can be asked of her, the most telling first."""
    told = PHRASES[of.answers.language]
    slug = name.replace("_", "-")
    if "job_title" in of.fields and buyer.titles:
        when = tuple(wrapped("when: {job_title: {contains_any: [", map(word, buyer.titles), "]}}", width=104))
        yield Trait(f"{slug}-title", when, _LEADING, told["title"].format(label=buyer.label), "marketing")
        deciders = tuple(wrapped("when: {job_title: {contains_any: [", map(word, _deciders(of)), "]}}", width=104))
        yield Trait(f"{slug}-decides", deciders, _DECIDES, told["decides"], "sales")
    if buyer.employees is not None and "employees" in of.fields:
        low, high = buyer.employees
        test = f"{{at_least: {low}}}" if high is None else f"{{between: [{low}, {high}]}}"
        yield Trait(f"{slug}-company-size", (f"when: {{employees: {test}}}",), _SIZE, told["size"], "sales")
    if of.markets:
        when = (f"when: {{country: {{in: {value(of.markets)}}}}}",)
        yield Trait(f"{slug}-home-market", when, _MARKET, told["market"], "sales")


def _leading(trait: Trait) -> Trait:
    return Trait(trait.id, trait.when, _LEADING, trait.why, trait.owner)


def _deciders(of: Outline) -> tuple[str, ...]:
    """Words for who decides; those that are no words of the team's people are left out where there are people."""
    titles = [fold(title) for name in _title_names(of) for title in of.seen.values(name)]
    used = tuple(one for one in DECIDERS if any(fold(one) in title for title in titles))
    return used or DECIDERS


def _title_names(of: Outline) -> Iterator[str]:
    place = of.answers.fields["job_title"]
    yield from (name for name in (place.hubspot, place.second, place.mailchimp) if name)


def _adjustments(of: Outline) -> Iterator[Trait]:
    told = PHRASES[of.answers.language]
    if "job_title" in of.fields:
        when = (f"when: {{job_title: {{contains_any: {value(STUDENTS)}}}}}",)
        yield Trait("student-title", when, -30, told["student"], "marketing")
    when = (f"when: {{email_domain: {{in: {value(_FREE_MAIL)}}}}}",)
    yield Trait("free-mail", when, -4, told["free_mail"], "marketing")


def _written(trait: Trait, review_by: str, indent: str) -> Iterator[str]:
    yield f"{indent}- id: {trait.id}"
    yield from (f"{indent}  {line}" for line in trait.when)
    yield f"{indent}  points: {trait.points}"
    yield f"{indent}  why: {word(trait.why)}"
    yield f"{indent}  owner: {trait.owner}"
    yield f"{indent}  review_by: {review_by}"

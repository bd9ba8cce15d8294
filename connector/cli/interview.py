"""The questions of `trellis init`: few and plain, each with a proposal that Enter takes. Nothing is written before the last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

import click

from connector.cli.visible import visible
from connector.rulebook.folding import fold
from connector.starter.answers import NONE, AnswerError, Answers, Given, answered, proposals_for, values_of
from connector.starter.buyers import Buyer, departments
from connector.starter.languages import LANGUAGES, proposed_language
from connector.starter.lifecycle import stages_of
from connector.starter.meanings import MEANINGS
from connector.starter.proposals import Candidate
from connector.starter.seen import Seen
from connector.starter.titles import has_title

_FIELDS = {
    "first_name": "First name",
    "job_title": "Job title",
    "company": "Company",
    "phone": "Phone",
    "industry": "Industry",
    "employees": "How many people the company has",
    "country": "Country",
}
_SHOWN = 3


def interview(seen: Seen, given: Given) -> Given:
    """Ask what was not said yet, in the order in which answers need each other. Raises click.Abort where a person stops."""
    for ask in (_language, _timezone, _audience, _fields, _customers, _qualified, _markets, _buyers, _capacity):
        given = ask(seen, given)
    return given


def _language(seen: Seen, given: Given) -> Given:
    if given.language is not None:
        return given
    said = click.prompt(
        "Language of receipts and labels", type=click.Choice(LANGUAGES), default=proposed_language(seen)
    )
    return replace(given, language=said)


def _timezone(seen: Seen, given: Given) -> Given:
    if given.timezone is not None:
        return given
    return _asked(
        seen, "Time zone of the team", answered(seen, given).timezone, lambda said: replace(given, timezone=said)
    )


def _audience(seen: Seen, given: Given) -> Given:
    if given.audience is not None or not seen.audiences:
        return given
    names = Counter(fold(one.name) for one in seen.audiences)
    called = [one.name if names[fold(one.name)] == 1 else one.id for one in seen.audiences]
    shown = (
        f"{visible(one.name)}{f' {name}' if name != one.name else ''} ({one.size or 0:,})"
        for one, name in zip(seen.audiences, called, strict=True)
    )
    click.echo("\nMailchimp audiences: " + ", ".join(shown))
    return _asked(seen, "Which one is for leads (- for none)", called[0], lambda said: replace(given, audience=said))


def _fields(seen: Seen, given: Given) -> Given:
    unsaid = [name for name in MEANINGS if name not in given.fields] if seen.sampled else []
    if unsaid:
        click.echo("\nWhich property means what? (its name; Enter takes the first; - if you have none)")
    proposed = proposals_for(seen) if unsaid else {}
    for name in unsaid:
        given = _field(seen, given, name, proposed[name])
    return given


def _field(seen: Seen, given: Given, name: str, proposed: Sequence[Candidate]) -> Given:
    for one in proposed[:_SHOWN]:
        click.echo(visible(f"  {_line(one)}"))
    default = proposed[0].name if proposed else NONE
    return _asked(seen, _FIELDS[name], default, lambda said: replace(given, fields={**given.fields, name: said}))


def _line(one: Candidate) -> str:
    told = f"{one.field} ← {one.name} ({one.label}; {one.filled:.0%} filled"
    return f"{told}; e.g. {', '.join(one.examples)})" if one.examples else f"{told})"


def _customers(seen: Seen, given: Given) -> Given:
    stages = stages_of(seen)
    if given.customers is not None or not stages:
        return given
    click.echo("\nLifecycle stages: " + visible(", ".join(f"{one.value} ({one.label})" for one in stages)))
    default = ", ".join(answered(seen, given).customers) or NONE
    return _asked(
        seen,
        "Which are those of customers (several with commas, - for none)",
        default,
        lambda said: replace(given, customers=_listed(said)),
    )


def _qualified(seen: Seen, given: Given) -> Given:
    if given.qualified is not None or not stages_of(seen):
        return given
    default = answered(seen, given).qualified or NONE
    question = "Which one shall be written when somebody is qualified (- for none)"
    return _asked(seen, question, default, lambda said: replace(given, qualified=said))


def _markets(seen: Seen, given: Given) -> Given:
    now = answered(seen, given)
    if given.markets is not None or "country" not in now.fields:
        return given
    default = ", ".join(now.markets) or NONE
    return _asked(
        seen,
        "\nCountries that you sell to (with commas, - for all)",
        default,
        lambda said: replace(given, markets=_listed(said)),
    )


def _buyers(seen: Seen, given: Given) -> Given:
    if given.buyers is not None:
        return given
    now = answered(seen, given)
    titles = values_of(seen, now.fields.get("job_title"))
    known = departments(titles, now.language)
    click.echo("\nWho buys? " + (f"Of {len(titles):,} job titles:" if titles else "No job titles were seen."))
    for number, (buyer, count) in enumerate(known, 1):
        click.echo(f"  {number}. {buyer.label}" + (f" ({count:,})" if titles else ""))
    proposed = [str(number) for number, (buyer, _) in enumerate(known, 1) if buyer in now.buyers]
    said = click.prompt(
        "Numbers with commas, or one of your own as Label: words of her job title", default=", ".join(proposed)
    )
    return replace(given, buyers=tuple(_sized(now, titles, buyer) for buyer in _chosen(said, known)))


def _chosen(said: str, known: Sequence[tuple[Buyer, int]]) -> Sequence[Buyer]:
    if ":" in said:
        label, _, titles = said.partition(":")
        return [Buyer(label.strip(), _listed(titles))]
    numbers = [int(one) for one in _listed(said) if one.isdecimal()]
    return [known[number - 1][0] for number in numbers if 0 < number <= len(known)]


def _sized(now: Answers, titles: Sequence[str], buyer: Buyer) -> Buyer:
    matching = sum(has_title(title, buyer.titles) for title in titles)
    if titles:
        click.echo(f"  {buyer.label}: {matching:,} of {len(titles):,} job titles ({', '.join(buyer.titles[:4])} …)")
    if "employees" not in now.fields:
        return buyer
    said = click.prompt(f"  Size of the companies where a {buyer.label} buys (50-1000, 200+, - for any)", default=NONE)
    low, _, high = said.strip().rstrip("+").partition("-")
    if not low.strip().isdecimal():
        return buyer
    return replace(buyer, employees=(int(low), int(high) if high.strip().isdecimal() else None))


def _capacity(seen: Seen, given: Given) -> Given:
    if given.capacity is not None:
        return given
    default = answered(seen, given).capacity
    said = click.prompt("\nHow many leads can sales look at in a week", type=click.IntRange(min=1), default=default)
    return replace(given, capacity=said)


def _listed(said: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in said.split(",") if one.strip() not in ("", NONE))


def _asked(seen: Seen, question: str, default: str, put: Callable[[str], Given]) -> Given:
    """Ask until the answer can be; what cannot is said with its cure."""
    while True:
        plain = visible(default) == default
        given = put(click.prompt(question, default=default, show_default=plain or visible(default)))
        try:
            answered(seen, given)
        except AnswerError as error:
            click.echo(visible(f"  {error}"))
        else:
            return given

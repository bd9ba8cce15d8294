"""fields.yaml of a starter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from connector.starter.acts import Source
from connector.starter.answers import Place, values_of
from connector.starter.countries import names_of, translations
from connector.starter.interests import ASKING, COMPARING, holding
from connector.starter.lifecycle import LIFECYCLE, stages_of
from connector.starter.outline import Outline
from connector.starter.stage_names import stage_names
from connector.starter.yaml_text import braces, comment, noted, word, wrapped, writable

#: Most names of countries that are translated line by line.
_MOST = 60


def fields_text(of: Outline) -> str:
    """The whole file."""
    parts = (_head(of), _audiences(of), _fields(of), _events(of), _write(of))
    return "\n\n".join("\n".join(lines) for part in parts if (lines := list(part))) + "\n"


def _head(of: Outline) -> Iterator[str]:
    yield "# yaml-language-server: $schema=schema/fields.json"
    yield from comment(
        "What we call it ← where it lives. Every rule in model.yaml, stages.yaml and tracks.yaml speaks of the "
        "names on the left. Written by `trellis init` from what the portal defines and holds; it is yours now. "
        "Check your changes: `trellis check`."
    )
    yield "version: 1"
    yield ""
    yield noted(f"language: {of.answers.language}", "of receipts, labels and hints in the portal: en | es | ca")
    yield noted(f"timezone: {word(of.answers.timezone)}", "a day of scoring begins at midnight here")
    if of.seen.values("hs_marketable_status"):
        yield noted("marketing_contacts: true", "the portal pays for marketing contacts: nobody else is enrolled")


def _audiences(of: Outline) -> Iterator[str]:
    audience = of.answers.audience
    if audience is None and of.seen.audiences:
        return
    yield from comment(
        "Mailchimp audiences, each under a name of your own. Add `subscription: <number>`, the HubSpot "
        "subscription type of the same mail, and who opts out of that type is not mailed by Mailchimp either. "
        "(Who opts out of all mail never is.)"
    )
    yield "audiences:" if audience else "# audiences:"
    yield f"  main: {{list: {word(audience)}}}" if audience else "#   main: {list: abc123}"


def _fields(of: Outline) -> Iterator[str]:
    yield "fields:"
    email = {"hubspot": "email" if of.seen.hubspot else None, "mailchimp": _email(of)}
    yield noted(f"  email: {braces(email)}", "")
    yield noted("  email_domain: {from: email}", "acme.example")
    for name, place in of.answers.fields.items():
        yield from _field(of, name, place)
    if of.seen.hubspot and LIFECYCLE in of.seen.properties:
        names = {value: name for value, name in stage_names(of).items() if value != name}
        values = f", values: {braces(names)}" if names else ""
        labels = {one.value: one.label for one in stages_of(of.seen) if writable(one.label)}
        for value in names:
            yield from comment(f"{value} is the portal's stage {word(labels.get(value, value))}", indent=2)
        yield noted(f"  lifecycle: {{hubspot: {LIFECYCLE}, type: stage{values}}}", "the portal's own order counts")


def _email(of: Outline) -> str | None:
    return "email_address" if of.answers.audience else None


def _field(of: Outline, name: str, place: Place) -> Iterator[str]:
    lives: dict[str, str | None] = {"hubspot": place.hubspot, "or": place.second, "mailchimp": _tag(of, place)}
    if name == "employees":
        yield from comment('"100-500" is a range: rules hold for it only if they hold for all of it.', indent=2)
        yield noted(f"  {name}: {braces({**lives, 'type': 'range'})}", _filled(of, place))
    elif name == "country" and (names := _countries(of, place)):
        yield noted("  country:", _filled(of, place))
        yield from (f"    {key}: {word(one)}" for key, one in lives.items() if one)
        yield from wrapped("    values: {", (f"{word(name)}: {word(code)}" for name, code in names.items()), "}")
    else:
        yield noted(f"  {name}: {braces(lives)}", _filled(of, place))


def _tag(of: Outline, place: Place) -> str | None:
    return place.mailchimp if of.answers.audience else None


def _filled(of: Outline, place: Place) -> str:
    if not of.seen.sample:
        return ""
    share = len(values_of(of.seen, place)) / len(of.seen.sample)
    return f"{share:.0%} of those looked at have one"


def _countries(of: Outline, place: Place) -> Mapping[str, str]:
    """Translations of what people and options say; in the order of the markets, so that what matters comes first."""
    options = (of.seen.properties.get(name or "") for name in (place.hubspot, place.second))
    offered = (option.value for one in options if one is not None for option in one.options)
    markets = of.answers.markets
    usual = (name for code in markets for name in names_of(code))
    found = translations(value for value in (*values_of(of.seen, place), *offered, *usual) if writable(value))
    ranked = sorted(found.items(), key=lambda one: (one[1] not in markets, one[1]))
    return dict(ranked[:_MOST])


def _events(of: Outline) -> Iterator[str]:
    yield from comment(
        "Where acts come from. A HubSpot counter tells how many and when the last one was; its growth becomes acts."
    )
    if not of.acts and not of.seen.hubspot:
        yield "events: {}"
        return
    yield "events:"
    for one in of.sources:
        yield from _event(of, one, as_comment=one.kind not in of.acts)
    if of.seen.hubspot:
        yield from comment("What sales thinks of a lead: each other value that a person chooses is an act.", indent=2)
        yield "  sales_verdict: {hubspot: {changed: trellis_sales_verdict}}"
        yield from _more(of)


def _event(of: Outline, source: Source, *, as_comment: bool) -> Iterator[str]:
    mark = "  # " if as_comment else "  "
    told = "" if source.did is None or not of.seen.sample else f"; {source.did:.0%} of those looked at ever did"
    todo = "; take the # of the next lines away once somebody has" if as_comment else ""
    yield from comment(f"{source.note}{told}{todo}", indent=2)
    if source.counter is None:
        yield f"{mark}{source.kind}: {{mailchimp: {source.mailchimp}}}"
        return
    counter = source.counter
    asset = counter.asset if counter.asset in of.seen.properties else None
    yield f"{mark}{source.kind}:"
    yield f"{mark}  hubspot: {braces({'count': counter.count, 'last': counter.last, 'asset': asset})}"
    if source.kind == "form_submit" and of.seen.forms:
        yield noted(f"{mark}  submissions: true", "form by form; the counter names only the last one")
    if source.mailchimp:
        yield f"{mark}  mailchimp: {source.mailchimp}"


def _more(of: Outline) -> Iterator[str]:
    named = [one.name for one in of.seen.lists or () if writable(one.name)]
    lists = (*holding(ASKING, named), *holding(COMPARING, named))
    told = ", ".join(word(name) for name in dict.fromkeys(lists)) or '"Visited pricing"'
    yield from comment(
        "A list that you keep in HubSpot is a source of acts, too: joining it is one. Give it a phase in model.yaml.",
        indent=2,
    )
    yield f"  # list_joined: {{hubspot: {{lists: [{told}]}}}}"
    yield from comment(
        "Deals that are won or lost end every track; reading them needs the scope crm.objects.deals.read.", indent=2
    )
    yield "  # deal_won: {hubspot: {deals: won}}"
    yield "  # deal_lost: {hubspot: {deals: lost}}"


def _write(of: Outline) -> Iterator[str]:
    ours, theirs = of.seen.hubspot, of.answers.audience is not None
    yield from comment(
        "What is written back, next to the core that always is. `trellis provision` creates what is missing. A "
        "score is written when it moved by min_change or was written at_least so long ago; stages, personas and "
        "phases at once."
    )
    yield "write:"
    score = {"hubspot": "trellis_score" if ours else None, "mailchimp": "LEADSCORE" if theirs else None}
    yield f"  score:    {braces({**score, 'min_change': 3, 'at_least': '7d'})}"
    stage = {"hubspot": "trellis_stage" if ours else None, "mailchimp": "LEADSTAGE" if theirs else None}
    yield f"  stage:    {braces(stage)}"
    if ours:
        yield "  persona:  {hubspot: trellis_persona}"
        yield "  phase:    {hubspot: trellis_phase}"
    if of.answers.qualified is not None:
        yield from comment(
            "A stage of stages.yaml with `lifecycle:` is written there, forward only: what a person or HubSpot "
            "set higher stays.",
            indent=2,
        )
        yield f"  lifecycle: {{hubspot: {LIFECYCLE}, when: forward, owner: platform}}"

"""model.yaml of a starter: five factors over what this portal tells."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from connector.starter.outline import PROFILE, Outline
from connector.starter.personas_text import fit_text, personas
from connector.starter.phrases import PHRASES
from connector.starter.stage_names import customer_names
from connector.starter.titles import STUDENTS
from connector.starter.yaml_text import comment, value, word, wrapped

#: Whoever asks for us, and fits, has at least this; no stage asks for more.
FLOOR = 85
_FIT = 10
#: Who does not buy, whatever she does: below the usual threshold of anything.
_CEILING = 15

#: Kinds of acts that prove nothing: we did them, or a mail program, or sales.
_NO_EVIDENCE = ("email_sent", "email_open", "sales_verdict", "unsubscribe")

#: A rule of engagement: id, kind of act, words of its asset, points, how often it counts, why, owner.
_Rule = tuple[str, str, tuple[str, ...] | None, float, str, str, str]


def model_text(of: Outline, today: date) -> str:
    """The whole file."""
    review_by = _half_a_year_on(today).isoformat()
    factors = [
        "factors:",
        *fit_text(of, review_by),
        "",
        *_phase(of),
        "",
        *_engagement(of, review_by),
        "",
        *_answers(of),
    ]
    parts = (_head(of), _evidence(of), [*factors, "", *_profile(of)], _trust(of), _overrides(of, review_by))
    return "\n\n".join("\n".join(lines) for part in parts if (lines := list(part))) + "\n"


def evidence_by_acts(of: Outline) -> bool:
    """Whether an act is evidence enough. Opens must be known as such, or they would be (rulebook/opens.py)."""
    return "email_open" in of.acts and bool(_telling(of))


def _half_a_year_on(today: date) -> date:
    months = today.month + 5
    return date(today.year + months // 12, months % 12 + 1, 1)


def _telling(of: Outline) -> frozenset[str]:
    return of.acts - frozenset(_NO_EVIDENCE)


def _head(of: Outline) -> Iterator[str]:
    yield "# yaml-language-server: $schema=schema/model.json"
    yield from comment(
        "From facts to a score of 0 to 100. Five factors add up to 100; overrides come after the sum, in order. "
        "`why` is what sales reads in the receipt, `owner` keeps the rule, and from `review_by` on `trellis "
        "check` asks whether it still holds. The points here are a start, not the truth: change them, and "
        "`trellis plan` says by name what that does."
    )
    yield "version: 1"
    yield "model: acquisition"
    if of.has_customers:
        yield f"applies_to: {{lifecycle: {{not_in: {value(customer_names(of))}}}}}    # an unknown lifecycle counts as not in"


def _evidence(of: Outline) -> Iterator[str]:
    known, acts = of.evidence, evidence_by_acts(of)
    if not known and not acts:
        return
    yield from comment(
        'Below this a contact is "not enough data": no score, no mail. What was sent, and opens alone, prove nothing.'
    )
    yield "minimum_evidence:"
    yield "  any:"
    if known:
        yield f"    - {{known: {min(2, len(known))}, of: {value(known)}}}"
    if acts:
        excluded = [one for one in _NO_EVIDENCE if one in of.acts or (one == "sales_verdict" and of.seen.hubspot)]
        yield f"    - {{events: 1, except: {value(excluded)}}}"


def _phase(of: Outline) -> Iterator[str]:
    yield from comment(
        "2. How near she is to buying. Points fade from the newest signal; the highest wins, a tie goes to the "
        "later phase.",
        indent=2,
    )
    yield "  phase:"
    yield "    max: 25"
    yield "    half_life: 45d"
    comparing, asking = _words_of(of.comparing), _words_of(of.asking)
    phases: dict[str, tuple[int, list[tuple[str, tuple[str, ...] | None]]]] = {
        "awareness": (5, [(kind, None) for kind in ("email_click", "page_view", "form_submit") if kind in of.acts]),
        "consideration": (15, [(kind, comparing) for kind in ("page_view", "form_submit") if kind in of.acts]),
        "decision": (25, [(kind, asking) for kind in ("form_submit",) if kind in of.acts]),
    }
    told = {name: one for name, one in phases.items() if one[1]}
    yield "    phases:" if told else "    phases: {}    # no act is mapped that speaks for one"
    for name, (points, signals) in told.items():
        yield f"      {name}:"
        yield f"        points: {points}"
        yield "        signals:"
        for kind, asset in signals:
            yield from [f"          - {{event: {kind}}}"] if asset is None else _signal(kind, asset)


def _signal(kind: str, asset: tuple[str, ...]) -> Iterator[str]:
    yield f"          - event: {kind}"
    yield from wrapped("            asset: {contains_any: [", asset, "]}")


def _words_of(phrases: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(word, phrases))


def _engagement(of: Outline, review_by: str) -> Iterator[str]:
    told = PHRASES[of.answers.language]
    intent: list[_Rule] = [
        ("forms", "form_submit", None, 6, "max_times: 3", told["form"], "marketing"),
        ("asked-for-us", "form_submit", of.asking, 8, "max_times: 1", told["asked"], "sales"),
        ("replies", "email_reply", None, 6, "max_times: 1", told["reply"], "sales"),
    ]
    reading: list[_Rule] = [
        ("clicks", "email_click", None, 2, "max_times: 3", told["click"], "marketing"),
        ("comparing", "page_view", of.comparing, 3, "max_times: 1", told["compares"], "marketing"),
        ("pages", "page_view", None, 0.5, "max_times: 6, within: 30d", told["page"], "marketing"),
    ]
    groups = {"intent": (17, "half_life: 21d", intent), "reading": (8, "linear: 60d", reading)}
    heard = {
        name: (most, decay, [rule for rule in rules if rule[1] in of.acts])
        for name, (most, decay, rules) in groups.items()
    }
    yield from comment(
        "3. What she did: points × trust × decay of the newest max_times acts, then the group's cap, then the "
        "factor's. Opens give nothing: mail programs open mail, too.",
        indent=2,
    )
    yield "  engagement:"
    yield "    max: 25"
    yield "    groups:" if any(rules for _, _, rules in heard.values()) else "    groups: {}"
    for name, (most, decay, rules) in heard.items():
        if not rules:
            continue
        yield f"      {name}:"
        yield f"        max: {most}"
        yield f"        decay: {{{decay}}}"
        yield "        rules:"
        for id_, kind, asset, points, times, why, owner in rules:
            yield f"          - id: {id_}"
            yield f"            event: {kind}"
            if asset is not None:
                yield from wrapped("            asset: {contains_any: [", _words_of(asset), "]}")
            yield f"            points: {points}"
            yield from (f"            {one}" for one in times.split(", "))
            yield f"            why: {word(why)}"
            yield f"            owner: {owner}"
            yield f"            review_by: {review_by}"


def _answers(of: Outline) -> Iterator[str]:
    yield from comment(
        "4. Her answer to the latest episode of a track. Decisive: it may lift her to a stage or bar her from one.",
        indent=2,
    )
    yield "  reaction:"
    yield "    max: 15"
    yield "    points: {clicked: 6, replied: 12, asked: 15, silent: -5, unsubscribed: -15}"
    yield "    silent: {after: {mails: 3, days: 14}}"
    if "form_submit" in of.acts:
        yield "    lifts: {asked: qualified}"
    yield "    bars: {silent: hot}"


def _profile(of: Outline) -> Iterator[str]:
    known = [f"{name}: {points}" for name, points in PROFILE.items() if name in of.fields]
    yield from comment("5. How complete, and how fresh, what we know of her is.", indent=2)
    yield "  profile:"
    yield "    max: 5"
    yield f"    completeness: {{{', '.join(known)}}}"
    yield "    freshness: {half_life: 365d}"


def _trust(of: Outline) -> Iterator[str]:
    yield from comment("How much an act counts by who did it: surely a person, perhaps a machine, surely a machine.")
    yield "trust:"
    yield "  human: 1"
    yield "  unsure: 0.5"
    yield "  machine: 0"
    if "email_click" in of.acts:
        yield "  doubts:"
        yield "    bursts: [{links: 3, within: 2s}]             # every link at once: a scanner"


def _overrides(of: Outline, review_by: str) -> Iterator[str]:
    told = PHRASES[of.answers.language]
    rules: list[list[str]] = []
    if "form_submit" in of.acts:
        fit = [f"      fit: {{at_least: {_FIT}}}"] if personas(of) else []
        did = [
            "    when:",
            "      did:",
            "        event: form_submit",
            *wrapped("        asset: {contains_any: [", _words_of(of.asking), "]}"),
            "        within: 14d",
        ]
        rules.append(_override("hand-raiser", [*did, *fit], f"at_least: {FLOOR}", told["hand_raiser"], review_by))
    if of.markets and "markets" in of.answers.decided:
        when = [f"    when: {{country: {{known: true, not_in: {value(of.markets)}}}}}"]
        rules.append(_override("out-of-market", when, f"at_most: {_CEILING}", told["out_of_market"], review_by))
    if "job_title" in of.fields:
        when = [f"    when: {{job_title: {{contains_any: {value(STUDENTS)}}}}}"]
        rules.append(_override("student", when, f"at_most: {_CEILING}", told["student"], review_by))
    if not rules:
        return
    yield from comment(
        "In order, after the sum; each is a line of the receipt. One of at_least (a floor), at_most (a ceiling), "
        "set, add. A competitor, for instance: {id: competitor, when: {email_domain: {in: [rival.example]}}, set: "
        "0, why: A competitor}"
    )
    yield "overrides:"
    for rule in rules:
        yield from rule


def _override(id_: str, when: list[str], what: str, why: str, review_by: str) -> list[str]:
    return [
        f"  - id: {id_}",
        *when,
        f"    {what}",
        f"    why: {word(why)}",
        "    owner: sales",
        f"    review_by: {review_by}",
    ]

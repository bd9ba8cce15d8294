"""What must hold at the end, judged by the journal, the sandbox's effect ledger and its records; Trellis' own word counts only
where it is about its own rows.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from courier import Acknowledged
from installation import Installation
from life import Class, Somebody
from witness import Witness

from adapters.sandbox import Effect, Sandbox

_ENDED_WELL = ("handled", "ignored")


@dataclass(frozen=True, slots=True)
class Ending:
    """How somebody ended on the platforms: her stage, and which flows she entered how often."""

    stage: str
    entered: Mapping[str, int]


def lost(installation: Installation, journal: Sequence[Acknowledged]) -> Iterator[str]:
    """Acknowledged deliveries that are not in the inbox, or have not come to a good end there."""
    kept: dict[bytes, list[tuple[int, str, str]]] = defaultdict(list)
    for body, number, state, reason in installation.rows("SELECT body, id, state, reason FROM delivery"):
        kept[bytes(body)].append((number, state, reason))
    for body, entries in _by_body(journal).items():
        found = kept.get(body, [])
        numbers = ", ".join(str(entry.number) for entry in entries)
        if len(found) < len(entries):
            yield f"journal {numbers}: {len(entries)} times acknowledged, {len(found)} times kept: {body.decode()}"
        for number, state, reason in found:
            if state not in _ENDED_WELL:
                yield f"journal {numbers}: delivery {number} is {state} ({reason}): {body.decode()}"


def without_trace(installation: Installation, people: Sequence[Somebody]) -> Iterator[str]:
    """People whose forms are not all acts in the ledger."""
    counted = "SELECT email, count(*) FROM event JOIN word ON word.id = event.kind JOIN record USING (contact)"
    where = "WHERE word.text = 'form_submit' AND source = 'hubspot' GROUP BY email"
    acts = dict(installation.rows(f"{counted} {where}"))
    for one in people:
        if one.merged is None and one.forms != acts.get(one.email, 0):
            yield f"{one.email}: {one.forms} forms, {acts.get(one.email, 0)} acts in the ledger"


def held_otherwise(installation: Installation, sandbox: Sandbox, names: Collection[str] = ()) -> Iterator[str]:
    """People of HubSpot whom the ledger does not hold, and values (of these names, or all) that it holds otherwise."""
    kept = dict(installation.rows("SELECT platform_id, raw FROM record WHERE source = 'hubspot' AND NOT archived"))
    with sandbox.hubspot.lock:
        records = {str(record.id): dict(record.values) for record in sandbox.hubspot.contacts}
    for id_, values in records.items():
        if id_ not in kept:
            yield f"contact {id_} ({values.get('email')}) is not in the ledger"
            continue
        for name, value in kept[id_].items():
            if (not names or name in names) and (value or "") != values.get(name, ""):
                yield f"{values.get('email')}: {name} is {values.get(name)!r}, in the ledger {value!r}"


def twice(effects: Sequence[Effect], merged_with: Mapping[str, Merge]) -> Iterator[str]:
    """Entries into a flow in which she, or who had been merged with her by then, was before: each campaign is one episode."""
    seen: dict[tuple[str, str], Effect] = {}
    for effect in _entries(effects):
        selves = {effect.email or effect.person}
        merge = merged_with.get(effect.email or "")
        if merge is not None and merge.at <= effect.at:
            selves.add(merge.other)
        before = next(filter(None, (seen.get((self, effect.flow_name)) for self in sorted(selves))), None)
        if before is not None:
            yield f"{effect.email}: {effect.flow_name} at {before.at:%H:%M:%S} ({before.platform}) and {_told(effect)}"
        seen[effect.email or effect.person, effect.flow_name] = effect


def without_consent(effects: Sequence[Effect], witness: Witness, people: Sequence[Somebody]) -> Iterator[str]:
    """Entries after a no that had been told, or without having asked within 60 s."""
    since = {one.email: one.since for one in people}
    for effect in _entries(effects):
        known = since.get(effect.email or "", {})
        platforms = frozenset(platform for platform, at in known.items() if at <= effect.at)
        if why := witness.objection(effect, platforms):
            yield f"{_told(effect)}: {why}"


def within_the_window(effects: Sequence[Effect], people: Sequence[Somebody]) -> int:
    """How many entered after they had said no, but after the last read: what promise 1 leaves open for 60 s."""
    said_no = {one.email: one.said_no for one in people if one.said_no}
    return sum(effect.email in said_no and said_no[effect.email] <= effect.at for effect in _entries(effects))


def missed(
    installation: Installation,
    endings: Mapping[str, Ending],
    expected: Mapping[Class, Ending],
    people: Sequence[Somebody],
) -> Iterator[str]:
    """People who are not where their class ended, and whom Trellis does not list for a person."""
    listed = _listed(installation)
    for one in people:
        if not one.ends_as_her_class or one.email in listed:
            continue
        wanted, found = expected[one.of], endings[one.email]
        if set(wanted.entered) - set(found.entered):
            yield f"{one.email} ({one.of.name}): entered {dict(found.entered)}, her class {dict(wanted.entered)}"


def listed(installation: Installation, people: Sequence[Somebody]) -> int:
    """How many of them wait for a person to decide."""
    return len(_listed(installation) & {one.email for one in people})


def staged_otherwise(
    endings: Mapping[str, Ending], expected: Mapping[Class, Ending], people: Sequence[Somebody]
) -> Iterator[str]:
    """People on another stage than their class, or in a flow that nobody of it entered."""
    for one in people:
        if not one.ends_as_her_class:
            continue
        wanted, found = expected[one.of], endings[one.email]
        if wanted.stage != found.stage or set(found.entered) - set(wanted.entered):
            yield f"{one.email} ({one.of.name}): {found}, her class {wanted}"


def changed(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[str]:
    """Stages that differ."""
    for email, stage in before.items():
        if after.get(email) != stage:
            yield f"{email}: {stage!r} at the portal, {after.get(email)!r} judged from scratch"


def endings(sandbox: Sandbox, effects: Sequence[Effect], people: Sequence[Somebody]) -> dict[str, Ending]:
    """How each of these people stands at the platforms now; HubSpot's stage where she is known there."""
    entered: dict[str, Counter[str]] = defaultdict(Counter)
    for effect in _entries(effects):
        entered[effect.email or effect.person][effect.flow_name] += 1
    shown = stages(sandbox)
    audience = next(iter(sandbox.mailchimp.audiences.values()))
    found = {}
    for one in people:
        member = audience.find(one.email)
        stage = shown.get(one.email) or (str(audience.merges_of(member).get("LEADSTAGE", "")) if member else "")
        found[one.email] = Ending(stage, dict(entered[one.email]))
    return found


def stages(sandbox: Sandbox) -> dict[str, str]:
    """The stage that HubSpot shows, by address, of everybody who has one."""
    with sandbox.hubspot.lock:
        return {
            record.values["email"]: record.values.get("trellis_stage", "")
            for record in sandbox.hubspot.contacts
            if record.values.get("email")
        }


@dataclass(frozen=True)
class Merge:
    """With whom somebody was merged, and when: two who entered before that were two people."""

    other: str
    at: datetime


def merged_with(people: Sequence[Somebody]) -> dict[str, Merge]:
    """The merge of each who was merged with somebody, by her address."""
    return {one.email: Merge(one.merged.email, one.merged_at) for one in people if one.merged and one.merged_at}


def _entries(effects: Sequence[Effect]) -> Iterator[Effect]:
    return (effect for effect in effects if effect.kind == "entered")


def _told(effect: Effect) -> str:
    return f"{effect.email} entered {effect.flow_name} ({effect.platform}) at {effect.at:%H:%M:%S.%f}"


def _by_body(journal: Sequence[Acknowledged]) -> dict[bytes, list[Acknowledged]]:
    entries: dict[bytes, list[Acknowledged]] = defaultdict(list)
    for entry in journal:
        entries[entry.body].append(entry)
    return entries


def _listed(installation: Installation) -> set[str]:
    open_ones = "SELECT contact FROM intent WHERE kind = 'enroll' AND state IN ('held', 'parked', 'unknown')"
    failed = "SELECT contact FROM failure WHERE resolved_at IS NULL AND contact IS NOT NULL"
    return {
        email
        for (email,) in installation.rows(f"SELECT email FROM record WHERE contact IN ({open_ones} UNION {failed})")
    }


def since_then(effects: Sequence[Effect], before: int) -> Iterator[str]:
    """Who entered anything after the ledger had `before` effects."""
    return (_told(effect) for effect in _entries(effects[before:]))

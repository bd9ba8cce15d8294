"""What Trellis needs on the platforms, and making it where it is missing. Nothing of anybody else's is touched."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from adapters.hubspot_port import HubSpotPort
from adapters.mailchimp_port import MailchimpPort
from adapters.ports import GROUP, CredentialsRefused, Definition, Option, PlatformError, PlatformRefused
from connector.rulebook.types import LifecycleWrite, Rulebook
from connector.scoring.verdict import STATES
from connector.scoring.words import phase_name
from connector.steps.labels import OPTIONS, PROPERTIES, SALES_VERDICTS
from connector.steps.parts import HUBSPOT, Parts
from connector.store import failures, ledger, made, state


@dataclass(frozen=True, slots=True)
class Done:
    """What was made (or would be, in a dry run), one line each, and what platforms failed with."""

    lines: list[str] = field(default_factory=list)
    errors: list[PlatformError] = field(default_factory=list)


def hubspot_definitions(rulebook: Rulebook) -> tuple[Definition, ...]:
    """The contact properties of design §4.4 that this rulebook asks for, with labels in its language."""
    write = rulebook.fields.write
    kinds: dict[str, tuple[str, str, str, tuple[Option, ...]]] = {
        "score": (write.score.hubspot, "number", "number", ()),
        "stage": (write.stage.hubspot, "enumeration", "select", _stages(rulebook)),
        "stage_since": (write.stage_since.hubspot, "date", "date", ()),
        "why": (write.why.hubspot, "string", "textarea", ()),
        "next": (write.next.hubspot, "string", "textarea", ()),
        "track": (write.track.hubspot, "enumeration", "select", _tracks(rulebook)),
        "enrolled": (write.enrolled.hubspot, "string", "text", ()),
        "exclude": (write.exclude.hubspot, "bool", "booleancheckbox", _worded(rulebook, ("true", "false"))),
        "sales_verdict": (write.sales_verdict.hubspot, "enumeration", "select", _worded(rulebook, SALES_VERDICTS)),
    }
    if write.persona:
        personas = {name: one.label for model in rulebook.models for name, one in model.factors.fit.personas.items()}
        options = tuple(Option(name, label) for name, label in personas.items())
        kinds["persona"] = (write.persona.hubspot, "enumeration", "select", options)
    if write.phase:
        phases = dict.fromkeys(phase for model in rulebook.models for phase in model.factors.phase.phases)
        named = partial(phase_name, rulebook.fields.language)
        options = tuple(Option(phase, named(phase).capitalize()) for phase in phases)
        kinds["phase"] = (write.phase.hubspot, "enumeration", "select", options)
    for key, target in write.targets.items():
        kind = _BY_CHOICE.get(key.partition(".")[0])
        if kind is not None and key not in kinds:
            kinds[key] = (target.hubspot, *kind, ())
    return tuple(
        Definition(
            name=name,
            label=_words(rulebook, key)[0],
            type=kind,
            field_type=field_type,
            options=options,
            description=_words(rulebook, key)[1],
        )
        for key, (name, kind, field_type, options) in kinds.items()
    )


#: What is written only where fields.yaml names it: its type and how HubSpot shows it (facts/hubspot.md §9).
_BY_CHOICE = {
    "similarity": ("number", "number"),
    "segment": ("string", "text"),
    "model": ("string", "text"),
    "scored_at": ("date", "date"),
    "brief": ("string", "textarea"),
    "parts": ("number", "number"),
    "scores": ("number", "number"),
}


#: What is never written to Mailchimp: its texts end after 255 bytes (facts/mailchimp.md §8), and nobody reads it there.
_HUBSPOT_ONLY = frozenset({"stage_since", "why", "next", "track", "exclude", "sales_verdict", "brief"})


def _words(rulebook: Rulebook, key: str) -> tuple[str, str]:
    """Label and description of a key of `write`; a part's or a model's own name stands in its label."""
    group, _, name = key.partition(".")
    label, description = PROPERTIES[rulebook.fields.language][group]
    return label.format(name=name), description


def mailchimp_definitions(rulebook: Rulebook) -> tuple[Definition, ...]:
    """The merge fields that this rulebook writes; TRACKMARK always, because the markers stand there."""
    write = rulebook.fields.write
    numbers = {"score", "similarity", "parts", "scores"}
    wanted = {
        key: target.mailchimp
        for key, target in write.targets.items()
        if not isinstance(target, LifecycleWrite) and target.mailchimp and key not in _HUBSPOT_ONLY
    }
    wanted.setdefault("enrolled", "TRACKMARK")
    return tuple(
        Definition(
            name=tag,
            label=_words(rulebook, key)[0],
            type="number" if key.partition(".")[0] in numbers else "text",
        )
        for key, tag in wanted.items()
    )


def lists_wanted(rulebook: Rulebook) -> tuple[str, ...]:
    """The static lists that tracks enroll into, those of segments, and that of the paused."""
    tracks = (way.hubspot.list for track in rulebook.tracks.tracks.values() for way in track.enroll if way.hubspot)
    segments = (one.hubspot.list for one in rulebook.tracks.segments.values() if one.hubspot)
    names = (*tracks, *segments, rulebook.tracks.dosing.paused_list)
    return tuple(dict.fromkeys(name for name in names if name is not None))


def tags_wanted(rulebook: Rulebook, audience: str) -> tuple[str, ...]:
    """The tags of an audience that tracks enroll by, and those of segments. Mailchimp makes a tag when it is first set."""
    tracks = (way.mailchimp for track in rulebook.tracks.tracks.values() for way in track.enroll)
    segments = (one.mailchimp for one in rulebook.tracks.segments.values())
    targets = (one for one in (*tracks, *segments) if one is not None and one.audience == audience)
    return tuple(dict.fromkeys(one.tag for one in targets if one.tag is not None))


def provision(parts: Parts, *, dry_run: bool, webhook_url: str | None) -> Done:
    """Create what is missing on each platform that is on; one that fails is in `errors`, and the others go on."""
    done = Done()
    if parts.hubspot is not None:
        make = partial(_hubspot, parts, parts.hubspot, done.lines, dry_run=dry_run)
        _attempt(parts, done, HUBSPOT, make, dry_run=dry_run)
    for source, port in parts.mailchimp.items():
        make = partial(_mailchimp, parts, port, done.lines, dry_run=dry_run, webhook_url=webhook_url)
        _attempt(parts, done, source, make, dry_run=dry_run)
    return done


def lacking_options(wanted: Definition, there: Definition) -> tuple[str, ...]:
    """The values of options that a property of the portal lacks, in our order."""
    present = {option.value for option in there.options}
    return tuple(option.value for option in wanted.options if option.value not in present)


def _attempt(parts: Parts, done: Done, source: str, make: Callable[[], None], *, dry_run: bool) -> None:
    before = len(done.lines)
    try:
        make()
    except PlatformError as error:
        done.errors.append(error)
    if len(done.lines) > before and not dry_run:  # what is kept of the portal, and why writes were refused, is over
        with parts.engine.begin() as conn:
            state.forget_cached(conn, f"{source}:")
            ledger.look_again(conn, failures.contacts_failing(conn, "write", source), parts.today)


def _hubspot(parts: Parts, port: HubSpotPort, lines: list[str], *, dry_run: bool) -> None:
    wanted = hubspot_definitions(parts.rulebook)
    there = port.definitions()
    missing = [one for one in wanted if one.name not in there]
    limit = port.property_limit()
    if missing and limit is not None and limit[0] + len(missing) > limit[1]:
        raise PlatformRefused(
            HUBSPOT,
            f"{len(missing)} properties are missing, and the portal holds {limit[0]} of {limit[1]}: archive some",
        )
    lists = port.lists()
    unseen = [name for name in lists_wanted(parts.rulebook) if name not in lists]
    new_lists = [name for name in unseen if port.list_named(name) is None]  # search does not show it at once
    if dry_run:
        lines += [f"HubSpot: would create property group {GROUP}"] if missing and GROUP not in port.groups() else []
        lines += [f"HubSpot: would create property {one.name} ({one.label})" for one in missing]
        lines += [
            f"HubSpot: would add option {value} to property {one.name}"
            for one in wanted
            if one.name in there
            for value in lacking_options(one, there[one.name])
        ]
        lines += [f"HubSpot: would create list {name}" for name in new_lists]
        return
    paused = parts.rulebook.tracks.dosing.paused_list
    keep = partial(_keep_made, parts, HUBSPOT, "property")
    lines += [f"HubSpot: {line}" for line in port.define(wanted, lambda name: keep(name, name))]
    for name in new_lists:
        _keep_made(parts, HUBSPOT, "list", port.create_list(name).id, name)
        what_for = ": add it to your workflows as a suppression list" if name == paused else ""
        lines.append(f"HubSpot: created list {name}{what_for}")


def _mailchimp(parts: Parts, port: MailchimpPort, lines: list[str], *, dry_run: bool, webhook_url: str | None) -> None:
    wanted = mailchimp_definitions(parts.rulebook)
    label = f"Mailchimp ({port.audience})"
    wants_hook = webhook_url is not None and webhook_url not in port.webhooks()
    if dry_run:
        there = port.definitions()
        lines += [f"{label}: would create merge field {one.name}" for one in wanted if one.name not in there]
        lines += [f"{label}: would create the webhook"] if wants_hook else []
        return
    list_id = parts.rulebook.fields.audiences[port.audience].list
    keep = partial(_keep_made, parts, list_id, "merge field")
    lines += [f"{label}: {line}" for line in port.define(wanted, lambda tag: keep(tag, tag))]
    if wants_hook and webhook_url is not None:
        secret = _hooked(port, webhook_url)
        if secret:
            with parts.engine.begin() as conn:
                state.keep_secret(conn, "mailchimp", secret, parts.now())
        lines.append(f"{label}: created the webhook ({'signed' if secret else 'unsigned'})")


def _keep_made(parts: Parts, place: str, kind: made.Kind, key: str, name: str) -> None:
    with parts.engine.begin() as conn:
        made.keep_made(conn, place, kind, key, name, parts.now())


def _hooked(port: MailchimpPort, url: str) -> str | None:
    """Create the webhook. Mailchimp calls the address while it does so (facts/mailchimp.md §4), and refuses if nobody
    answers; its own words do not say that.
    """
    try:
        return port.create_webhook(url)
    except CredentialsRefused:
        raise
    except PlatformRefused as error:
        cure = "Mailchimp asks PUBLIC_URL while it makes a webhook: start `trellis serve` first, then provision again"
        raise PlatformRefused(error.platform, f"{error.message}; {cure}", status=error.status) from error


def _stages(rulebook: Rulebook) -> tuple[Option, ...]:
    words = OPTIONS[rulebook.fields.language]
    own = {stage.id: stage.label or stage.id for stage in rulebook.stages.stages}
    states = dict.fromkeys((*STATES, *rulebook.stages.states))
    return tuple(Option(one, label) for one, label in (*own.items(), *((one, words.get(one, one)) for one in states)))


def _tracks(rulebook: Rulebook) -> tuple[Option, ...]:
    return tuple(Option(name, track.label or name) for name, track in rulebook.tracks.tracks.items())


def _worded(rulebook: Rulebook, values: Sequence[str]) -> tuple[Option, ...]:
    words = OPTIONS[rulebook.fields.language]
    return tuple(Option(value, words[value]) for value in values)

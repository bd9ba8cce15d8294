"""tracks.yaml of a starter: ways that this portal's plan allows, none of which mails anybody before a person says so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from connector.starter.outline import Outline
from connector.starter.personas_text import personas
from connector.starter.phrases import PHRASES
from connector.starter.yaml_text import comment, word, wrapped


@dataclass(frozen=True, slots=True)
class _Track:
    """A track as it is written: whom it is for, and how its mails are called."""

    id: str
    label: str
    when: str
    prefix: str
    priority: int


def tracks_text(of: Outline) -> str:
    """The whole file."""
    told = _series(of)
    tracks = [*_tracks(of, told), *_by_hand(of)]
    listed = (
        ["tracks:", *tracks]
        if tracks
        else ["tracks: {}    # see the tracks that came with Trellis, and mappings/README.md"]
    )
    parts = (_head(of), [*_ways(of), *listed], _dosing(), _calendar(of), _handover(of), _guard())
    return "\n\n".join(text for part in parts if (text := "\n".join(part).rstrip())) + "\n"


def _head(of: Outline) -> Iterator[str]:
    yield "# yaml-language-server: $schema=schema/tracks.json"
    yield from comment(
        "Nurturing paths. The platform sends the mail; Trellis decides who enters, when, and when to stop. Won, "
        "lost, opted out, bought or suppressed always ends a track. As written here, nobody is mailed yet: the "
        "comments say what you do first."
    )
    yield "version: 1"
    if of.has_customers:
        yield ""
        yield from comment(
            "Whom each aim is for. The first that holds is hers, and tracks of another aim are closed to her: a "
            "customer is never won."
        )
        yield "aims:"
        yield "  retain: {when: {stage: customer}}"
        yield "  win: {when: {stage: {in: [new, nurture, qualified, hot]}}}"


def _series(of: Outline) -> tuple[_Track, ...]:
    told = PHRASES[of.answers.language]
    names = personas(of)
    found = [
        _Track(
            f"{name.replace('_', '-')}-series",
            told["series"].format(label=buyer.label),
            f"{{stage: nurture, persona: {name}}}",
            f"[{_short(name, names)}]",
            50,
        )
        for name, (buyer, _) in names.items()
    ]
    other = "{stage: nurture, persona: {known: false}}" if names else "{stage: nurture}"
    return (*found, _Track("welcome-series", told["welcome"], other, "[HELLO]", 20))


def _short(name: str, names: Iterable[str]) -> str:
    """What mails of hers may begin with: the word of her name that no other has, such as FINANZAS."""
    others = {part for other in names if other != name for part in other.split("_")}
    own = [part for part in name.split("_") if part not in others and len(part) > 2]
    return (own[0] if own else name)[:12].upper()


def _is_heard(of: Outline) -> bool:
    """Whether Trellis can see for itself that a workflow listens, and who is to be left alone by it."""
    return of.seen.hubspot and of.seen.workflows and of.has_customers


def _entrance(of: Outline, track: _Track) -> str:
    """The way in, as this portal allows it; empty where there is none."""
    if _is_heard(of):
        return "{hubspot: {property: trellis_track}, listener: verified, exit: verified}"
    if of.answers.audience is not None:
        return f"{{mailchimp: {{audience: main, tag: {word(f'trellis:track:{track.id}')}}}, listener: none}}"
    if of.seen.hubspot and of.seen.lists is not None:
        named = PHRASES[of.answers.language]["list"].format(label=track.label)
        return f"{{hubspot: {{list: {word(named)}}}, listener: none}}"
    return ""


def _ways(of: Outline) -> Iterator[str]:
    if _is_heard(of):
        yield from comment(
            'To switch a track on: build a HubSpot workflow that starts when the property "Nurturing track" '
            "(trellis_track) becomes the track's id, let it unenroll who stops matching, name its mails by the "
            "prefix below, and switch it on. `verified` says that Trellis looks for it every hour; while there is "
            "none, nobody enters."
        )
    elif of.answers.audience is not None:
        yield from comment(
            "To switch a track on: build a Mailchimp flow that starts when the tag is added and ends when it is "
            "removed, switch it on, and write `listener: confirmed, exit: confirmed`. As it stands nobody "
            "listens: the tag is a segment, and mails nobody."
        )
    elif of.seen.hubspot:
        yield from comment(
            "A track is a static list here: of people for a mail that you write and send to it yourself. Once a "
            "workflow listens to the list, look at it, and write `listener: confirmed, exit: confirmed`."
        )
    if of.seen.hubspot and not of.has_customers:
        yield from comment("Before you do, say in stages.yaml which contacts are customers: nobody knows as yet.")


def _tracks(of: Outline, told: tuple[_Track, ...]) -> Iterator[str]:
    for track in told:
        entrance = _entrance(of, track)
        if not entrance:
            continue
        yield f"  {track.id}:"
        yield "    aim: win"
        yield f"    label: {word(track.label)}"
        yield f"    when: {track.when}"
        yield f"    enroll: [{entrance}]"
        yield from _mails(of, track)
        if "form_submit" in of.acts:
            yield "    asks:                            # what it wants her to do"
            yield "      event: form_submit"
            yield from wrapped("      asset: {contains_any: [", map(word, of.asking), "]}")
        yield "    lasts: 21d                       # platforms do not say when a workflow has ended"
        yield "    exit_when: {stage: {in: [hot]}}"
        yield "    reenter_after: 90d               # without it: never again"
        yield f"    priority: {track.priority}                     # the highest wins when several match"
        yield ""


def _mails(of: Outline, track: _Track) -> Iterator[str]:
    """What is known of its mails; only of a series that somebody sends."""
    mails = f"mails: {{count: 3, name: {{starts_with: {word(track.prefix)}}}}}"
    if _is_heard(of):
        yield f"    {mails}    # how many, and how its answers are recognized"
    else:
        yield f"    # {mails}    # once somebody listens: how many, and how its answers are recognized"


def _by_hand(of: Outline) -> Iterator[str]:
    """On a free portal: who is qualified, on a list of her own for a mail by hand."""
    if not of.seen.hubspot or _is_heard(of) or of.seen.lists is None:
        return
    told = PHRASES[of.answers.language]
    yield from comment(
        "Nobody listens, so it is a list for a mail that a person writes. It takes no dose, and there is no episode.",
        indent=2,
    )
    yield "  hand-written-mail:"
    yield "    aim: win"
    yield f"    label: {word(told['by_hand'])}"
    yield "    when: {stage: qualified}"
    yield f"    enroll: [{{hubspot: {{list: {word(told['ready'])}}}, listener: none}}]"
    yield "    lasts: 14d"
    yield "    priority: 10"


def _dosing() -> Iterator[str]:
    yield from comment("Not everybody the same amount, and not all at once.")
    yield "dosing:"
    yield "  touches: {max: 3, per: 7d}         # mails and calls in so many days, over both platforms"
    yield "  hold_after_rise: 5d                # after a rise, first wait"
    yield "  one_track: true"
    yield "  per_day: 200                       # enrollments of everybody together, so that no mistake runs far"


def _calendar(of: Outline) -> Iterator[str]:
    yield from comment(
        f"When an enrollment may be made, in the time zone of fields.yaml ({of.answers.timezone}). Add your holidays."
    )
    yield 'calendar: {days: mon-fri, hours: "09:00-18:00", holidays: []}'


def _handover(of: Outline) -> Iterator[str]:
    if not of.seen.hubspot:
        return
    task = PHRASES[of.answers.language]["task"]
    yield from comment(
        "What happens when somebody becomes hot: a task. Name the HubSpot users who take turns, and she gets an "
        "owner, too; an owner that a person has set stays. `sla` lists, and alerts to, whom nobody has touched "
        "for so many working days."
    )
    yield "handover:"
    yield f"  task: {{title: {word(task)}, due: 1d}}"
    yield "  # owner: {round_robin: [ana@team.example, biel@team.example]}"
    yield "  sla: 1d"


def _guard() -> Iterator[str]:
    yield from comment("Beyond this in 24 hours the rest is held until a person approves (`trellis holds`).")
    yield "guard: {stage_moves: {share: 10%, count: 500}, enrollments: 500}"

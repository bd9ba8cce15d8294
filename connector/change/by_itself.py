"""What of a changed rulebook may go live without anybody looking at it: numbers of the score and the ladder, and words. Pure.

What they do to everybody a plan can count today, and the guard goes on counting. Whom mail goes to, how much, when and by
which way, who is never asked, what a rule asks for: that shows in no plan of today, so a person applies it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connector.rulebook.types import Rulebook

_WORDS = ("why", "owner", "review_by")
_TRAITS = ("factors.fit.personas.*.traits.*", "factors.fit.adjust.*", "knowledge.*.*")
_LADDER = ("label", "leave_below", "minimum_stay", *(f"enter{at}.*.at_least" for at in ("", ".all.*", ".any.*")))

#: All of it; `*` is any one name. Who is listed or mapped by a new name adds keys that do not stand here, and so waits.
_MAY_DIFFER = frozenset(
    tuple(path.split("."))
    for path in (
        *(f"models.*.{trait}.{key}" for trait in _TRAITS for key in ("points", *_WORDS)),
        *(f"models.*.overrides.*.{key}" for key in _WORDS),
        *(f"models.*.audience.{key}" for key in _WORDS),
        *(f"models.*.factors.{factor}.max" for factor in ("fit", "phase", "engagement", "reaction", "profile")),
        "models.*.factors.fit.persona_minimum",
        "models.*.factors.fit.personas.*.label",
        "models.*.factors.phase.half_life",
        "models.*.factors.phase.phases.*.points",
        "models.*.factors.engagement.groups.*.max",
        "models.*.factors.engagement.groups.*.decay.*",
        *(f"models.*.factors.engagement.groups.*.rules.*.{key}" for key in ("points", "max_times", "within", *_WORDS)),
        "models.*.factors.reaction.points.*",
        "models.*.factors.profile.completeness.*",
        "models.*.factors.profile.freshness.half_life",
        *(f"stages.stages.*.{key}" for key in _LADDER),
        "tracks.tracks.*.label",
    )
)

_PARTS = ("fields", "models", "stages", "tracks")
#: What list entries are told apart by, where they have it: then a new one is an addition, and not a change of all behind it.
_NAMES = ("id", "model")
_ABSENT = object()

_Path = tuple[str, ...]


def for_a_person(active: Rulebook, files: Rulebook) -> tuple[str, ...]:
    """The keys in which they differ and which a person must apply, such as ``tracks: dosing.hold_after_rise``."""
    found = (
        path
        for part in _PARTS
        for path in _differences(json.loads(active.source[part]), json.loads(files.source[part]), (part,))
        if not _may_differ(path)
    )
    return tuple(dict.fromkeys(f"{path[0]}: {'.'.join(path[1:])}".rstrip(": ") for path in found))


def _may_differ(path: _Path) -> bool:
    same_length = (may for may in _MAY_DIFFER if len(may) == len(path))
    return any(all(one in ("*", name) for one, name in zip(may, path, strict=True)) for may in same_length)


def _differences(before: Any, after: Any, path: _Path) -> Iterator[_Path]:
    """Each key by itself, as deep as both sides have it; of names in another order, what holds them: order breaks ties."""
    before, after = _named(before), _named(after)
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        if [key for key in before if key in after] != [key for key in after if key in before]:
            yield path
        for key in dict.fromkeys((*before, *after)):
            yield from _differences(before.get(key, _ABSENT), after.get(key, _ABSENT), (*path, key))
    elif before is _ABSENT or after is _ABSENT or before != after:
        yield path


def _named(value: Any) -> Any:
    """A list of rules, stages or conditions as a mapping, by their own names or by their place; anything else as it is."""
    if not isinstance(value, Sequence) or not value or not all(isinstance(one, Mapping) for one in value):
        return value
    name = next((key for key in _NAMES if all(isinstance(one.get(key), str) for one in value)), None)
    keys = [str(place) if name is None else one[name] for place, one in enumerate(value)]
    return dict(zip(keys, value, strict=True)) if len(set(keys)) == len(value) else value

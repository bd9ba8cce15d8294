"""What the portal's workflows listen to, read at most hourly and kept in the store; a reading stands for a day at the longest.

The API of flows is a beta that wants a scope and a plan of its own (facts/hubspot.md §5): where it fails, the rest goes on,
and what is left to be verified counts as not heard.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from adapters.hubspot_port import HubSpotPort
from adapters.ports import CredentialsRefused, Flow, Meets, PlatformError, PlatformRefused, Trigger
from connector.nurturing.intents import Hearing
from connector.rulebook.types import Rulebook
from connector.steps.listening.listeners import entrances, hearing_of, outputs
from connector.steps.parts import HUBSPOT, Parts
from connector.steps.portal.kept import list_ids
from connector.store import failures, state

_KEY, _REFUSED = "workflows", "workflows refused"
#: In `trellis failures`: the stream that could not be read.
_STREAM, _LISTS = "workflows", "lists that workflows listen to"
_HOURLY = timedelta(hours=1)
#: How long the last reading counts once there is no newer one.
STANDS = timedelta(hours=24)
_EVER_S = 100 * 366 * 86400


@dataclass(frozen=True, slots=True)
class Reading:
    """The workflows that may hear anything of a rulebook's, and the ids of its lists by name, as of `at`."""

    at: datetime
    rulebook: str
    flows: tuple[Flow, ...]
    list_ids: Mapping[str, str]


def read_workflows(parts: Parts, *, by_hand: bool = False) -> None:
    """Look who listens, at most hourly, or for another rulebook, or `by_hand` where a track waits for what is found; a
    failure is noted and costs nothing else.

    Raises CredentialsRefused alone.
    """
    port = parts.hubspot
    if port is None or not ((by_hand and is_verified(parts.rulebook)) or _is_due(parts)):
        return
    try:
        keep_workflows(parts, flows_of(parts, port), _known_lists(parts))
    except CredentialsRefused:
        raise
    except PlatformError as error:
        _note(parts, error)


def look(parts: Parts) -> Reading | None:
    """Who listens to the rulebook of `parts`, active or not, asked for now and kept nowhere; None where nobody can look."""
    if parts.hubspot is None:
        return None
    try:
        there = {name: info.id for name, info in parts.hubspot.lists().items()} if _lists(parts.rulebook) else {}
        ids = {name: there[name] for name in _lists(parts.rulebook) if name in there}
        return Reading(parts.now(), parts.rulebook.hash, tuple(flows_of(parts, parts.hubspot)), ids)
    except PlatformError:
        return None


def _known_lists(parts: Parts) -> Mapping[str, str]:
    """Ids of lists by name, where the rulebook has any; where they may not be read none is known, and the rest is."""
    if not _lists(parts.rulebook):
        return {}
    try:
        told = list_ids(parts)
    except CredentialsRefused:
        raise
    except PlatformRefused as refused:
        reason = f"{refused.message}: nobody enters by a list whose listener is to be verified"
        with parts.engine.begin() as conn:
            failures.record_failure(
                conn, step="read", source=HUBSPOT, platform_id=_LISTS, contact=None, reason=reason, at=parts.now()
            )
        return {}
    with parts.engine.begin() as conn:
        failures.resolve_failures(conn, step="read", source=HUBSPOT, platform_ids=[_LISTS], at=parts.now())
    return told


def flows_of(parts: Parts, port: HubSpotPort) -> Sequence[Flow]:
    """The portal's workflows, asked for now. Raises PlatformError."""
    ways = (way.hubspot for track in parts.rulebook.tracks.tracks.values() for way in track.enroll)
    return port.flows([str(target.workflow) for target in ways if target is not None and target.workflow is not None])


def keep_workflows(parts: Parts, flows: Collection[Flow], list_ids: Mapping[str, str]) -> None:
    """Keep what was read, where this rulebook is the active one.

    Of each workflow only what concerns the rulebook is kept: filters on other properties may hold addresses of people.
    """
    ids = {name: list_ids[name] for name in _lists(parts.rulebook) if name in list_ids}
    names = {one.signal.name for one in entrances(parts.rulebook, ids)} | {*outputs(parts.rulebook), *ids.values()}
    told = {
        "rulebook": parts.rulebook.hash,
        "flows": [_told(flow, names) for flow in flows],
        "list_ids": ids,
        "at": parts.now().isoformat(),
    }
    with parts.engine.begin() as conn:
        active = state.active(conn)
        if active is None or active.hash != parts.rulebook.hash:
            return
        state.put_cached(conn, _KEY, told, parts.now())
        state.forget_cached(conn, _REFUSED)
        failures.resolve_failures(conn, step="read", source=HUBSPOT, platform_ids=[_STREAM], at=parts.now())


def last_reading(parts: Parts) -> Reading | None:
    """What was read last, however long ago; None where nobody could ever look. Asks nobody."""
    with parts.engine.connect() as conn:
        kept = state.cached(conn, _KEY, _EVER_S, parts.now())
    if not isinstance(kept, dict):
        return None
    flows = tuple(_flow(told) for told in kept["flows"])
    return Reading(datetime.fromisoformat(kept["at"]), kept["rulebook"], flows, kept["list_ids"])


def hearing(parts: Parts, reading: Reading | None = None) -> Hearing:
    """What nurturing is told of listeners and exits: the last `reading` (None: that which is kept), or, once it is too old,
    that nothing is known.
    """
    if not is_verified(parts.rulebook):
        return hearing_of(parts.rulebook, None, {})
    last = reading or last_reading(parts)
    if last is None or not abs(parts.now() - last.at) < STANDS:
        return hearing_of(parts.rulebook, None, {})
    return hearing_of(parts.rulebook, last.flows, last.list_ids)


def unheard_lists(parts: Parts, reading: Reading | None = None, lacking: Collection[str] = ()) -> frozenset[str]:
    """The names of those of our lists to which no workflow of the portal listens, switched on or off; none where nobody could
    look within the last day. To those that are `lacking` none can listen yet. `reading` as for `hearing`.
    """
    last = reading or last_reading(parts)
    if last is None or not abs(parts.now() - last.at) < STANDS:
        return frozenset()
    told = {**dict.fromkeys(lacking, ""), **last.list_ids}.items()
    return frozenset(name for name, id_ in told if all(flow.hears("list", id_) is False for flow in last.flows))


def _is_due(parts: Parts) -> bool:
    with parts.engine.connect() as conn:
        kept, refused = (state.cached(conn, key, _EVER_S, parts.now()) for key in (_KEY, _REFUSED))
    looked = _within_the_hour(parts, kept) and kept is not None and kept["rulebook"] == parts.rulebook.hash
    return not looked and not _within_the_hour(parts, refused)


def _within_the_hour(parts: Parts, kept: Any) -> bool:
    """Whether something is so young; a clock that was set back makes nothing young for long."""
    return isinstance(kept, dict) and abs(parts.now() - datetime.fromisoformat(kept["at"])) < _HOURLY


def _note(parts: Parts, error: PlatformError) -> None:
    """What is refused is asked again in an hour, what got no answer at the next pass; told where somebody waits for it, and
    waits in vain: of no answer only once the last reading stands no more.
    """
    refused, last = isinstance(error, PlatformRefused), last_reading(parts)
    in_vain = refused or last is None or not abs(parts.now() - last.at) < STANDS
    with parts.engine.begin() as conn:
        if refused:
            state.put_cached(conn, _REFUSED, {"at": parts.now().isoformat()}, parts.now())
        if in_vain and is_verified(parts.rulebook):
            reason = (
                f"{error.message.rstrip('. ')}: after {STANDS // _HOURLY} h nobody enters where the listener is to be"
                " verified; `trellis check` looks for the cause"
            )
            failures.record_failure(
                conn, step="read", source=HUBSPOT, platform_id=_STREAM, contact=None, reason=reason, at=parts.now()
            )


def is_verified(rulebook: Rulebook) -> bool:
    """Whether any way is taken, or its exit believed, only where a workflow was seen to listen."""
    ways = (way for track in rulebook.tracks.tracks.values() for way in track.enroll)
    return any("verified" in (way.listener, way.exit) for way in ways)


def _lists(rulebook: Rulebook) -> frozenset[str]:
    """The names of the lists that tracks enroll into, and of those of segments."""
    ways = (way.hubspot for track in rulebook.tracks.tracks.values() for way in track.enroll)
    targets = (*ways, *(segment.hubspot for segment in rulebook.tracks.segments.values()))
    return frozenset(target.list for target in targets if target is not None and target.list is not None)


def _told(flow: Flow, names: Collection[str]) -> Mapping[str, Any]:
    def ours(triggers: tuple[Trigger, ...]) -> list[Mapping[str, Any]]:
        return [asdict(one) for one in triggers if one.name in names]

    again = None if flow.again is None else ours(flow.again)
    return {**asdict(flow), "triggers": ours(flow.triggers), "again": again}


def _flow(told: Mapping[str, Any]) -> Flow:
    again = None if told["again"] is None else _triggers(told["again"])
    return Flow(
        **{**told, "triggers": _triggers(told["triggers"]), "again": again, "keeps_out": tuple(told["keeps_out"])}
    )


def _triggers(told: Sequence[Mapping[str, Any]]) -> tuple[Trigger, ...]:
    return tuple(Trigger(**{**one, "meets": Meets(one["meets"]), "values": tuple(one["values"])}) for one in told)

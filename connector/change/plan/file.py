"""A plan as data and as a file: people by their number only, never a name or an address, so it may lie about and be sent on."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError

from connector.change.plan.plan import SCORES, Move, Passage, Plan

VERSION = 1

#: Contacts and positions are bigints of the store.
_HIGHEST = 2**63 - 1
_HASH = re.compile(r"[0-9a-f]{64}")
_CURE = "make a new one with `trellis plan -o FILE`"


class PlanFileError(Exception):
    """A file of a plan cannot be read or written; one line with the file and the cure."""

    def __init__(self, path: Path, what: str, cure: str = _CURE) -> None:
        super().__init__(f"{path}: {what}; {cure}")


#: What there may be a million of: never all of it at once as data or text beside the plan itself.
_MANY: Mapping[str, TypeAdapter[Any]] = {
    "moves": TypeAdapter(tuple[Move, ...]),
    "enters": TypeAdapter(tuple[Passage, ...]),
    "leaves": TypeAdapter(tuple[Passage, ...]),
    "handovers": TypeAdapter(tuple[int, ...]),
}
_AT_ONCE = 100


def as_data(plan: Plan) -> Mapping[str, object]:
    """The plan as JSON-able data: its attributes by their names, days and moments as ISO text, points in thousandths."""
    return {"version": VERSION, **_shape().dump_python(plan, mode="json")}


def as_json(plan: Plan) -> Iterator[bytes]:
    """The same as JSON text, piece by piece, with a line for each contact: who compares two plans sees who is new."""
    for place, (name, value) in enumerate(as_data(_without_many(plan)).items()):
        yield b"%s\n%s: " % (b"," if place else b"{", orjson.dumps(name))
        if name not in _MANY:
            yield orjson.dumps(value)
            continue
        opening = b"["
        for some in _dumped(plan, name):
            yield opening + b"\n" + b",\n".join(map(orjson.dumps, some))
            opening = b","
        yield b"\n]" if getattr(plan, name) else b"[]"
    yield b"\n}\n"


def save(plan: Plan, path: Path) -> None:
    """Write the plan, whole or not at all; what was there before is replaced. Raises PlanFileError.

    Whoever may read the folder may read the file: it names nobody.
    """
    try:
        target = path.resolve()
        if target.exists() and not target.is_file():
            raise PlanFileError(path, "is no file that can be replaced", "choose another name")
        _replace(target, as_json(plan))
    except (OSError, RuntimeError) as error:  # RuntimeError: links that lead in a circle
        told = getattr(error, "strerror", None) or error
        raise PlanFileError(path, f"cannot be written ({told})", "choose another place") from error


def load(path: Path) -> Plan:
    """The plan that `save` wrote. Raises PlanFileError for whatever is not exactly what this version would write."""
    try:
        data = orjson.loads(path.read_bytes())
    except OSError as error:
        cure = "`trellis plan -o FILE` writes one" if isinstance(error, FileNotFoundError) else "choose another file"
        raise PlanFileError(path, f"cannot be read ({error.strerror})", cure) from error
    except orjson.JSONDecodeError:
        raise PlanFileError(path, "is no plan, or only a part of one") from None
    if not isinstance(data, dict) or "version" not in data:
        raise PlanFileError(path, "is no plan: it says no version")
    if data["version"] != VERSION:
        raise PlanFileError(path, f"is a plan of another version of Trellis, not of version {VERSION}")
    try:
        plan = _shape().validate_python({name: value for name, value in data.items() if name != "version"})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(map(str, first["loc"])) or "the whole"
        raise PlanFileError(path, f"is no whole plan ({where}: {first['msg']})") from None
    for what in _incredible(plan):
        raise PlanFileError(path, f"is no plan that Trellis makes ({what})")
    if not _says_exactly(plan, data):
        raise PlanFileError(path, "says more than a plan does, or in other words")
    return plan


def _replace(target: Path, content: Iterator[bytes]) -> None:
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        beside.unlink(missing_ok=True)  # of a process that was killed, or a link that somebody else laid there
        with beside.open("xb") as file:
            file.writelines(content)
        beside.replace(target)
    except OSError:
        with suppress(OSError):
            beside.unlink()
        raise


@cache
def _shape() -> TypeAdapter[Plan]:
    return TypeAdapter(Plan)


def _without_many(plan: Plan) -> Plan:
    return replace(plan, moves=(), enters=(), leaves=(), handovers=())


def _dumped(plan: Plan, name: str) -> Iterator[list[object]]:
    """As data, some at a time."""
    every = getattr(plan, name)
    for start in range(0, len(every), _AT_ONCE):
        yield _MANY[name].dump_python(every[start : start + _AT_ONCE], mode="json")


def _says_exactly(plan: Plan, data: Mapping[str, Any]) -> bool:
    head = as_data(_without_many(plan))
    if _exactly(head) != _exactly({name: [] if name in _MANY else value for name, value in data.items()}):
        return False
    return all(
        _exactly(some) == _exactly(data[name][place * _AT_ONCE : (place + 1) * _AT_ONCE])
        for name in _MANY
        for place, some in enumerate(_dumped(plan, name))
    )


def _exactly(data: object) -> bytes:
    """Data as bytes that differ wherever it does, be it only `1` from `1.0` or `true`."""
    return orjson.dumps(data, option=orjson.OPT_SORT_KEYS)


def _incredible(plan: Plan) -> Iterator[str]:
    """What has the right shape, and yet nobody could have planned."""
    if any(one is not None and not _HASH.fullmatch(one) for one in (plan.rulebook, plan.active, plan.versus)):
        yield "a rulebook is named by something else than its hash"
    people = {one.contact for one in plan.moves} | {one.contact for one in (*plan.enters, *plan.leaves)}
    if not all(0 < number <= _HIGHEST for number in people | {*plan.handovers}):
        yield "a contact has a number that none can have"
    scores = {score for one in plan.moves for score in (one.score_before, one.score_after) if score is not None}
    if not all(0 <= score < SCORES for score in scores):
        yield "a score is not between 0 and 100"
    moments = [plan.made_at, *((plan.waiting.first, plan.waiting.last) if plan.waiting else ())]
    if any(one.tzinfo is None or not 1970 < one.year < 9999 for one in moments):
        yield "a time stands in it without a zone, or out of all bounds"
    if not all(0 <= count <= _HIGHEST for count in _counts(plan)):
        yield "a number is out of all bounds"


def _counts(plan: Plan) -> Iterator[float]:
    yield from (plan.position, plan.contacts, plan.cost.seconds)
    yield from (abs(one.because.points) for one in plan.moves)
    for spread in (plan.before, plan.after):
        yield from (*spread.scores, spread.unscored, *spread.stages.values())
    for counted in (plan.cost.writes, plan.cost.calls, plan.held):
        yield from counted.values()
    yield plan.waiting.entries if plan.waiting else 0
    if plan.newly_read is not None:
        yield from (plan.newly_read.contacts, plan.newly_read.calls)

"""How `trellis explain` shows one contact: aligned lines for people, plain data for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING

from connector.cli.compared import versus_data, versus_lines
from connector.scoring.words import say, written_day

if TYPE_CHECKING:
    from connector.scoring.receipt import Row
    from connector.steps.explain import Explanation

_DECIMALS = 3


def as_lines(found: Explanation, width: int) -> Sequence[str]:
    """An explanation as lines of at most `width` characters, where words and addresses allow it."""
    known = " · ".join([f"#{found.contact}", *(f"{source}:{number}" for source, number in found.refs.items())])
    lines = [
        line
        for text in (found.head, f"{known} · {_as_of(found)}", *_beside(found))
        for line in _wrapped(text, "", width)
    ]
    if found.rows:
        lines += ["", *_receipt(found, width)]
    if found.versus:
        lines += ["", *versus_lines(found.versus, found.language, width)]
    if found.next:
        lines += ["", "Next:", *(line for text in found.next.splitlines() for line in _wrapped(text, "  ", width, 2))]
    if found.history:
        lines += ["", "Stage history:", *_history(found, width)]
    tracks = [f"{one.label}: {one.says}" for one in found.tracks]
    if found.stands or tracks:
        lines += ["", "Tracks:"]
        lines += [line for text in (found.stands, *tracks) for line in _wrapped(text, "  ", width, 2)]
    return lines


def as_data(found: Explanation) -> Mapping[str, object]:
    """An explanation as JSON-able data: points in thousandths, ids instead of labels, days as ISO text."""
    return {
        "contact": found.contact,
        "refs": dict(found.refs),
        "day": found.day.isoformat(),
        "rulebook": found.rulebook,
        "score": found.score,
        "stage": found.stage,
        "head": found.head,
        "lines": [_line_data(row) for row in found.rows],
        "next": found.next,
        "history": [
            {
                "day": one.flip.day.isoformat(),
                "before": one.flip.before,
                "after": one.flip.after,
                "cause": one.flip.cause,
            }
            for one in found.history
        ],
        "standing": _standing_data(found),
        "tracks": [{"track": one.track, "says": one.says} for one in found.tracks],
        "known_by": found.known_by.isoformat() if found.known_by else None,
        "scores": dict(found.each),
        "rank": {"place": found.rank.place, "among": found.rank.among, "percentile": found.rank.percentile}
        if found.rank
        else None,
        "known_then": {"score": found.knew.score, "thousandths": found.knew.exact} if found.knew else None,
        "versus": versus_data(found.versus) if found.versus else None,
    }


def _standing_data(found: Explanation) -> Mapping[str, object] | None:
    one = found.standing
    if one is None:
        return None
    until = one.until.isoformat() if one.until else None
    return {"state": one.state, "track": one.track, "until": until, "cause": one.cause, "says": found.stands}


def _as_of(found: Explanation) -> str:
    day = f"as of {written_day(found.language, found.day)}"
    return f"{day}, known by {written_day(found.language, found.known_by)}" if found.known_by else day


def _beside(found: Explanation) -> Iterator[str]:
    """What stands beside the score: her rank, the scores of other models, what was known at that time."""
    if found.rank is not None:
        rank = found.rank
        among = "nobody stands higher" if rank.place == 1 else f"not below {rank.percentile} % of the others"
        yield f"Rank {rank.place:,} of {rank.among:,}: {among}."
    if len(found.each) > 1:
        scores = (f"{model} {'-' if score is None else score}" for model, score in found.each.items())
        yield f"Scores by model: {', '.join(scores)}."
    if found.knew is not None:
        score = "no score" if found.knew.score is None else found.knew.score
        day = found.day.isoformat()
        yield f"On that day itself it was {score}: something was told later (see --known-by {day})."


def _receipt(found: Explanation, width: int) -> Iterator[str]:
    shown = [_aligned(row.shown) for row in found.rows]
    total = _aligned(found.total)
    points = max(len(text) for text in (*shown, total))
    part = max(len(row.part) for row in found.rows)
    indent = " " * (2 + points + 2 + part + 2)
    before = ""
    for text, row in zip(shown, found.rows, strict=True):
        head = f"  {text:>{points}}  {row.part if row.part != before else '':<{part}}  "
        before = row.part
        first, *rest = _wrapped(_sentence(row, found), indent, width)
        yield head + first.removeprefix(indent)
        yield from rest
    yield f"  {'─' * points}"
    yield f"  {total:>{points}}  = {found.score}".rstrip()


def _sentence(row: Row, found: Explanation) -> str:
    says = [row.why]
    if row.times > 1:
        says.append(say(found.language, "times", times=row.times))
    if row.day is not None:
        says.append(written_day(found.language, row.day))
    if row.asset:
        says.append(row.asset)
    return " · ".join(says) + (f" ({', '.join(row.notes)})" if row.notes else "")


def _aligned(number: str) -> str:
    """Filled up on the right, so that decimal points stand below each other."""
    whole = number.lstrip("-")
    digits = next((place for place, sign in enumerate(whole) if not sign.isdigit()), len(whole))
    return number + " " * (_DECIMALS + 1 - (len(whole) - digits))


def _history(found: Explanation, width: int) -> Iterator[str]:
    for one in found.history:
        day = written_day(found.language, one.flip.day)
        move = f"{one.before} → {one.after}" if one.before else one.after
        why = f": {one.why}" if one.why != one.after else ""  # a state is its own cause
        yield from _wrapped(f"{day}  {move}{why}", "  ", width, hanging=len(day) + 2)


def _wrapped(text: str, indent: str, width: int, hanging: int = 0) -> Sequence[str]:
    """Lines of one paragraph; all but the first stand `hanging` further in."""
    later = indent + " " * hanging
    return wrap(
        text, width, initial_indent=indent, subsequent_indent=later, break_long_words=False, break_on_hyphens=False
    )


def _line_data(row: Row) -> Mapping[str, object]:
    return {
        "part": row.part,
        "rule": row.rule,
        "thousandths": row.points,
        "why": row.why,
        "day": row.day.isoformat() if row.day else None,
        "times": row.times,
        "asset": row.asset,
        "notes": row.notes,
    }

"""How `trellis explain --versus` shows what changed between two days."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from connector.scoring.words import exact_number, written_day

if TYPE_CHECKING:
    from connector.scoring.comparison import Changed, Comparison
    from connector.scoring.verdict import Verdict
    from connector.scoring.words import Language

_UNKNOWN = "unknown"


def versus_lines(versus: Comparison, language: Language, width: int) -> Iterator[str]:
    """The two scores, then every line that gives other points, the greatest difference first, then changed data."""
    before, after = versus.before, versus.after
    yield f"Since {written_day(language, before.day)}: {_scored(before)} → {_scored(after)}"
    if before.persona != after.persona:
        yield f"  persona: {before.persona or 'none'} → {after.persona or 'none'}"
    if before.phase != after.phase:
        yield f"  phase: {before.phase or 'none'} → {after.phase or 'none'}"
    shown = [_signed(language, one.points) for one in versus.lines]
    wide = max((len(text) for text in shown), default=0)
    for text, one in zip(shown, versus.lines, strict=True):
        yield f"  {text:>{wide}}  {_told(one, language)}"[:width]
    if versus.lines:
        yield f"  {'─' * wide}"
        yield f"  {_signed(language, versus.points):>{wide}}"
    for name, was, now in versus.data:
        yield f"  {name}: {_UNKNOWN if was is None else was} → {_UNKNOWN if now is None else now}"[:width]
    if not versus.lines and not versus.data:
        yield "  nothing changed"


def versus_data(versus: Comparison) -> Mapping[str, object]:
    """The same as plain data; points in thousandths."""
    return {
        "before": {
            "day": versus.before.day.isoformat(),
            "score": versus.before.score,
            "thousandths": versus.before.exact,
        },
        "after": {"day": versus.after.day.isoformat(), "score": versus.after.score, "thousandths": versus.after.exact},
        "lines": [
            {"part": one.part, "rule": one.rule, "thousandths": one.points, "why": one.why.value}
            for one in versus.lines
        ],
        "data": [{"field": name, "before": was, "after": now} for name, was, now in versus.data],
    }


def _scored(verdict: Verdict) -> str:
    return "no score" if verdict.score is None else str(verdict.score)


def _signed(language: Language, thousandths: int) -> str:
    return f"{'+' if thousandths > 0 else ''}{exact_number(language, thousandths)}"


def _told(one: Changed, language: Language) -> str:
    line = one.line
    says = [line.why or line.rule, one.why.value]
    if line.day is not None and one.part != "profile":
        says.append(written_day(language, line.day))
    if line.late:
        says.append("told late")
    return " · ".join(says)

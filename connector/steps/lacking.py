"""How it is told that something of ours is not there: by its name if it is one thing, all in one line if there are more."""

from __future__ import annotations

from collections.abc import Sequence


def lacking(where: str, kind: str, names: Sequence[str]) -> str:
    """Without its full stop: ``HubSpot has no list "Ready"``, or ``HubSpot lacks 2 properties of Trellis: trellis_score, …``."""
    if len(names) == 1:
        return f'{where} has no {kind} "{names[0]}"'
    plural = f"{kind.removesuffix('y')}ies" if kind.endswith("y") else f"{kind}s"
    told = (f'"{name}"' if " " in name else name for name in names)
    return f"{where} lacks {len(names)} {plural} of Trellis: {', '.join(told)}"

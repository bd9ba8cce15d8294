"""What `trellis check` finds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Level = Literal["error", "warning", "advice"]

#: Whose turn it is: ours (files, environment, portal), the platform's after somebody gave it rights, or nobody's.
Kind = Literal["configuration", "refused", "away"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a person should know, with its cure. `what` and `cure` are sentences without their full stop.

    `code` names the sort of finding for machines, in words joined by hyphens; it stays when the sentences are reworded.
    """

    level: Level
    what: str
    cure: str
    kind: Kind = "configuration"
    code: str = field(kw_only=True)

    def __str__(self) -> str:
        return f"{self.level}: {self.what}. {self.cure}{'' if self.cure.endswith('?') else '.'}"

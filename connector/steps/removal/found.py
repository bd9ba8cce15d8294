"""What of Trellis stands on a platform, and what is left there, as data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from adapters.ports import PlatformError
from connector.steps.parts import HUBSPOT

GOES_BY = "a workflow goes by it ({}): delete that, or let it go by something else"

#: Two installations may share a portal by mistake, and whoever tries another one out has the same files.
NEVER_WORKED = "this database did not make it, and has never worked with {} here: it may be another Trellis' own"


@dataclass(frozen=True, slots=True)
class Ours:
    """One thing that may be taken away: `verb` it (archive, delete), and `take` does so, raising PlatformError.

    `identity` is its place (``hubspot``, or an audience's list id), its kind, and what tells it from others of that kind
    there: names of audiences may change their list, and two things may be told by one line.
    """

    source: str
    verb: str
    what: str
    take: Callable[[], None] = field(repr=False)
    identity: tuple[str, str, str] = field(repr=False)

    def line(self, *, done: bool = False) -> str:
        """What would happen, or has happened."""
        return (
            f"{label(self.source)}: {self.verb}d {self.what}"
            if done
            else f"{label(self.source)}: would {self.verb} {self.what}"
        )


@dataclass(slots=True)
class Found:
    """Everything of ours in the order in which it goes, and what platforms failed with.

    `kept` is ours too, but something of the portal goes by it; `left` is not surely ours. Each is a line with its reason.
    `unseen` is what could not be looked at, a sentence each.
    """

    ours: list[Ours] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)
    errors: list[PlatformError] = field(default_factory=list)


@dataclass(slots=True)
class Gone:
    """What was taken away, and what a platform kept though it is ours, one line each; and what platforms failed with."""

    lines: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    errors: list[PlatformError] = field(default_factory=list)


def label(source: str) -> str:
    """A platform as people know it, with the audience."""
    return "HubSpot" if source == HUBSPOT else f"Mailchimp ({source.partition(':')[2]})"


def united(looks: list[Found]) -> Found:
    """Several looks by different rulebooks as one: each thing once, as the first look that found it would take it away."""
    return Found(
        ours=list({one.identity: one for look in reversed(looks) for one in look.ours}.values()),
        kept=list(dict.fromkeys(line for look in looks for line in look.kept)),
        left=list(dict.fromkeys(line for look in looks for line in look.left)),
        unseen=list(dict.fromkeys(line for look in looks for line in look.unseen)),
        errors=[error for look in looks for error in look.errors],
    )

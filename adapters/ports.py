"""What the rest of Trellis may ask of any platform, and how a platform may fail.

The error tree (errors are sorted at the edge; nobody outside `adapters` looks at a status code):

    PlatformError
    ├── PlatformRefused             for good: the same request would be refused again (400, 404, 409, …)
    │   ├── CredentialsRefused      401: the token is wrong or withdrawn; the platform is stopped
    │   └── ScopeMissing            403: names what the token may not do
    ├── PlatformBusy                wait `retry_after` seconds (429, 423, 477, Mailchimp's bodyless 403, a quota gone)
    ├── PlatformUnreachable         no usable answer (network, 5xx, HTML, truncated JSON); `maybe_applied` says if the
    │   │                           request may have taken effect all the same
    │   └── Untrusted               a certificate that nobody here trusts: nothing was sent (adapters/tls.py)
    └── DeadlinePassed              our own deadline ran out before the bytes left: nothing was sent

A `source` names where a record lives: ``hubspot`` or ``mailchimp:<audience name of fields.yaml>``. Raw values are text
under the platform's own names (``jobtitle``, ``company.numberofemployees``, ``merge_fields.JOBTITLE``, ``status``);
None means that the platform holds no value. An empty string is read as None.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

# ruff: noqa: PLC0414 - what platforms tell and take is part of the contract, and imported from here
from adapters.flows import (
    Flow as Flow,
)
from adapters.flows import (
    Meets as Meets,
)
from adapters.flows import (
    Trigger as Trigger,
)
from adapters.rows import (
    Activity as Activity,
)
from adapters.rows import (
    Change as Change,
)
from adapters.rows import (
    Deal as Deal,
)
from adapters.rows import (
    Definition as Definition,
)
from adapters.rows import (
    Enrollment as Enrollment,
)
from adapters.rows import (
    Found as Found,
)
from adapters.rows import (
    Histories as Histories,
)
from adapters.rows import (
    ListInfo as ListInfo,
)
from adapters.rows import (
    ListMember as ListMember,
)
from adapters.rows import (
    MembersPage as MembersPage,
)
from adapters.rows import (
    Option as Option,
)
from adapters.rows import (
    Order as Order,
)
from adapters.rows import (
    Owner as Owner,
)
from adapters.rows import (
    Page as Page,
)
from adapters.rows import (
    PastValue as PastValue,
)
from adapters.rows import (
    Standing as Standing,
)
from adapters.rows import (
    Submission as Submission,
)
from connector.facts import Record as Record

#: The group of contact properties at HubSpot that is Trellis' own.
GROUP = "trellis"


class PlatformError(Exception):
    """A platform did not do what was asked. `platform` is ``hubspot`` or ``mailchimp``; the text names no person."""

    def __init__(self, platform: str, message: str) -> None:
        super().__init__(message)
        self.platform = platform
        self.message = message


class PlatformRefused(PlatformError):
    """The platform said no, for good. `status` is HTTP's; `category` the platform's own word; `fields` those it named."""

    def __init__(
        self, platform: str, message: str, *, status: int = 400, category: str = "", fields: Sequence[str] = ()
    ) -> None:
        super().__init__(platform, message)
        self.status = status
        self.category = category
        self.fields = tuple(fields)


class CredentialsRefused(PlatformRefused):
    """The platform does not accept our token or key."""


class ScopeMissing(PlatformRefused):
    """The token may not do this; `scopes` are what the platform says is required (may be empty)."""

    def __init__(self, platform: str, message: str, *, scopes: Sequence[str] = ()) -> None:
        super().__init__(platform, message, status=403, category="MISSING_SCOPES")
        self.scopes = tuple(scopes)


class PlatformBusy(PlatformError):
    """The platform asks to wait `retry_after` seconds (clamped to something sane by the adapter)."""

    def __init__(self, platform: str, message: str, *, retry_after: float, daily: bool = False) -> None:
        super().__init__(platform, message)
        self.retry_after = retry_after
        self.daily = daily


class PlatformUnreachable(PlatformError):
    """No usable answer came. With `maybe_applied` the request may have taken effect."""

    def __init__(self, platform: str, message: str, *, maybe_applied: bool) -> None:
        super().__init__(platform, message)
        self.maybe_applied = maybe_applied


class DeadlinePassed(PlatformError):
    """The deadline ran out before the request left this process; nothing was sent."""


#: Linux's monotonic clock stands still while the machine sleeps; macOS's other one does not have this name.
_AWAKE_OR_NOT: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def elapsed() -> float:
    """Seconds on a clock that never goes back and goes on while the machine sleeps, since it began somewhere."""
    return time.clock_gettime(_AWAKE_OR_NOT)


@dataclass(frozen=True, slots=True)
class Deadline:
    """A total time limit on a monotonic clock: `Deadline.after(20)`. Adapters check it just before bytes leave."""

    ends: float
    monotonic: Callable[[], float] = elapsed

    @classmethod
    def after(cls, seconds: float, monotonic: Callable[[], float] = elapsed) -> Deadline:
        return cls(monotonic() + seconds, monotonic)

    def remaining(self) -> float:
        """Seconds left; negative when it has passed."""
        return self.ends - self.monotonic()

    def within(self, seconds: float) -> Deadline:
        """The same, or `seconds` from now where that is sooner."""
        return Deadline(min(self.ends, self.monotonic() + seconds), self.monotonic)


class Outcome(StrEnum):
    """How one row ended."""

    DONE = "done"  # the platform accepted it
    REFUSED = "refused"  # for good
    LATER = "later"  # not applied; may be tried again
    UNKNOWN = "unknown"  # it may have been applied: look before anything else is tried


#: Category of a PlatformRefused whose row was taken, all but the values that `fields` names: the others are stored.
NOT_STORED = "Not Stored"


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """One row's ending; `error` says why when it is not DONE."""

    id: str
    outcome: Outcome
    error: PlatformError | None = None


class EnrollmentChannel(Protocol):
    """One way of getting people into a platform's automation; every implementation passes the same conformance tests.

    `key` is stable and stored with the episode (``hubspot:property:trellis_track``, ``hubspot:list:<name>``,
    ``mailchimp:<audience>:tag:<tag>``, …). With `repeat_safe`, enrolling twice for one episode cannot mail twice. With
    `marks_first`, the marker is written by a call before that which enrolls: it may stand there and she not be in.
    Calls never raise a PlatformError for a row: each row ends by itself. At most `batch` rows a call.

    Without `repeat_safe` the marker says whether the platform was asked: it is taken back where that certainly was not
    so, or was refused. A row whose marker stands is never to be given again (adapters/at_most_once.py).
    """

    key: str
    source: str
    repeat_safe: bool
    marks_first: bool
    batch: int

    def enroll(self, rows: Sequence[Enrollment], deadline: Deadline) -> tuple[RowOutcome, ...]:
        """Write the marker and enroll; the deadline is checked just before each request leaves."""

    def leave(self, rows: Sequence[Enrollment], deadline: Deadline) -> tuple[RowOutcome, ...]:
        """Take people out of the track (clear the property, leave the list, deactivate the tag).

        What cannot be taken back (a task, a call to a flow's step) is DONE, and nothing is done.
        """

    def entered(self, rows: Sequence[Enrollment]) -> Mapping[str, bool | None]:
        """Probe by id, never by search: is the enrollment visible? None: cannot be told. Read-only.

        Without `repeat_safe`, False says that no marker stands, so the platform was not asked.
        """


class ContactPlatform(Protocol):
    """What both platforms offer for one `source`."""

    source: str

    def changed(self, since: datetime, until: datetime) -> Generator[Page, None, None]:
        """Records changed in [since, until]; the first page tells the window's `total`. May repeat records, never
        concludes absence. Read-only.
        """

    def all(self, after: str | None = None) -> Generator[Page, None, None]:
        """Every record that is there; resumes from a page's `next`. Calls may be under way ahead of the page given: close
        the iterator when you stop early. Read-only.
        """

    def count(self) -> int:
        """How many records there are that are not archived, by the platform's own word, in one call. Read-only."""

    def pace(self) -> float:
        """How many calls a second bulk work may make, by what is known now; asks nobody."""

    def by_ids(self, ids: Sequence[str]) -> Found:
        """Records by id, any number of ids (batched inside). Read-only. Raises PlatformError."""

    def standings(self, ids: Sequence[str], deadline: Deadline | None = None) -> Mapping[str, Standing]:
        """Consent, exclude box and markers, read fresh by id; an id that is missing in the answer may not be enrolled.

        Read-only. May raise PlatformError, which is then about one of the ids at least.
        """

    def by_emails(self, emails: Sequence[str], deadline: Deadline | None = None) -> Mapping[str, Record | None]:
        """The record with each address, or None, several calls at once; an address that got no answer is absent.

        Read-only. Never raises PlatformError.
        """

    def write(self, rows: Sequence[Change], deadline: Deadline | None = None) -> tuple[RowOutcome, ...]:
        """Write values; any number of rows (batched inside). Never raises for a row.

        The deadline is checked just before each request leaves: rows that were not begun by then end as LATER.
        """

    def definitions(self) -> Mapping[str, Definition]:
        """Properties or merge fields by name. Read-only. Raises PlatformError."""

    def define(
        self, definitions: Sequence[Definition], created: Callable[[str], None] | None = None
    ) -> tuple[str, ...]:
        """Create what is missing and add missing options; never deletes; returns what it did, one line each.

        `created` is told the name of each that was created, right then: what was there before is not ours.
        """

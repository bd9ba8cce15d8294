"""Reading many when one of them makes the platform fail: the others are read all the same, that one is named."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from math import ceil

from adapters.ports import (
    ContactPlatform,
    CredentialsRefused,
    PlatformError,
    PlatformRefused,
    PlatformUnreachable,
    ScopeMissing,
)
from connector.steps.parts import Parts
from connector.steps.reading.groups import in_groups
from connector.store import named

#: Into so many parts is divided what fails: a call that fails takes seconds, with all its tries, one that goes well is quick.
_PARTS = 10
#: After so many failures nothing is divided any further: who is left in what fails is named without being at fault.
_MOST_FAILURES = 25

_NOBODY = "1"


def read_apart(
    read: Callable[[Sequence[str]], object], ids: Sequence[str], look_elsewhere: Callable[[], object]
) -> Mapping[str, str]:
    """Call `read` with all of these, or with fewer and fewer at once where the platform fails; who could not be read, and why.

    After each failure `look_elsewhere` asks for somebody else. Raises the PlatformError of a platform that fails her too, or
    that refuses the token, or asks to wait: then nothing is known of who is at fault.
    """
    unread: dict[str, str] = {}
    failures = 0
    waiting = [ids] if ids else []
    while waiting:
        some = waiting.pop()
        try:
            read(some)
        except PlatformError as error:
            if not may_be_about_one(error):
                raise
            look_elsewhere()
            failures += 1
            if len(some) == 1 or failures > _MOST_FAILURES:
                unread |= dict.fromkeys(some, error.message)
            else:
                waiting += reversed(list(in_groups(some, ceil(len(some) / _PARTS))))
    return unread


def somebody_else(parts: Parts, platform: ContactPlatform, besides: Collection[str]) -> None:
    """Ask for one record that is known and not among these. Raises the PlatformError of a platform that fails here too."""
    with parts.engine.connect() as conn:
        other = named.another_record(conn, platform.source, besides)
    platform.by_ids([other or _NOBODY])


def is_for_good(error: PlatformError) -> bool:
    """Whether what was asked for would be refused again, to whomever the token belongs."""
    return isinstance(error, PlatformRefused) and not isinstance(error, CredentialsRefused | ScopeMissing)


def may_be_about_one(error: PlatformError) -> bool:
    """Whether somebody who was asked for may be at fault, rather than the platform as a whole."""
    return is_for_good(error) or isinstance(error, PlatformUnreachable)

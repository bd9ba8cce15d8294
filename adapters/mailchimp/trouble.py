"""When a run of calls, one a member, should be given up: Mailchimp itself is in trouble, and not a row of ours."""

from __future__ import annotations

from threading import Lock

from adapters.mailchimp.client import IN_FLIGHT
from adapters.ports import CredentialsRefused, PlatformError, PlatformRefused, ScopeMissing


class Trouble:
    """Whether errors are about Mailchimp rather than about rows; shared by the threads of one run."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._in_turn = 0
        self.lasting: PlatformError | None = None

    def note(self, error: PlatformError | None) -> None:
        """Count how a row ended."""
        ours = isinstance(error, CredentialsRefused | ScopeMissing)
        with self._lock:
            about_the_row = error is None or (isinstance(error, PlatformRefused) and not ours)
            self._in_turn = 0 if about_the_row else self._in_turn + 1
            if ours or self._in_turn >= IN_FLIGHT:
                self.lasting = error

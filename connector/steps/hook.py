"""What an alert is when it leaves the house, and who carries it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Message:
    """One thing that a person should know, or (`resolved`) need no longer. `id` is the same at each try; `at` is when.

    It names no person and holds no secret.
    """

    id: str
    kind: str
    message: str
    at: datetime
    resolved: bool


class NotTold(Exception):
    """The message did not arrive; the text says why, and quotes neither address nor answer."""


class Hook(Protocol):
    """Carries messages to where a person sees them."""

    def tell(self, message: Message, seconds: float) -> None:
        """Return within `seconds` once the message has arrived. Raises NotTold."""

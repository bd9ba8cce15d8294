"""Leaving the portal clean: what of Trellis stands on the platforms, and taking it away.

Ours is a property in our group that a rulebook of ours names; a list or merge field that we made; a tag under our own
name; a webhook that ends in our token. What is not surely ours, and what something of the portal goes by, is left and told.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from adapters.ports import CredentialsRefused, PlatformError, PlatformRefused, ScopeMissing
from connector.rulebook.types import Rulebook
from connector.steps.alone import alone
from connector.steps.parts import Parts
from connector.steps.removal import hubspot, mailchimp
from connector.steps.removal.found import Found, Gone, Ours, label, united
from connector.store import made, state

__all__ = ["Found", "Gone", "Ours", "find", "take_away", "united"]


def find(parts: Parts, rulebooks: Sequence[Rulebook], tokens: Sequence[str]) -> Found:
    """Look at each platform that is on; `rulebooks` are all that ever were active or may be, `tokens` those of webhooks.

    Read-only. A platform that fails is in `errors`, and the others go on.
    """
    found = Found()
    for port in parts.mailchimp.values():
        _attempt(found, partial(mailchimp.look, parts, port, rulebooks, tokens, found))
    if parts.hubspot is not None:
        _attempt(found, partial(hubspot.look, parts, parts.hubspot, rulebooks, found))
    return found


def take_away(parts: Parts, found: Found, patience_s: float) -> Gone:
    """Take away what was found, while nobody else works on this store. Raises Busy.

    What a platform keeps is told, and the rest goes on; a platform that is away or does not accept us is left alone.
    """
    gone = Gone()
    given_up: set[str] = set()
    with alone(parts.engine, patience_s):
        for one in found.ours:
            if one.source in given_up:
                continue
            try:
                one.take()
            except PlatformError as error:
                keeps = isinstance(error, PlatformRefused) and not isinstance(error, CredentialsRefused)
                if keeps:
                    gone.kept.append(f"{label(one.source)}: {one.what}: {error.message}")
                else:
                    given_up.add(one.source)
                if not keeps or isinstance(error, ScopeMissing):
                    gone.errors.append(error)
            else:
                gone.lines.append(one.line(done=True))
                _forget(parts, one)
    return gone


def _attempt(found: Found, look: Callable[[], None]) -> None:
    try:
        look()
    except PlatformError as error:
        found.errors.append(error)


def _forget(parts: Parts, one: Ours) -> None:
    with parts.engine.begin() as conn:
        state.forget_cached(conn, f"{one.source}:")
        made.forget_made(conn, *one.identity)

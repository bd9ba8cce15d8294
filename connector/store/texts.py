"""Text as PostgreSQL can hold it, and as people are compared by."""

from __future__ import annotations

from connector.facts import normal_email

#: Stands where a platform told something that is no text.
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def storable(text: str) -> str:
    """`text` without what PostgreSQL refuses (NUL) or UTF-8 cannot say (half a surrogate pair); else as it is.

    One such character from a platform would otherwise cost a whole batch of people.
    """
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", REPLACEMENT).encode("utf-8", "replace").decode("utf-8")


def email_key(address: str | None) -> str | None:
    """An address, storable or not yet, as identities are compared by (`facts.normal_email`); None for none."""
    return normal_email(storable(address)) or None if address else None

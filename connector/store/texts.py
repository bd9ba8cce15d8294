"""Text as PostgreSQL can hold it, and as people are compared by."""

from __future__ import annotations

from connector.facts import normal_email

#: Stands where a platform told something that is no text.
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

#: What stands before the @ has at most 64 characters, what follows it 255 (RFC 5321 §4.5.3.1).
_LONGEST_ADDRESS = 320


def storable(text: str) -> str:
    """`text` without what PostgreSQL refuses (NUL) or UTF-8 cannot say (half a surrogate pair); else as it is.

    One such character from a platform would otherwise cost a whole batch of people.
    """
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", REPLACEMENT).encode("utf-8", "replace").decode("utf-8")


def email_key(address: str | None) -> str | None:
    """An address, storable or not yet, as identities are compared by (`facts.normal_email`); None for none, and for what
    is too long for one: no index could hold it.
    """
    key = normal_email(storable(address)) if address else ""
    return key if 0 < len(key) <= _LONGEST_ADDRESS else None

"""Telling a certificate that nobody here trusts from a platform that is away: the one needs a person, the other time."""

from __future__ import annotations

import ssl

import certifi

from adapters.causes import causes
from adapters.ports import PlatformUnreachable


class Untrusted(PlatformUnreachable):
    """The certificate that was shown is not one that this machine trusts; nothing was sent. `reason` is OpenSSL's word."""

    def __init__(self, platform: str, reason: str) -> None:
        super().__init__(platform, f"its certificate is not trusted here ({reason})", maybe_applied=False)
        self.reason = reason


def trust() -> ssl.SSLContext:
    """Whom both platforms' connections trust: this machine's authorities (SSL_CERT_FILE names others) and those of certifi,
    for a Python that comes without any.
    """
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def mistrust(error: BaseException) -> str | None:
    """Why a certificate was not trusted, in OpenSSL's words, however the error is wrapped; None for any other error."""
    found = next((one for one in causes(error) if isinstance(one, ssl.SSLCertVerificationError)), None)
    return None if found is None else str(getattr(found, "verify_message", "") or "not verified").rstrip(". ")

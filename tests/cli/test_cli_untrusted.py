"""A certificate that nobody trusts is neither a platform that is away nor one that refuses: its line has a cure of its own."""

from __future__ import annotations

from adapters.ports import PlatformUnreachable
from adapters.tls import Untrusted
from connector.cli.exits import Exit, explain_error


def test_a_certificate_that_nobody_trusts_is_not_cured_by_trying_again() -> None:
    (line,), code = explain_error(Untrusted("hubspot", "self-signed certificate"))
    assert line.startswith(
        "HubSpot was told nothing: its certificate is not trusted here (self-signed certificate). See that"
    )
    assert "SSL_CERT_FILE" in line
    assert "run the command again" not in line
    assert code == Exit.FAILED
    (away,), _ = explain_error(PlatformUnreachable("mailchimp", "no answer in time", maybe_applied=False))
    assert away == "Mailchimp cannot be reached: no answer in time. Nothing is lost; run the command again."

"""Exit codes (design §4.1), and how an error becomes one line with its cure."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum


class Exit(IntEnum):
    """What a command ends with."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    HELD = 3
    REFUSED = 4
    STORE = 5


def explain_error(error: Exception) -> tuple[Sequence[str], Exit]:
    """The lines a person reads and the exit code. What nobody foresaw is raised again: a bug must show its trace."""
    from adapters import ports
    from connector.rulebook.problems import RulebookError
    from connector.settings import SettingsError
    from connector.steps.portal import PortalMismatch
    from connector.store.errors import StoreUnavailable

    match error:
        case RulebookError():
            return [str(problem) for problem in error.problems], Exit.USAGE
        case SettingsError():
            return [str(error)], Exit.USAGE
        case PortalMismatch():
            return error.findings, Exit.USAGE
        case StoreUnavailable():
            return [str(error)], Exit.STORE
        case ports.CredentialsRefused():
            return [
                f"{_name(error)} does not accept the token: {error}. Put a valid one into {_variable(error)}."
            ], Exit.REFUSED
        case ports.ScopeMissing():
            scopes = ", ".join(error.scopes) or "see the message"
            return [
                f"{_name(error)} refuses for lack of a scope ({scopes}): {error}. Add it to the app or key."
            ], Exit.REFUSED
        case ports.PlatformRefused():
            return [f"{_name(error)} refused: {error}"], Exit.REFUSED
        case ports.PlatformBusy():
            return [
                f"{_name(error)} asks to wait {error.retry_after:.0f} s: {error}. Run the command again then."
            ], Exit.FAILED
        case ports.PlatformError():
            return [f"{_name(error)} cannot be reached: {error}. Nothing is lost; run the command again."], Exit.FAILED
        case _:
            raise error


def _name(error: object) -> str:
    return {"hubspot": "HubSpot", "mailchimp": "Mailchimp"}.get(getattr(error, "platform", ""), "The platform")


def _variable(error: object) -> str:
    return "HUBSPOT_ACCESS_TOKEN" if getattr(error, "platform", "") == "hubspot" else "MAILCHIMP_API_KEY"

"""Exit codes (design §4.1), and how an error becomes one line with its cure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import IntEnum

from connector.cli.visible import visible


class Exit(IntEnum):
    """What a command ends with."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    HELD = 3
    REFUSED = 4
    STORE = 5


def explain_error(error: Exception) -> tuple[Sequence[str], Exit]:
    """The lines a person reads and the exit code; platforms' own words steer no terminal. What nobody foresaw is raised again:
    a bug must show its trace.
    """
    lines, code = _explained(error)
    return [visible(line) for line in lines], code


def _explained(error: Exception) -> tuple[Sequence[str], Exit]:
    from adapters import ports
    from connector.change.moved import Moved
    from connector.change.plan.file import PlanFileError
    from connector.change.undoable import CannotUndo
    from connector.rulebook.problems import RulebookError
    from connector.settings import SettingsError
    from connector.steps.portal import PortalMismatch
    from connector.steps.sync import Busy
    from connector.store.errors import StoreUnavailable

    match error:
        case RulebookError():
            return [str(problem) for problem in error.problems], Exit.USAGE
        case SettingsError() | PlanFileError() | Moved() | CannotUndo():
            return [str(error)], Exit.USAGE
        case PortalMismatch():
            return error.findings, Exit.USAGE
        case StoreUnavailable():
            return [str(error)], Exit.STORE
        case Busy():
            return [str(error)], Exit.FAILED
        case ports.PlatformError():
            return _of_platform(error)
        case _:
            raise error


def explain_failures(errors: Iterable[Exception]) -> tuple[Sequence[str], Exit]:
    """The lines and the code of what platforms failed with while the others went on: the first error of each, the worst
    code (a refusal lasts until somebody does something; what is away comes back). DONE if there is none.
    """
    first = {getattr(error, "platform", ""): error for error in reversed(list(errors))}
    told = [explain_error(first[platform]) for platform in sorted(first)]
    code = max((code for _, code in told), default=Exit.DONE)
    return [line for lines, _ in told for line in lines], code


def _of_platform(error: Exception) -> tuple[Sequence[str], Exit]:
    from adapters import ports
    from adapters.tls import Untrusted

    name = {"hubspot": "HubSpot", "mailchimp": "Mailchimp"}.get(getattr(error, "platform", ""), "The platform")
    said = str(error).rstrip(". ")
    match error:
        case ports.CredentialsRefused():
            variable = "HUBSPOT_ACCESS_TOKEN" if error.platform == "hubspot" else "MAILCHIMP_API_KEY"
            line = f"{name} does not accept the token: {said}. Put a valid one into {variable}."
            return [line], Exit.REFUSED
        case ports.ScopeMissing():
            from connector.steps.checkup.looks import HUBSPOT, MAILCHIMP

            party = MAILCHIMP if error.platform == "mailchimp" else HUBSPOT
            scopes = f" ({', '.join(error.scopes)})" if error.scopes else ""
            return [f"{party.forbids}{scopes}: {said}. {party.cure}."], Exit.REFUSED
        case ports.PlatformRefused():
            return [f"{name} refused: {said}. `trellis check` looks for the cause."], Exit.REFUSED
        case ports.PlatformBusy():
            line = f"{name} asks to wait {error.retry_after:.0f} s: {said}. Run the command again then."
            return [line], Exit.FAILED
        case Untrusted():
            cure = (
                "See that this machine's clock is right; if a proxy of your company stands in between, name the file of its"
                " certificates in SSL_CERT_FILE."
            )
            return [f"{name} was told nothing: {said}. {cure}"], Exit.FAILED
        case _:
            return [f"{name} cannot be reached: {said}. Nothing is lost; run the command again."], Exit.FAILED

"""Asking a platform several things side by side: each look ends in findings, also where it is refused or gets no answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from adapters.ports import CredentialsRefused, PlatformBusy, PlatformError, PlatformRefused, ScopeMissing
from adapters.tls import Untrusted
from connector.steps.finding import Finding

#: Looks under way at once: half of the calls that Mailchimp allows, so that whoever works meanwhile is not refused.
_AT_ONCE = 5


@dataclass(frozen=True, slots=True)
class Platform:
    """A platform as people know it: the variable of its credentials, what is said where they do not suffice, and the cure."""

    name: str
    variable: str
    forbids: str
    cure: str


HUBSPOT = Platform("HubSpot", "HUBSPOT_ACCESS_TOKEN", "HubSpot refuses for lack of a scope", "Add it to the app or key")
#: Mailchimp knows no scopes: a key may what the role of its user and the plan allow (facts/mailchimp.md §1.2, §2).
MAILCHIMP = Platform(
    "Mailchimp",
    "MAILCHIMP_API_KEY",
    "Mailchimp refuses for lack of a right",
    "Give the user whose key it is a role that has it, or see if your plan does",
)


@dataclass(frozen=True, slots=True)
class Look:
    """One thing to ask; `off` says what does not work where the token may not ask it."""

    ask: Callable[[], Iterable[Finding]]
    off: str


def asked(platform: Platform, door: Callable[[], object], looks: Sequence[Look]) -> Sequence[Finding]:
    """The findings of all looks, in their order, each up to where it was refused; no look costs another one anything.

    `door` is asked first, with what every token may ask: what is away or does not know the token is asked nothing else.
    """
    try:
        door()
    except (CredentialsRefused, PlatformBusy) as error:
        return [_ending(platform, "", error)]
    except PlatformRefused:
        pass  # whatever it is that this token may not do, the looks say it
    except PlatformError as error:
        return [_ending(platform, "", error)]
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="look") as pool:
        found = pool.map(lambda look: _findings(platform, look), looks)
        return list(dict.fromkeys(one for findings in found for one in findings))


def said(error: PlatformError) -> str:
    """What a platform said, as part of a sentence."""
    return error.message.rstrip(". ")


def _findings(platform: Platform, look: Look) -> Sequence[Finding]:
    found: list[Finding] = []
    try:
        found.extend(look.ask())
    except PlatformError as error:
        found.append(_ending(platform, look.off, error))
    return found


def _ending(platform: Platform, off: str, error: PlatformError) -> Finding:
    if isinstance(error, PlatformRefused):
        return _refusal(platform, off, error)
    if isinstance(error, PlatformBusy) and error.daily:
        what = f"{platform.name}'s calls of today are used up"
        cure = "They come back at midnight in the portal's time zone; see in its settings who else makes calls"
        return Finding("error", what, cure, "away", code="quota-used-up")
    code, cure = _away(error)
    return Finding("error", f"{platform.name} cannot be asked: {said(error)}", cure, "away", code=code)


def _refusal(platform: Platform, off: str, error: PlatformRefused) -> Finding:
    name = platform.name
    if isinstance(error, CredentialsRefused):
        what = f"{name} does not accept the token: {said(error)}"
        return Finding("error", what, f"Put a valid one into {platform.variable}", "refused", code="token-refused")
    if isinstance(error, ScopeMissing):
        what = f"{platform.forbids}: {', '.join(error.scopes) or said(error)}{f'; {off}' if off else ''}"
        return Finding("error", what, platform.cure, "refused", code="scope-missing")
    return Finding("error", f"{name} refused: {said(error)}", "See what it names", "refused", code="refused")


def _away(error: PlatformError) -> tuple[str, str]:
    """Code and cure where no usable answer came."""
    if isinstance(error, Untrusted):
        return "certificate-untrusted", (
            "See that the machine's clock is right; if a proxy of your company stands in between, name the file of its"
            " certificates in SSL_CERT_FILE"
        )
    if isinstance(error, PlatformBusy):
        wait = max(1, round(error.retry_after))
        return "busy", f"Try again in {wait} s; if it stays so, somebody else makes too many calls"
    return "away", "Try again, nothing is lost meanwhile; if it stays so, see that this machine may reach it"

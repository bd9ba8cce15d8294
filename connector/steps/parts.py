"""What a step is handed: the store, the platforms that are on, the active rulebook, the clock. Built by assembly alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from adapters.hubspot_port import HubSpotPort
from adapters.mailchimp_port import MailchimpPort
from adapters.ports import ContactPlatform, EnrollmentChannel, elapsed
from connector.facts import Consent, Record
from connector.rulebook.types import Rulebook
from connector.steps.hook import Hook
from connector.steps.progress import Progress

HUBSPOT = "hubspot"


def now_utc() -> datetime:
    """The real clock."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything a step may touch. `mailchimp` is by source (``mailchimp:main``); a platform that is off is absent.

    `monotonic` is the clock of deadlines, in seconds. `consent_names` are the raw names by source that `consent_of` looks at,
    but for the addresses themselves. `accounts` names each platform's credentials without telling them; `calls` counts those
    made so far by platform and how they ended; `hook` tells people what they should know.
    """

    engine: Engine
    rulebook: Rulebook
    consent_of: Callable[[Mapping[str, Record]], Consent]
    consent_names: Mapping[str, tuple[str, ...]]
    hubspot: HubSpotPort | None = None
    mailchimp: Mapping[str, MailchimpPort] = field(default_factory=lambda: MappingProxyType({}))
    now: Callable[[], datetime] = now_utc
    monotonic: Callable[[], float] = elapsed
    progress: Progress | None = None
    accounts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    calls: Callable[[], Counter[tuple[str, str]]] = Counter
    hook: Hook | None = None

    @property
    def today(self) -> date:
        """The day in the team's time zone."""
        return self.day_of(self.now())

    def day_of(self, moment: datetime) -> date:
        """The team's day of a moment."""
        return moment.astimezone(ZoneInfo(self.rulebook.fields.timezone)).date()

    @property
    def platforms(self) -> Mapping[str, ContactPlatform]:
        """Every platform that is on, by source; HubSpot first."""
        on: dict[str, ContactPlatform] = {HUBSPOT: self.hubspot} if self.hubspot else {}
        return {**on, **self.mailchimp}

    def channel(self, key: str) -> EnrollmentChannel | None:
        """The channel that a stored key names, or None when its platform is off, or audience or kind are gone."""
        if key.startswith(f"{HUBSPOT}:"):
            _, kind, name = key.split(":", 2)
            return self._hubspot_channel(kind, name)
        platform, audience, kind, name = key.split(":", 3)
        port = self.mailchimp.get(f"{platform}:{audience}")
        if port is None:
            return None
        if kind == "journey":
            journey, _, step = name.partition(":")
            return port.journey_channel(int(journey), int(step))
        return port.tag_channel(name) if kind == "tag" else None

    def _hubspot_channel(self, kind: str, name: str) -> EnrollmentChannel | None:
        if self.hubspot is None:
            return None
        match kind:
            case "property":
                return self.hubspot.property_channel(name)
            case "list":
                return self.hubspot.list_channel(name)
            case "workflow":
                return self.hubspot.workflow_channel(name)
            case "task":
                return self.hubspot.task_channel(name)
        return None

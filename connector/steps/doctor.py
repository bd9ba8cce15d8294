"""What is wrong, doubtful or improvable on the platforms and around us, one finding each with its cure.

Nothing is changed but what the store remembers of the portal's workflows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache

from adapters.budget import Quota
from adapters.reach import Reach
from adapters.skew import Skew
from connector.rulebook.mapping import COMPANY
from connector.steps.checkup.address import address_findings
from connector.steps.checkup.arrivals import hubspot_arrivals
from connector.steps.checkup.clocks import clock_findings
from connector.steps.checkup.cut_off import points_cut_off
from connector.steps.checkup.dormant import dormant
from connector.steps.checkup.hubspot import Seen, portal_looks
from connector.steps.checkup.looks import HUBSPOT, MAILCHIMP, Look, asked
from connector.steps.checkup.mailchimp import audience_looks, role_findings
from connector.steps.checkup.surroundings import Surroundings, surroundings
from connector.steps.finding import Finding
from connector.steps.listening.workflow_findings import platform_free
from connector.steps.parts import Parts
from connector.steps.portal.choices import blind_rules
from connector.steps.review import review

__all__ = ["Instruments", "Surroundings", "examine"]

_ORDER = ("error", "warning", "advice")


@dataclass(frozen=True, slots=True)
class Instruments:
    """What looks at the world outside the platforms' ports: none of them by default.

    `skews` is asked last: how far our clock is from others, by whose they are. `quota` is what HubSpot's last answers
    told of its limits.
    """

    reach: Reach | None = None
    skews: Callable[[], Mapping[str, Skew]] = dict
    quota: Callable[[], Quota | None] = lambda: None


def examine(parts: Parts, given: Surroundings, instruments: Instruments = Instruments()) -> tuple[Finding, ...]:
    """Everything that can be seen now, errors first. A platform that refuses or is away is a finding, not an exception."""
    seen: Seen = {}
    found: list[Finding] = [*surroundings(parts, given), *review(parts.rulebook, parts.today)]
    found += platform_free(parts.rulebook)
    for model in parts.rulebook.models:
        found += points_cut_off(model)
    with ThreadPoolExecutor(thread_name_prefix="checkup") as pool:
        for findings in pool.map(lambda ask: list(ask()), _parties(parts, given, instruments, seen)):
            found += findings
    found += blind_rules(parts.rulebook, {one: seen.get(one) for one in parts.platforms}, seen.get(COMPANY, {}))
    found += clock_findings(instruments.skews())
    return tuple(sorted(dict.fromkeys(found), key=lambda finding: _ORDER.index(finding.level)))


def _parties(
    parts: Parts, given: Surroundings, instruments: Instruments, seen: Seen
) -> Iterator[Callable[[], Sequence[Finding] | Iterator[Finding]]]:
    """All who are asked, side by side, so that one who is slow keeps nobody waiting."""
    if (port := parts.hubspot) is not None:
        portal = port
        looks = list(portal_looks(parts, portal, seen, instruments.quota))
        yield lambda: asked(HUBSPOT, portal.portal, looks)
    if audiences := list(parts.mailchimp.values()):
        theirs: list[Look] = []
        for audience in audiences:
            theirs += audience_looks(parts, audience, given.webhook_url, seen)
        account = cache(audiences[0].account)
        theirs.append(Look(lambda: role_findings(account()), ""))
        yield lambda: asked(MAILCHIMP, account, theirs)
    if (reach := instruments.reach) is not None and given.public_url:
        way: Reach = reach
        yield lambda: address_findings(given.public_url, given.webhook_url, way, parts.now())
    if given.hubspot_on and given.hubspot_secret and given.public_url:
        yield lambda: hubspot_arrivals(parts)
    yield lambda: dormant(parts)

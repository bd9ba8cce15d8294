"""How many calls it takes until a rulebook is the active one: what is lacking is created, by the lines of `trellis provision
--dry-run`, and whether the platforms fit it is looked at (steps/provision.py, steps/portal). Pure.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from connector.rulebook.mapping import company_properties
from connector.rulebook.types import Rulebook
from connector.steps.parts import HUBSPOT

_OPTION = re.compile(r"HubSpot: would add option .* to property (\S+)")
_NEW_LIST = "HubSpot: would create list "
#: Definitions, twice, the limit and the lists; of an audience its merge fields.
_LOOKS, _GROUP = 4, 1


def activating_calls(
    creates: Sequence[str], rulebook: Rulebook, sources: Collection[str], unknown: Collection[str]
) -> Mapping[str, int]:
    """The calls by platform. Definitions of `unknown` sources are read, and anew those of sources where anything was made."""
    made: Counter[str] = Counter()
    changed = {source for source in sources if any(line.startswith(_label(source)) for line in creates)}
    for source in sources:
        platform = source.partition(":")[0]
        if creates:
            made[platform] += _LOOKS if source == HUBSPOT else 1
        if source in changed or source in unknown:
            made[platform] += 1 + (source == HUBSPOT and bool(company_properties(rulebook.fields)))
    made[HUBSPOT] += _group_and_parts(creates)
    made["mailchimp"] += sum(": would create merge field " in one for one in creates)
    return +made


def lists_created(creates: Sequence[str]) -> tuple[str, ...]:
    """The names of the lists among what is lacking."""
    return tuple(line.removeprefix(_NEW_LIST) for line in creates if line.startswith(_NEW_LIST))


def _group_and_parts(creates: Sequence[str]) -> int:
    """Properties, our group and lists one by one, the options of a property together, and whether our group is there."""
    properties = sum(one.startswith("HubSpot: would create property ") for one in creates)  # and their group
    lists = sum(one.startswith(_NEW_LIST) for one in creates)
    options = {found[1] for one in creates if (found := _OPTION.match(one))}
    return properties + (_GROUP if properties else 0) + lists + len(options)


def _label(source: str) -> str:
    """How a line about this source begins."""
    return "HubSpot: " if source == HUBSPOT else f"Mailchimp ({source.partition(':')[2]}): "

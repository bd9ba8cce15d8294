"""How many calls creating what the platforms lack takes, by the lines of `trellis provision --dry-run`. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from connector.rulebook.mapping import company_properties
from connector.rulebook.types import Rulebook
from connector.steps.parts import HUBSPOT

_MAILCHIMP = "mailchimp"
_OPTION = re.compile(r"HubSpot: would add option .* to property (\S+)")
#: Definitions, twice, the limit and the lists are read before anything is made, the group once more with it; and the
#: definitions again afterwards (steps/provision.py, steps/portal).
_LOOKS, _GROUP, _LOOKED_AFTER = 4, 1, 1


def creating_calls(creates: Sequence[str], rulebook: Rulebook, audiences: int) -> Mapping[str, int]:
    """The calls by platform; none where nothing is to be created."""
    if not creates:
        return {}
    made: Counter[str] = Counter()
    properties = sum(one.startswith("HubSpot: would create property ") for one in creates)
    lists = sum(one.startswith("HubSpot: would create list ") for one in creates)
    options = len({found[1] for one in creates if (found := _OPTION.match(one))})
    merge_fields = sum(": would create merge field " in one for one in creates)
    made[HUBSPOT] = _LOOKS + _LOOKED_AFTER + properties + (_GROUP if properties else 0) + lists + options
    made[HUBSPOT] += 1 if company_properties(rulebook.fields) else 0
    made[_MAILCHIMP] = audiences + merge_fields
    return made

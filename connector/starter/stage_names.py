"""What the rulebook calls the lifecycle stages of customers: by their value, or `customer` where that is but a number."""

from __future__ import annotations

import re
from collections.abc import Mapping

from connector.starter.outline import Outline

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")


def stage_names(of: Outline) -> Mapping[str, str]:
    """The name by the portal's value of every stage whose people are customers."""
    return {value: value if _NAME.fullmatch(value) else "customer" for value in of.answers.customers}


def customer_names(of: Outline) -> tuple[str, ...]:
    """The names, each once, in the portal's order."""
    return tuple(dict.fromkeys(stage_names(of).values()))

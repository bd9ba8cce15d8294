"""Is it our own code that runs? `adapters` and `webhooks` are names that other distributions use too (decision 003)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import adapters
import webhooks
from connector.steps.finding import Finding


def foreign_packages() -> tuple[str, ...]:
    """Files that Python takes for ours though they do not stand beside this package. Read-only."""
    home = Path(__file__).resolve().parents[1]
    return tuple(
        str(module.__file__)
        for module in (adapters, webhooks)
        if module.__file__ is None or Path(module.__file__).resolve().parents[1] != home
    )


def installation() -> Iterator[Finding]:
    """One error for each foreign package."""
    for path in foreign_packages():
        what = f"another installed package is in the way: {path}"
        yield Finding("error", what, "Use a clean virtual environment", code="foreign-package")

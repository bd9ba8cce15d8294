""".env.example of a starter: every variable with a line, none with a secret."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from itertools import groupby

from connector.starter.yaml_text import comment

_GROUPS = {"HUBSPOT": "HubSpot", "MAILCHIMP": "Mailchimp"}


def environment_text(variables: Mapping[str, tuple[str, str]], folder: str) -> str:
    """The whole file. `variables` are name → (default, what it is for); `folder` is where the rulebook's files are."""
    return "\n".join(_lines(variables, folder)) + "\n"


def _lines(variables: Mapping[str, tuple[str, str]], folder: str) -> Iterator[str]:
    yield from comment(
        "Every variable that Trellis reads. Copy to .env (git ignores it), fill in what you need, then:", width=118
    )
    yield "#     set -a; . ./.env; set +a"
    yield from comment(
        "A platform without credentials is off, and everything else works. Any name with _FILE appended names a file that "
        "holds the value instead, as hosts offer for secrets.",
        width=118,
    )
    for group, named in groupby(variables, key=lambda name: _GROUPS.get(name.partition("_")[0], "This installation")):
        yield ""
        yield f"# --- {group}"
        for name in named:
            default, purpose = variables[name]
            yield f"# {purpose}"
            yield f"MAPPINGS_DIR={shlex.quote(folder)}" if name == "MAPPINGS_DIR" else f"#{name}={default}"

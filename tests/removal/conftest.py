"""A portal that Trellis comes to and leaves: pretend platforms, a database, the shipped files, and a terminal."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import psycopg
import pytest

from adapters.sandbox import Sandbox
from adapters.sandbox.people import populate
from connector import assembly, cli
from connector.settings import VARIABLES

SHIPPED = Path(__file__).parents[2] / "mappings"


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


@dataclass
class Office:
    """Where commands are typed, and what stands on the platforms."""

    sandbox: Sandbox
    environ: dict[str, str]
    mappings: Path

    def trellis(self, *arguments: str) -> Ran:
        before, out, err = dict(os.environ), StringIO(), StringIO()
        try:
            for name in VARIABLES:
                os.environ.pop(name, None)
            os.environ.update(self.environ)
            assembly.settings.cache_clear()
            with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as ended:
                cli.run(arguments)
        finally:
            os.environ.clear()
            os.environ.update(before)
            assembly.settings.cache_clear()
        assert isinstance(ended.value.code, int)
        return Ran(int(ended.value.code), out.getvalue(), err.getvalue())

    def execute(self, statement: str) -> None:
        url = self.environ["DATABASE_URL"].replace("+psycopg", "", 1)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[arg-type]

    def standing(self) -> Mapping[str, str]:
        """Everything that is defined on the platforms, as their APIs would show it, to the byte."""
        portal, account = self.sandbox.hubspot, self.sandbox.mailchimp
        contacts = portal.definitions["contacts"]
        shown: dict[str, object] = {
            "properties": [one.as_json() for one in contacts],
            "groups": [one.as_json() for one in contacts.groups.values()],
            "lists": [one.as_json() for one in portal.lists],
        }
        for place in account.audiences.values():
            shown[f"{place.id} fields"] = [one.as_json(place.id) for one in place.fields]
            shown[f"{place.id} segments"] = sorted(one.name for one in place.segments.values())
            shown[f"{place.id} hooks"] = [one.as_json() for one in account.webhooks.of(place.id)]
        return {what: json.dumps(one, sort_keys=True) for what, one in shown.items()}


@pytest.fixture
def office(new_database: Callable[[], str], tmp_path: Path) -> Iterator[Office]:
    """A portal with people and workflows; nothing of Trellis."""
    with Sandbox() as sandbox:
        sandbox.hubspot.settings.search_lag = 0.0
        populate(sandbox, count=14)
        mappings = tmp_path / "mappings"
        shutil.copytree(SHIPPED, mappings)
        yield Office(
            sandbox,
            {
                "HUBSPOT_BASE_URL": sandbox.hubspot_url,
                "HUBSPOT_ACCESS_TOKEN": sandbox.hubspot.settings.token,
                "MAILCHIMP_BASE_URL": sandbox.mailchimp_url,
                "MAILCHIMP_API_KEY": sandbox.mailchimp.api_key,
                "DATABASE_URL": new_database(),
                "MAPPINGS_DIR": str(mappings),
            },
            mappings,
        )

"""going-live.md names the scopes of exactly those endpoints that Trellis calls, as the pretend portal asks for them."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.hubspot.versions import ENDPOINTS, Endpoint
from adapters.sandbox.effects import EffectLedger
from adapters.sandbox.hubspot import Portal, Settings, routes
from adapters.sandbox.web import Request

GOING_LIVE = (Path(__file__).resolve().parents[2] / "docs" / "going-live.md").read_text(encoding="utf-8")
TABLE = GOING_LIVE.split("| for | scopes |")[1].split("\n\n")[0]
TOLD = set(re.findall(r"`([a-z_.]+)`", "".join(re.findall(r"^\|[^|]*\|([^|]*)\|", TABLE, re.MULTILINE))))

#: Every token has it.
GIVEN = "oauth"


def asked_for(endpoint: Endpoint) -> set[str]:
    """The scopes of which a token without any is told that one of them is needed; none where every token will do."""

    def now() -> datetime:
        return datetime(2026, 11, 24, tzinfo=UTC)

    settings = Settings(scopes=frozenset())
    target = re.sub(r"\{\w+\}", "1", endpoint.path("v3"))
    request = Request(endpoint.method, target, {"authorization": f"Bearer {settings.token}"})
    answer = routes(Portal(now, EffectLedger(now), settings)).answer(request)
    if answer.status != 403:
        return set()
    return {
        one for error in json.loads(answer.content)["errors"] for one in error["context"]["requiredGranularScopes"]
    } - {GIVEN}


@pytest.mark.parametrize("name", ENDPOINTS)
def test_each_endpoint_is_open_to_who_gives_the_scopes_told(name: str) -> None:
    needed = asked_for(ENDPOINTS[name])
    assert not needed or needed & TOLD


def test_no_scope_is_asked_for_that_opens_nothing() -> None:
    assert TOLD
    assert TOLD - {scope for endpoint in ENDPOINTS.values() for scope in asked_for(endpoint)} == set()

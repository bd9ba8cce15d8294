"""docs/hubspot-app: the project files ask for the scopes that going-live.md names, and subscribe to what Trellis understands."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from adapters.sandbox.hubspot.builtin import TABLES
from connector.rulebook.read import read_rulebook
from connector.steps.provision import hubspot_definitions
from connector.steps.taking_in.hubspot_events import Meaning, read_events
from webhooks.hubspot import PATH

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "docs" / "hubspot-app"
#: Professional and up: an app that requires it cannot be installed on a free portal, and static apps have no optional ones.
BY_TIER = {"automation"}
#: What people and sales put in; all else that Trellis defines, it writes itself.
PUT_IN = {"trellis_exclude", "trellis_sales_verdict"}
#: facts/hubspot.md §6.1
NEVER_TOLD = {"num_unique_conversion_events", "hs_lastmodifieddate"}


def _read(path: str) -> Any:
    return json.loads((APP / path).read_text(encoding="utf-8"))


WEBHOOKS = _read("src/app/webhooks/webhooks-hsmeta.json")["config"]
SUBSCRIPTIONS = [one for kind in WEBHOOKS["subscriptions"].values() for one in kind]


def test_the_files_lie_where_the_platform_looks_for_them_and_their_uids_differ():
    assert _read("hsproject.json")["srcDir"] == "src"
    found = {path.relative_to(APP).as_posix(): json.loads(path.read_text()) for path in APP.rglob("*-hsmeta.json")}
    assert {path: one["type"] for path, one in found.items()} == {
        "src/app/app-hsmeta.json": "app",
        "src/app/webhooks/webhooks-hsmeta.json": "webhooks",
    }
    uids = [one["uid"] for one in found.values()]
    assert len(set(uids)) == len(uids)
    assert all(re.fullmatch(r"[\w.-]{1,64}", uid) for uid in uids)


def test_the_app_asks_for_the_scopes_that_are_documented():
    config = _read("src/app/app-hsmeta.json")["config"]
    assert (config["distribution"], config["auth"]["type"]) == ("private", "static")
    page = (ROOT / "docs" / "going-live.md").read_text(encoding="utf-8")
    table = page.split("| for | scopes |")[1].split("\n\n")[0]
    told = set(re.findall(r"`([a-z_.]+)`", "".join(re.findall(r"^\|[^|]*\|([^|]*)\|", table, re.MULTILINE))))
    asked = config["auth"]["requiredScopes"]
    assert len(set(asked)) == len(asked)
    assert set(asked) == (told - BY_TIER) | {"oauth"}
    assert config["auth"]["optionalScopes"] == config["auth"]["conditionallyRequiredScopes"] == []
    readme = (APP / "README.md").read_text(encoding="utf-8")
    assert all(f"`{scope}`" in readme for scope in BY_TIER)


def test_the_address_is_that_of_the_receiver():
    assert WEBHOOKS["settings"]["targetUrl"].endswith(PATH)
    assert WEBHOOKS["settings"]["targetUrl"].startswith("https://")
    assert WEBHOOKS["settings"]["maxConcurrentRequests"] > 5  # facts/hubspot.md §6.1


@pytest.mark.parametrize("one", SUBSCRIPTIONS, ids=lambda one: one.get("propertyName") or one["subscriptionType"])
def test_what_is_subscribed_to_is_understood(one):
    event = {"subscriptionType": one["subscriptionType"], "objectId": 501, "portalId": 1, "occurredAt": 1787843156000}
    if one["subscriptionType"].startswith("object."):
        assert one["objectType"] == "contact"
        event["objectTypeId"] = "0-1"
    if one["subscriptionType"] == "object.merge":
        event |= {"primaryObjectId": 501, "mergedObjectIds": [502], "newObjectId": 503}
    (understood,) = read_events(json.dumps([event]).encode()) or ()
    assert understood.meaning is (Meaning.ERASE if "privacy" in one["subscriptionType"] else Meaning.READ)
    assert one["active"] is True


def test_properties_exist_are_told_of_and_are_none_that_trellis_writes():
    named = {one["propertyName"] for one in SUBSCRIPTIONS if "propertyName" in one}
    ours = {one.name for one in hubspot_definitions(read_rulebook(ROOT / "mappings"))}
    theirs = {line.split("|")[0] for line in TABLES["contacts"].strip().splitlines()}
    assert named - ours - theirs == set()
    assert named & ours == PUT_IN
    assert named & NEVER_TOLD == set()
    assert len(named) == sum("propertyName" in one for one in SUBSCRIPTIONS)

"""Pretend HubSpot answers in the shapes that real HubSpot was recorded with; skipped where the recordings are absent."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

RECORDED = Path(__file__).parents[4] / "shared" / "payloads"
pytestmark = pytest.mark.skipif(not RECORDED.is_dir(), reason="the recorded answers are not beside this checkout")


def recorded(name: str) -> list[dict]:
    return json.loads((RECORDED / f"hubspot_v3_{name}.json").read_bytes())["interactions"]


def shape(value: Any) -> Any:
    """Keys and types of a JSON value; a list has the shapes of its elements united, null fits anything."""
    if isinstance(value, dict):
        return {name: shape(each) for name, each in value.items()}
    if isinstance(value, list):
        return [united([shape(each) for each in value])]
    return None if value is None else type(value)


def united(shapes: list[Any]) -> Any:
    if all(isinstance(each, dict) for each in shapes) and shapes:
        return {name: united([each[name] for each in shapes if name in each]) for name in set().union(*shapes)}
    known = [each for each in shapes if each is not None]
    return known[0] if known else None


def assert_fits(ours: Any, real: Any, at: str = "body") -> None:
    """Every key of ours exists there with the same type, and none is missing."""
    if isinstance(real, dict) and isinstance(ours, dict):
        assert ours.keys() == real.keys(), at
        for name in real:
            assert_fits(ours[name], real[name], f"{at}.{name}")
    elif isinstance(real, list) and isinstance(ours, list):
        assert_fits(ours[0], real[0], f"{at}[]")
    elif ours is not None and real is not None:
        assert ours == real, at


@pytest.mark.parametrize("number", range(5))
def test_list_pages_and_searches(hub, number):
    interaction = recorded("contacts_list_and_search")[number]
    asked, real = interaction["request"], interaction["response"]
    hub.portal.settings.search_lag = 0
    for i in range(12):
        email = f"test{i}@example.org"
        hub.make(email=email, firstname="Test", lastname="User")
    url = urlsplit(asked["url"])
    answer = hub(asked["method"], f"{url.path}?{url.query}", asked["body"])
    assert answer.status_code == real["status"]
    assert answer.headers["Content-Type"] == real["headers"]["content-type"]
    assert_fits(shape(answer.json()), shape(real["body"]))


def test_refusals(hub):
    scopeless, _legacy, by_email, by_id = recorded("errors_403_404")
    granted, hub.portal.settings.scopes = hub.portal.settings.scopes, frozenset()
    answer, real = hub("GET", urlsplit(scopeless["request"]["url"]).path), scopeless["response"]
    assert (answer.status_code, answer.json()["message"]) == (real["status"], real["body"]["message"])
    assert set(real["body"]) <= set(answer.json())
    named = answer.json()["errors"][0]["context"]["requiredGranularScopes"]
    assert shape(named) == shape(real["body"]["errors"][0]["context"]["requiredGranularScopes"])
    hub.portal.settings.scopes = granted
    for recording in (by_email, by_id):
        url, real = urlsplit(recording["request"]["url"]), recording["response"]
        answer = hub("GET", f"{url.path}?{url.query}")
        assert (answer.status_code, answer.text) == (404, real["body"])
        assert answer.headers["Content-Type"] == real["headers"]["content-type"]


def test_property_definitions(hub):
    (interaction,) = recorded("contact_property_definitions")
    ours = {row["name"]: row for row in hub("GET", "/crm/v3/properties/contacts").json()["results"]}
    real = {row["name"]: row for row in interaction["response"]["body"]["results"]}
    shared = sorted(ours.keys() & real.keys())
    assert len(shared) > 50
    odd = [
        name
        for name in shared
        if (ours[name]["type"], ours[name]["fieldType"]) != (real[name]["type"], real[name]["fieldType"])
    ]
    assert odd == []
    known = set().union(*real.values())
    assert {key for name in shared for key in ours[name]} <= known | {"dataSensitivity"}
    for name in shared:
        locked = real[name].get("modificationMetadata", {}).get("readOnlyValue")
        assert ours[name]["modificationMetadata"]["readOnlyValue"] == locked, name

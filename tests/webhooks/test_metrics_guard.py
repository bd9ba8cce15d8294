"""Who may read `/metrics`: whoever shows the token; without one, this machine, and nobody through a proxy on it."""

import pytest

TOKEN = "metrics-token-0123456789"


def asked(world, *, token="", peer="127.0.0.1", **headers):
    world.metrics_token = token
    client = world.app().test_client()
    return client.get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": peer}).status_code


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.9.9.9", "::1"])
def test_without_a_token_this_machine(world, peer):
    assert asked(world, peer=peer) == 200


@pytest.mark.parametrize(
    "peer", ["192.0.2.7", "10.0.0.1", "0.0.0.0", "2001:db8::1", "", "unix:", "127.0.0.1.evil.example"]
)
def test_without_a_token_nobody_else(world, peer):
    assert asked(world, peer=peer) == 404


@pytest.mark.parametrize(
    "name",
    ["X-Forwarded-For", "x-forwarded-for", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Forwarded", "Via"],
)
def test_a_proxy_on_this_machine_is_not_this_machine(world, name):
    assert asked(world, **{name: "127.0.0.1"}) == 404
    assert asked(world, **{name: ""}) == 404


def test_who_shows_the_token_may_be_anywhere(world):
    shown = {"Authorization": f"Bearer {TOKEN}", "X-Forwarded-For": "192.0.2.7"}
    assert asked(world, token=TOKEN, peer="192.0.2.7", **shown) == 200
    assert asked(world, token=TOKEN, Authorization=f"bearer  {TOKEN}") == 200


@pytest.mark.parametrize(
    "shown",
    [
        "",
        "Bearer",
        "Bearer ",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        f"Basic {TOKEN}",
        TOKEN,
        "Bearer é",
        "Bearer \ud800",
    ],
)
def test_with_a_token_nobody_without_it(world, shown):
    assert asked(world, token=TOKEN, Authorization=shown) == 404


def test_health_is_everybodys(world):
    client = world.app().test_client()
    elsewhere = {"REMOTE_ADDR": "192.0.2.7"}
    assert client.get("/healthz", environ_base=elsewhere).status_code == 200
    assert client.get("/readyz", environ_base=elsewhere).status_code == 200

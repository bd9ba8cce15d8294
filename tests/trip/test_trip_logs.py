"""Promise 9: through a whole trip, its failures included, no address and no secret is logged or printed."""

import contextlib
import logging
import re
import urllib.error
import urllib.request

import pytest

from adapters.sandbox.faults import Fault
from connector.steps import sync as steps

REASONS = "SELECT reason FROM failure UNION ALL SELECT reason FROM intent UNION ALL SELECT reason FROM delivery"
ADDRESS = re.compile(r"[\w.+-]+(@|%40)[\w-]+\.\w+")


@pytest.fixture
def everything_said():
    """Every log line of every library at its most talkative, before our formatter redacts anything."""
    lines = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(f"{handler.format(record)} {getattr(record, 'facts', '')}")
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield lines
    root.removeHandler(handler)
    root.setLevel(level)


def test_no_address_and_no_secret_is_logged_through_a_whole_trip(make_world, everything_said, capfd):
    world = make_world()
    carla = world.new_lead("carla")
    world.new_member("dora")
    world.flush()
    world.work()
    post_badly(world)
    errors = fail_everywhere(world, carla)
    reasons = [row.reason for row in world.rows(REASONS)]
    world.sandbox.hubspot.life.erase(carla)
    world.flush()
    world.work()

    out, err = capfd.readouterr()
    told = "\n".join((out, err, *everything_said, *errors, *reasons))
    for said in ("no signature", "answered 401", "answered 400", "400 Forbidden"):
        assert said in told
    for person in world.population.people:
        for address in filter(None, (person.email, person.newsletter_email)):
            assert address.lower() not in told.lower()
    assert ADDRESS.search(told) is None
    given = world.settings
    for secret in (
        given.hubspot_access_token,
        given.hubspot_client_secret,
        given.mailchimp_api_key,
        given.mailchimp_webhook_token,
    ):
        assert secret not in told


def post_badly(world):
    """Deliveries that are refused, or stored and not understood; each with an address in it."""
    hook = world.settings.public_url
    bodies = {
        f"{hook}/webhooks/hubspot": b'[{"propertyValue": "nobody@canary.example"}]',
        f"{hook}/webhooks/mailchimp/{world.settings.mailchimp_webhook_token}": b"type=odd&data[email]=nobody%40canary.example",
        f"{hook}/webhooks/mailchimp/{world.settings.mailchimp_webhook_token}x": b"type=unsubscribe",
        f"{hook}/webhooks/{world.settings.mailchimp_webhook_token}?email=nobody@canary.example": b"",
    }
    for url, body in bodies.items():
        with contextlib.suppress(urllib.error.HTTPError):
            urllib.request.urlopen(
                urllib.request.Request(url, body, {"Content-Type": "application/x-www-form-urlencoded"})
            )
    assert (
        world.post([{"subscriptionType": "odd.kind", "objectId": 1, "propertyValue": "nobody@canary.example"}]) == 200
    )


def fail_everywhere(world, email):
    """Platforms that refuse with the address in their words; returns what Trellis says of it."""
    words = {"status": "error", "message": f"{email} is not welcome", "title": "Forbidden", "detail": email}
    for server in (world.sandbox.hubspot_server, world.sandbox.mailchimp_server):
        server.faults.add(Fault(method="PATCH|POST", path="update|members|merge", status=400, body=words, times=2))
        server.faults.add(Fault(method="GET", path="members|reports", status=403, body=words))
        server.faults.add(Fault(path="search", status=401, body=words))
    said = []
    for key in ("rita", "sara"):
        world.new_lead(key)
    for _ in range(3):
        world.pass_time(minutes=5)
        world.flush()
        for summary in (steps.work(world.parts), steps.sync(world.parts)):
            said += [repr(error) for error in summary.errors]
    for server in (world.sandbox.hubspot_server, world.sandbox.mailchimp_server):
        server.faults.clear()
    return said

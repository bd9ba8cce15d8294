"""One pretend Mailchimp over real HTTP, with one audience and the named people."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
import requests

from adapters.sandbox import Clock, Sandbox
from adapters.sandbox.mailchimp import Account, Audience
from adapters.sandbox.mailchimp.member import subscriber_hash
from adapters.sandbox.server import Server
from adapters.sandbox.web import Request, Response, Routes

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


class Api:
    """Calls below /3.0 with the right key; returns the raw answer."""

    def __init__(self, url: str, key: str) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.auth = ("anyone", key)

    def __call__(self, method: str, path: str, json: object = None, headers=None, **query) -> requests.Response:
        return self.session.request(
            method, self.url + path, json=json, params=query, headers=headers, timeout=10, allow_redirects=False
        )

    def body(self, path: str, **query) -> dict:
        answer = self("GET", path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()


class Receiver:
    """A webhook receiver: answers GET with `validator`, POST with the next of `statuses` (then 200)."""

    def __init__(self) -> None:
        self.validator = 200
        self.statuses: list[int] = []
        self.asked: list[Request] = []
        self.received: list[Request] = []
        routes = Routes()
        routes.add("GET", "/hook", self._ask)
        routes.add("POST", "/hook", self._take)
        self.server = Server(routes, name="receiver")
        self.url = f"{self.server.url}/hook"

    def _ask(self, request: Request) -> Response:
        self.asked.append(request)
        return Response(self.validator)

    def _take(self, request: Request) -> Response:
        self.received.append(request)
        return Response(self.statuses.pop(0) if self.statuses else 200)

    def types(self) -> list[str]:
        return [one.form()["type"][0] for one in self.received]


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def world(clock: Clock) -> Iterator[Sandbox]:
    with Sandbox(clock, hubspot=False) as sandbox:
        yield sandbox


@pytest.fixture
def account(world: Sandbox) -> Account:
    return world.mailchimp


@pytest.fixture
def main(account: Account) -> Audience:
    return account.add_audience("Main", id="main01")


@pytest.fixture
def api(world: Sandbox, main: Audience) -> Iterator[Api]:
    caller = Api(world.mailchimp_url, world.mailchimp.api_key)
    yield caller
    caller.session.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    with made.server:
        yield made


@pytest.fixture
def path() -> Callable[..., str]:
    """`path("maria@acme.example", "/tags")` → the member's path by MD5."""
    return lambda email, below="": f"/lists/main01/members/{subscriber_hash(email)}{below}"


@pytest.fixture
def maria(account: Account, main: Audience) -> str:
    account.life.subscribe("maria@acme.example", merge_fields={"FNAME": "Maria", "LNAME": "Soler"})
    return "maria@acme.example"


@pytest.fixture
def noor(account: Account, main: Audience) -> str:
    account.life.subscribe("noor@acme.example")
    account.life.unsubscribe("noor@acme.example")
    return "noor@acme.example"

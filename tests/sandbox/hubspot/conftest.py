"""A pretend portal on loopback, a client for it, and a receiver for its webhooks."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Lock

import pytest
import requests

from adapters.sandbox import Clock, Sandbox
from adapters.sandbox.server import Server
from adapters.sandbox.web import Request, Response, Routes

START = datetime(2026, 11, 20, 10, tzinfo=UTC)
V3, DATED = "/crm/v3/objects/contacts", "/crm/objects/2026-09/contacts"


class Hub:
    """Talks to pretend HubSpot as an app would."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.portal = sandbox.hubspot
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {self.portal.settings.token}"

    def __call__(self, method: str, path: str, body: object = None, **more) -> requests.Response:
        return self.session.request(method, self.sandbox.hubspot_url + path, json=body, timeout=10, **more)

    def make(self, **properties: object) -> str:
        answer = self("POST", V3, {"properties": properties})
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    def read(self, contact_id: str, *names: str) -> dict:
        return self("GET", f"{V3}/{contact_id}?properties={','.join(names)}").json()["properties"]

    def search(self, *filters: dict, **more: object) -> requests.Response:
        return self("POST", f"{V3}/search", {"filterGroups": [{"filters": list(filters)}], **more})

    def wait(self, **delta: float) -> None:
        self.sandbox.clock.advance(timedelta(**delta))


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Sandbox(Clock(START), mailchimp=False) as sandbox:
        client = Hub(sandbox)
        with client.session:
            yield client


class Receiver:
    """Collects webhook posts; `statuses` are answered one after the other, then 200."""

    def __init__(self) -> None:
        self.posts: list[Request] = []
        self.statuses: list[int] = []
        self._lock = Lock()
        routes = Routes()
        routes.add("POST", "/hook", self._take)
        self.server = Server(routes)

    def _take(self, request: Request) -> Response:
        with self._lock:
            self.posts.append(request)
            return Response(self.statuses.pop(0) if self.statuses else 200)

    @property
    def url(self) -> str:
        return f"{self.server.url}/hook?portal=a"

    @property
    def events(self) -> list[dict]:
        return [event for post in self.posts for event in json.loads(post.body)]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    with made.server:
        yield made

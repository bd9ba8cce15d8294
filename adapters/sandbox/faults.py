"""Faults by request: answers that go wrong on purpose."""

import random
import re
from dataclasses import dataclass, field
from threading import Lock
from typing import Literal

import orjson

from adapters.sandbox.web import Request, Response

Ending = Literal["whole", "drop", "truncate", "reset", "trickle"]


@dataclass
class Fault:
    """One rule. The first rule of the list that fits a request and is not used up applies.

    Attributes:
        method: regular expression for the whole method.
        path: regular expression searched in the path with its query.
        containing: a text that stands in the body; "" for any body.
        times: how many requests it hits; None for all.
        after: how many fitting requests pass unharmed first.
        probability: chance that a fitting request is hit.
        delay: seconds of waiting before the answer (after the effect, if any).
        apply: whether the real request takes effect; None means: only where no `status` is given.
        status, body, headers: the answer in place of the real one; a str body goes out as HTML, anything else as JSON.
        ending: how the answer ends: whole; drop (connection closed, no byte sent); truncate (clean close after half of
            the body, although Content-Length promised more); reset (the same with a TCP reset); trickle (a few bytes
            every `pause` seconds).
        pause: seconds between two pieces of a trickle.

    """

    method: str = ".*"
    path: str = ""
    containing: str = ""
    times: int | None = 1
    after: int = 0
    probability: float = 1.0
    delay: float = 0.0
    apply: bool | None = None
    status: int | None = None
    body: object = None
    headers: dict[str, str] = field(default_factory=dict)
    ending: Ending = "whole"
    pause: float = 0.05
    hits: int = field(default=0, init=False)

    def fits(self, request: Request) -> bool:
        """Whether method, path and body match."""
        return (
            re.fullmatch(self.method, request.method) is not None
            and re.search(self.path, request.target) is not None
            and self.containing.encode() in request.body
        )

    @property
    def takes_effect(self) -> bool:
        """Whether the real handler runs."""
        return self.status is None if self.apply is None else self.apply

    def response(self) -> Response | None:
        """The planned answer, None where the real one is to be sent."""
        if self.status is None:
            return None
        if self.body is None:
            return Response(self.status, b"", dict(self.headers))
        if isinstance(self.body, str):
            return Response(self.status, self.body.encode(), dict(self.headers), "text/html;charset=utf-8")
        return Response(self.status, orjson.dumps(self.body), dict(self.headers))


class Faults:
    """The list of rules of one server; thread-safe, reproducible by `seed`."""

    def __init__(self, seed: int = 0) -> None:
        self._lock = Lock()
        self._random = random.Random(seed)
        self._rules: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        """Append a rule and return it, so that its `hits` can be read later."""
        with self._lock:
            self._rules.append(fault)
        return fault

    def clear(self) -> None:
        """Remove every rule."""
        with self._lock:
            self._rules.clear()

    @property
    def rules(self) -> list[Fault]:
        """The rules, used-up ones included."""
        with self._lock:
            return list(self._rules)

    def strike(self, request: Request) -> Fault | None:
        """The rule that hits this request, counted as a hit."""
        if not self._rules:
            return None
        with self._lock:
            for rule in self._rules:
                if rule.times == 0 or not rule.fits(request):
                    continue
                if rule.after > 0:
                    rule.after -= 1
                    continue
                if rule.probability < 1.0 and self._random.random() >= rule.probability:
                    continue
                rule.hits += 1
                if rule.times is not None:
                    rule.times -= 1
                return rule
        return None

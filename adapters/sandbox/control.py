"""`/sandbox/…`: the control panel of a pretend platform over HTTP, for tests and demos in another process."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta

from adapters.sandbox.clock import Clock
from adapters.sandbox.effects import EffectLedger
from adapters.sandbox.faults import Fault
from adapters.sandbox.server import Server
from adapters.sandbox.web import Request, Response, Routes

Acts = Mapping[str, Callable[..., object]]


def control_routes(server: Callable[[], Server], clock: Clock, effects: EffectLedger, acts: Acts) -> Routes:
    """The control table of one server.

    - `GET|DELETE /sandbox/calls`: `{"total", "counts", "calls"}`; reset.
    - `GET|POST|DELETE /sandbox/faults`: list; add one (the fields of `Fault`); clear.
    - `GET|POST /sandbox/latency`: `{"ms"}`, how much longer every answer takes.
    - `GET /sandbox/effects?since=&kind=&platform=&person=&email=&flow=`: `{"effects": […]}`.
    - `GET|POST /sandbox/clock`: `{"now"}`; `{"advance_seconds": n}`, `{"fix": ISO}` or `{"resume": true}`.
    - `POST /sandbox/life`: `{"do": act, …arguments}`, one of `acts`; answers `{"result"}`.
    - `POST /sandbox/flush`: runs the act "flush", which waits until webhooks and due mails are out.
    """
    panel = _Panel(server, clock, effects, acts)
    routes = Routes(not_found=lambda request: _refused(f"nothing at {request.path}", 404))
    routes.add("GET", "/sandbox/calls", panel.calls)
    routes.add("DELETE", "/sandbox/calls", panel.reset_calls)
    routes.add("GET", "/sandbox/faults", panel.faults)
    routes.add("POST", "/sandbox/faults", panel.add_fault)
    routes.add("DELETE", "/sandbox/faults", panel.clear_faults)
    routes.add("GET", "/sandbox/latency", panel.latency)
    routes.add("POST", "/sandbox/latency", panel.set_latency)
    routes.add("GET", "/sandbox/effects", panel.effects)
    routes.add("GET", "/sandbox/clock", panel.time)
    routes.add("POST", "/sandbox/clock", panel.set_time)
    routes.add("POST", "/sandbox/life", panel.life)
    routes.add("POST", "/sandbox/flush", panel.flush)
    return routes


class _Panel:
    def __init__(self, server: Callable[[], Server], clock: Clock, effects: EffectLedger, acts: Acts) -> None:
        self._server = server
        self._clock = clock
        self._effects = effects
        self._acts = acts

    def calls(self, _request: Request) -> Response:
        log = self._server().calls
        return Response.json({"total": log.total, "counts": log.counts, "calls": [asdict(call) for call in log.calls]})

    def reset_calls(self, _request: Request) -> Response:
        self._server().calls.reset()
        return Response(204)

    def faults(self, _request: Request) -> Response:
        return Response.json({"faults": [asdict(rule) for rule in self._server().faults.rules]})

    def add_fault(self, request: Request) -> Response:
        try:
            fault = Fault(**request.json())
        except (TypeError, ValueError) as error:
            return _refused(str(error))
        return Response.json(asdict(self._server().faults.add(fault)), 201)

    def clear_faults(self, _request: Request) -> Response:
        self._server().faults.clear()
        return Response(204)

    def latency(self, _request: Request) -> Response:
        return Response.json({"ms": self._server().latency * 1000})

    def set_latency(self, request: Request) -> Response:
        ms = (request.json() or {}).get("ms")
        if not isinstance(ms, int | float) or ms < 0:
            return _refused("give ms, 0 or more")
        self._server().latency = ms / 1000
        return self.latency(request)

    def effects(self, request: Request) -> Response:
        if "settle" in self._acts:
            self._acts["settle"]()
        wanted = {name: values[0] for name, values in request.query.items()}
        since = int(wanted.pop("since", "0"))
        try:
            found = self._effects.of(since=since, **wanted)  # type: ignore[arg-type]
        except TypeError as error:
            return _refused(str(error))
        return Response.json({"effects": [effect.as_json() for effect in found]})

    def time(self, _request: Request) -> Response:
        return Response.json({"now": self._clock()})

    def set_time(self, request: Request) -> Response:
        wish = request.json() or {}
        if "advance_seconds" in wish:
            self._clock.advance(timedelta(seconds=wish["advance_seconds"]))
        elif "fix" in wish:
            self._clock.fix(datetime.fromisoformat(wish["fix"]))
        elif "resume" in wish:
            self._clock.resume()
        else:
            return _refused("give advance_seconds, fix or resume")
        if "settle" in self._acts:
            self._acts["settle"]()
        return self.time(request)

    def life(self, request: Request) -> Response:
        wish = dict(request.json() or {})
        act = self._acts.get(str(wish.pop("do", "")))
        if act is None:
            return _refused(f"do: one of {', '.join(sorted(self._acts))}")
        try:
            return Response.json({"result": act(**wish)})
        except (TypeError, ValueError, LookupError) as error:
            return _refused(f"{type(error).__name__}: {error}")

    def flush(self, _request: Request) -> Response:
        if "flush" in self._acts:
            self._acts["flush"]()
        return Response(204)


def _refused(message: str, status: int = 400) -> Response:
    return Response.json({"error": message}, status)

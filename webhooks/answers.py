"""Every answer is one line of JSON, and none says more than the caller may know."""

from __future__ import annotations

import json

from flask import Response


def answer(code: int, **what: object) -> Response:
    """Return a response with `what` as one line of JSON."""
    return Response(json.dumps(what) + "\n", status=code, mimetype="application/json")


def refuse(code: int, error: str) -> Response:
    """Return an error with its plain word."""
    return answer(code, error=error)

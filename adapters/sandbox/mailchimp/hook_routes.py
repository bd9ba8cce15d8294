"""Audience webhooks: create, read, change, delete."""

from typing import Any

from adapters.sandbox.mailchimp import asking, shape
from adapters.sandbox.mailchimp.account import Account
from adapters.sandbox.mailchimp.asking import Json
from adapters.sandbox.mailchimp.links import links
from adapters.sandbox.mailchimp.problems import invalid, not_found
from adapters.sandbox.mailchimp.webhooks import EVENTS, SOURCES, Hook
from adapters.sandbox.web import Request


def ask_receiver(account: Account, request: Request) -> None:
    """The GET that a new hook's address must answer with 200 (facts §4)."""
    url = asking.text(asking.body(request), "url")
    if not account.webhooks.answers_validator(url):
        raise invalid(("url", "We couldn't verify this webhook URL: it must answer a GET request with 200."))


def all_hooks(account: Account, request: Request) -> Json:
    """GET …/webhooks."""
    place = account.audience(request.params["list_id"])
    hooks = account.webhooks.of(place.id)
    answer: Json = {
        "webhooks": [_hook_json(one, request) for one in hooks],
        "list_id": place.id,
        "total_items": len(hooks),
    }
    if shape.wants_links(request):
        answer["_links"] = links(f"/lists/{place.id}/webhooks", "Lists/Webhooks")
    return answer


def create(account: Account, request: Request) -> Json:
    """POST …/webhooks: the only answer that ever shows `signing_secret`."""
    place, body = account.audience(request.params["list_id"]), asking.body(request)
    url = asking.text(body, "url")
    if any(one.url == url for one in account.webhooks.of(place.id)):
        raise invalid(("url", "Sorry, you can't set up multiple WebHooks for one URL"))
    hook = Hook(
        id=account.hex_id(),
        list_id=place.id,
        url=url,
        events=_switches(body, "events", EVENTS),
        sources=_switches(body, "sources", SOURCES),
        secret=account.hex_id(64) if account.webhooks.signing else None,
    )
    account.webhooks.hooks[hook.id] = hook
    shown = _hook_json(hook, request)
    if hook.secret is not None:
        shown["signing_secret"] = hook.secret
    return shown


def one_hook(account: Account, request: Request) -> Json:
    """GET …/webhooks/{id}."""
    return _hook_json(_found(account, request), request)


def update(account: Account, request: Request) -> Json:
    """PATCH …/webhooks/{id}."""
    hook, body = _found(account, request), asking.body(request)
    hook.url = str(body.get("url", hook.url))
    hook.events.update(_given(body, "events", EVENTS))
    hook.sources.update(_given(body, "sources", SOURCES))
    return _hook_json(hook, request)


def delete(account: Account, request: Request) -> None:
    """DELETE …/webhooks/{id}."""
    del account.webhooks.hooks[_found(account, request).id]


def _found(account: Account, request: Request) -> Hook:
    hook = account.webhooks.hooks.get(request.params["webhook_id"])
    if hook is None or hook.list_id != request.params["list_id"]:
        raise not_found()
    return hook


def _switches(body: Json, name: str, known: tuple[str, ...]) -> dict[str, bool]:
    """What is left out is off: the real default is undocumented, so no client should lean on one."""
    return {**dict.fromkeys(known, False), **_given(body, name, known)}


def _given(body: Json, name: str, known: tuple[str, ...]) -> dict[str, bool]:
    given: Any = body.get(name) or {}
    if not isinstance(given, dict) or not all(isinstance(value, bool) for value in given.values()):
        raise invalid((name, "Schema describes object of booleans, something else found instead"))
    return {key: value for key, value in given.items() if key in known}


def _hook_json(hook: Hook, request: Request) -> Json:
    shown = hook.as_json()
    if shape.wants_links(request):
        shown["_links"] = links(f"/lists/{hook.list_id}/webhooks/{hook.id}", "Lists/Webhooks")
    return shown


_ONE = "/lists/{list_id}/webhooks/{webhook_id}"
ROUTES = (
    ("GET", "/lists/{list_id}/webhooks", all_hooks),
    ("POST", "/lists/{list_id}/webhooks", create),
    ("GET", _ONE, one_hook),
    ("PATCH", _ONE, update),
    ("DELETE", _ONE, delete),
)

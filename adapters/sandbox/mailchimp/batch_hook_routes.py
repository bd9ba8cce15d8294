"""Batch webhooks: who is told that a batch has ended (facts/mailchimp.md §8.13)."""

from adapters.sandbox.mailchimp import asking, shape
from adapters.sandbox.mailchimp.account import Account
from adapters.sandbox.mailchimp.asking import Json
from adapters.sandbox.mailchimp.batches import Batch
from adapters.sandbox.mailchimp.links import links
from adapters.sandbox.mailchimp.problems import bad_request, not_found
from adapters.sandbox.mailchimp.webhooks import Hook
from adapters.sandbox.web import Request

EVENT = "batch_operation_completed"
#: Batch webhooks belong to no audience.
_NOWHERE = ""
_MAX = 20


def all_hooks(account: Account, request: Request) -> Json:
    """GET /batch-webhooks."""
    hooks = account.webhooks.of(_NOWHERE)
    shown = [_hook_json(one, request) for one in asking.page(request).cut(hooks)]
    return {"webhooks": shown, "total_items": len(hooks)}


def create(account: Account, request: Request) -> Json:
    """POST /batch-webhooks: its address has answered the validator; at most twenty."""
    if len(account.webhooks.of(_NOWHERE)) >= _MAX:
        raise bad_request(f"You may have at most {_MAX} batch webhooks.")
    url = asking.text(asking.body(request), "url")
    secret = account.hex_id(64) if account.webhooks.signing else None
    hook = Hook(account.hex_id(), _NOWHERE, url, {EVENT: True}, {"api": True}, secret)
    account.webhooks.hooks[hook.id] = hook
    return _hook_json(hook, request)


def delete(account: Account, request: Request) -> None:
    """DELETE /batch-webhooks/{id}."""
    hook = account.webhooks.hooks.get(request.params["webhook_id"])
    if hook is None or hook.list_id != _NOWHERE:
        raise not_found()
    del account.webhooks.hooks[hook.id]


def told(account: Account, batch: Batch, results: str) -> None:
    """Tell every batch webhook that a batch has ended."""
    shown = batch.as_json(results)
    account.webhooks.emit(_NOWHERE, EVENT, "api", [(f"data[{name}]", str(value)) for name, value in shown.items()])


def _hook_json(hook: Hook, request: Request) -> Json:
    shown: Json = {"id": hook.id, "url": hook.url, "enabled": not hook.disabled}
    if shape.wants_links(request):
        shown["_links"] = links(f"/batch-webhooks/{hook.id}", "BatchWebhooks")
    return shown


ROUTES = (
    ("GET", "/batch-webhooks", all_hooks),
    ("POST", "/batch-webhooks", create),
    ("DELETE", "/batch-webhooks/{webhook_id}", delete),
)

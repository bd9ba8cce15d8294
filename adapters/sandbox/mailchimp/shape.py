"""`fields`, `exclude_fields`, `_links` and the way times are written (facts/mailchimp.md §8.10, §8.17)."""

from datetime import UTC, datetime
from typing import Any

from adapters.sandbox.mailchimp.problems import bad_request
from adapters.sandbox.web import Request

#: Members of an answer that are there only when they have something to say: no error when asked for and absent.
_OPTIONAL = frozenset(
    {"ecommerce_data", "last_note", "unsubscribe_reason", "interests", "marketing_permissions", "total_contacts"}
    | {"sms_phone_number", "sms_subscription_status", "sms_subscription_last_updated", "conditions", "_links"}
    | {"processed_at_foreign", "updated_at_foreign", "cancelled_at_foreign"}
)
#: Objects whose keys depend on the account, or differ from row to row.
_FREE_KEYS = frozenset({"merge_fields", "properties", "interests", "options", "activity"})
Tree = dict[str, "Tree"]


def stamp(at: datetime | None) -> str:
    """ISO 8601 with `+00:00` and whole seconds; "" for never."""
    return "" if at is None else at.astimezone(UTC).isoformat(timespec="seconds")


def plain_stamp(at: datetime) -> str:
    """`YYYY-MM-DD HH:MM:SS` without a zone, as in webhooks and some tag answers."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def wants_links(request: Request) -> bool:
    """Whether any `_links` can survive the projection, so that the rest need not be built."""
    asked = request.arg("fields")
    return "_links" in asked if asked else True


def check(request: Request) -> None:
    """Refuse `fields` together with `exclude_fields`."""
    if request.arg("fields") and request.arg("exclude_fields"):
        raise bad_request("fields and exclude_fields can not be used together.")


def project(request: Request, answer: dict[str, Any]) -> dict[str, Any]:
    """The part of `answer` that the query asks for; raises Problem 400 for names that it cannot have."""
    if asked := request.arg("fields"):
        tree = _tree(asked)
        _refuse_unknown(tree, answer, ())
        return _only(answer, tree)
    if excluded := request.arg("exclude_fields"):
        tree = _tree(excluded)
        _refuse_unknown(tree, answer, ())
        return _without(answer, tree)
    return answer


def _tree(paths: str) -> Tree:
    root: Tree = {}
    for path in filter(None, (part.strip() for part in paths.split(","))):
        node = root
        for name in path.split("."):
            node = node.setdefault(name, {})
    return root


def _only(value: dict[str, Any], tree: Tree) -> dict[str, Any]:
    kept = {}
    for name, below in tree.items():
        if name in value:
            kept[name] = _each(value[name], below, _only) if below else value[name]
    return kept


def _without(value: dict[str, Any], tree: Tree) -> dict[str, Any]:
    kept = {}
    for name, item in value.items():
        if name not in tree:
            kept[name] = item
        elif tree[name]:
            kept[name] = _each(item, tree[name], _without)
    return kept


def _each(value: Any, tree: Tree, cut: Any) -> Any:
    if isinstance(value, list):
        return [cut(item, tree) if isinstance(item, dict) else item for item in value]
    return cut(value, tree) if isinstance(value, dict) else value


def _refuse_unknown(tree: Tree, sample: dict[str, Any], above: tuple[str, ...]) -> None:
    for name, below in tree.items():
        path = (*above, name)
        if name not in sample:
            if name in _OPTIONAL:
                continue
            raise bad_request(f"The following field is not available on this resource: {'.'.join(path)}")
        inside = sample[name]
        if isinstance(inside, list):
            inside = inside[0] if inside else None
        if below and isinstance(inside, dict) and name not in _FREE_KEYS:
            _refuse_unknown(below, inside, path)

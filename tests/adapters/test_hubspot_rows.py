"""Rows as HubSpot sends them, and what is concluded from those it does not send."""

from __future__ import annotations

from adapters.hubspot.rows import ids_not_found


def test_a_row_without_an_id_makes_nobody_missing() -> None:
    """Whose it is nobody knows: whoever was asked for along with her may not be taken for deleted."""
    rows = [{"id": "1", "properties": {}}, {"properties": {}}]
    assert ids_not_found({"results": rows}, ("1", "2"), rows) == ()


def test_whom_hubspot_names_is_missing_all_the_same() -> None:
    rows = [{"id": "1", "properties": {}}, {"properties": {}}]
    errors = [{"category": "OBJECT_NOT_FOUND", "context": {"ids": ["3"]}}]
    assert ids_not_found({"results": rows, "errors": errors}, ("1", "2", "3"), rows) == ("3",)

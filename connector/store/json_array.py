"""Many texts as one parameter of a statement."""

from __future__ import annotations

from collections.abc import Iterable

import orjson


def json_array(texts: Iterable[str]) -> str:
    """Texts for `json_array_elements_text`. As an SQL array, the driver looks at each text alone, at twenty times the cost."""
    return orjson.dumps([*texts]).decode()

"""From the words of a YAML condition to the tree of conditions.py. (Being written.)"""

from connector.rulebook.conditions import Condition, Every


def parse_condition(raw: object) -> Condition:
    """Parse `{field: {operator: value}, any: […], did: {…}}`. Raises ValueError with the cure."""
    raise NotImplementedError


def parse_text_test(raw: object) -> Condition:
    """Parse a bare test of one text, such as `{contains: demo}` or `Visited pricing`, over the name "asset"."""
    raise NotImplementedError


__all__ = ["Every", "parse_condition", "parse_text_test"]

"""What lies behind an error of urllib3 or requests."""

from __future__ import annotations

from collections.abc import Iterator


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error, what it was raised from, and what urllib3 and requests wrap as an argument or `reason`."""
    while error is not None:
        yield error
        wrapped = (getattr(error, "reason", None), *error.args, error.__cause__)
        error = next((inner for inner in wrapped if isinstance(inner, BaseException)), None)

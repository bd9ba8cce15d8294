"""The kept corpus: what platforms send, and what once broke something. A find becomes one more file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

CORPUS = Path(__file__).parent / "corpus"


def _bodies(platform: str) -> dict[str, bytes]:
    files = sorted(CORPUS.glob(f"{platform}__*.txt"))
    assert files
    texts = {file.stem: file.read_text(encoding="ascii").rstrip("\n") for file in files}
    return {name: text.encode().decode("unicode_escape").encode("latin-1") for name, text in texts.items()}


@pytest.fixture(scope="session")
def corpus() -> Callable[[str], dict[str, bytes]]:
    """Bodies of one platform by name: a file each, in ASCII, with Python's escapes for other bytes."""
    return _bodies

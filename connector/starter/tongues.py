"""Text as words, for comparing names and labels in any language, and the languages that the starter knows words of."""

from __future__ import annotations

import re

from connector.rulebook.folding import fold

_WORD = re.compile(r"[^\W_]+")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
#: What some YAML tools take for yes or no (rulebook/traps.py).
_NO_NAME = frozenset({"yes", "no", "on", "off"})
_NO_ID = re.compile(r"[^a-z0-9]+")


def words(text: str) -> tuple[str, ...]:
    """`"Tamaño de la empresa"` → tamano, de, la, empresa; also of `job_title` and `jobTitle`."""
    return tuple(_WORD.findall(fold(_HUMP.sub(" ", text))))


def place_of(phrase: tuple[str, ...], text: tuple[str, ...]) -> int | None:
    """Where `phrase` stands in `text`, word by word; None if it does not."""
    last = len(text) - len(phrase)
    return next((at for at in range(last + 1) if text[at : at + len(phrase)] == phrase), None) if phrase else None


def identifier(text: str, otherwise: str) -> str:
    """`"Dirección de Finanzas"` → `direccion_de_finanzas`: an id for the rulebook; `otherwise` where nothing is left."""
    plain = _NO_ID.sub("_", fold(text)).strip("_").lstrip("0123456789_")
    name = plain[:40].strip("_") or otherwise
    return f"{name}_{otherwise}" if name in _NO_NAME else name

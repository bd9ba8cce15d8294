"""Words of YAML that do not mean what they look like: to other tools, or to the person who wrote them.

Each function gives what is wrong and what to do, or None.
"""

from __future__ import annotations

import re
import unicodedata

Trap = tuple[str, str] | None

_BOOLEAN_IN_1_1 = frozenset({"yes", "no", "on", "off"})
_BASE_60 = re.compile(r"[-+]?\d[\d_]*(:[0-5]?\d)+(\.\d*)?", re.ASCII)
_OCTAL_IN_1_1 = re.compile(r"[-+]?0[\d_]+", re.ASCII)
_CURLY = "“”„‟«»‘’‚‹›"


def trap_of_key(key: str, *, plain: bool, empty: bool) -> Trap:
    """A key, `plain` if it stands without quotes, `empty` if nothing stands behind it."""
    if plain and key == "<<":
        return "merge keys (<<) are not YAML 1.2", "write the keys out"
    if plain and key.lower() in _BOOLEAN_IN_1_1:
        meaning = "true" if key.lower() in ("on", "yes") else "false"
        cure = 'write event:, or put it in quotes: "on"' if key == "on" else f'put it in quotes: "{key}"'
        return f"many tools read the key {key} as {meaning}", cure
    if plain and empty and key.isdecimal():
        return f"the comma makes {key} a key of its own", "write decimals with a point, such as 0.4"
    name, colon, value = key.partition(":")
    if plain and empty and colon:
        return f"there is no blank behind the colon of {key}", f"write {name}: {value}"
    if plain and empty:
        return "there is no value here", 'write one, or remove the key; what stands behind " #" is a comment'
    return _unprintable(key)


def trap_of_value(text: str, *, plain: bool) -> Trap:
    """A single value, `plain` if it stands without quotes."""
    if plain and text.lower() in _BOOLEAN_IN_1_1:
        cure = f'write true or false for yes or no, or "{text}" in quotes for the word'
        return f"{text} is a word to some tools and yes or no to others", cure
    if plain and _BASE_60.fullmatch(text):
        return f"{text} is a time to people and a number to some tools", f'put it in quotes: "{text}"'
    if plain and _OCTAL_IN_1_1.fullmatch(text):
        return f"{text} is an octal number to some tools", f'put it in quotes: "{text}"'
    if plain and len(text) > 1 and text[0] in _CURLY and text[-1] in _CURLY:
        return f"the curly quotes of {text} are taken for letters", f'write straight ones: "{text[1:-1]}"'
    return _unprintable(text)


def _unprintable(text: str) -> Trap:
    """Control characters, and halves of characters that no file can hold."""
    for sign in text:
        if unicodedata.category(sign) in ("Cc", "Cs") and sign not in "\t\n":
            cure = r"in double quotes a backslash begins a code; write regular expressions in single quotes: '\b'"
            return f"holds a sign that nobody sees (U+{ord(sign):04X})", cure
    return None

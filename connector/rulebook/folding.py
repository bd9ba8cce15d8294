"""Text as people compare it: without case, without accents, by words. The same for Spanish, Catalan and English."""

from __future__ import annotations

import re
import unicodedata

#: Signs that people type for one another, and letters that Unicode does not take apart into a letter and a mark.
_PLAIN = {
    **{ord(sign): plain for sign, plain in zip("’‘ʼ´′‐‑‒–—―−", "'''''-------", strict=True)},
    **{ord(sign): plain for sign, plain in zip("ıøØłŁđĐ", "ioOlLdD", strict=True)},
    ord("æ"): "ae",
    ord("Æ"): "AE",
    ord("œ"): "oe",
    ord("Œ"): "OE",
}

#: The point of the Catalan l·l, which many leave out: "col·laboradora", "collaboradora".
_POINT = re.compile("(?<=[lL])[·•‧∙⋅](?=[lL])")


def strip_marks(text: str) -> str:
    """Take `text` apart (NFKD), drop accents, the point of l·l and signs that nobody sees; straighten apostrophes and
    dashes: "Façana d’Àger" → "Facana d'Ager".
    """
    decomposed = unicodedata.normalize("NFKD", text.translate(_PLAIN))
    seen = (sign for sign in decomposed if not unicodedata.combining(sign) and unicodedata.category(sign) != "Cf")
    return _POINT.sub("", "".join(seen).translate(_PLAIN))


def fold(text: str) -> str:
    """`text` without case, accents and spare white space; folding twice changes nothing."""
    if not text.isascii():
        # Folding case can bring a mark back ("İ" → "i̇"), so marks go before and after.
        text = strip_marks(strip_marks(text).casefold()).casefold()
    return " ".join(text.lower().split())


def holds_words(needle: str, text: str) -> bool:
    """True if `needle` stands in `text` from the start of a word (both folded): "cfo" in "group cfo", "fo" not.

    A needle that begins with a sign, such as "/blog", may stand anywhere; where a word ends does not matter, so that
    "finan" finds "finance" and "financiera".
    """
    anywhere = not needle[:1].isalnum()
    at = text.find(needle)
    while at > 0 and not anywhere and text[at - 1].isalnum():
        at = text.find(needle, at + 1)
    return at >= 0

"""When a request has come in whole, told from its bytes alone. Pure: who reads the bytes, and how patiently, is the worker's.

It only finds ends. What the bytes mean, and whether they may stand there at all, is judged by gunicorn's own parser.
"""

from __future__ import annotations

import re

from webhooks.receiving import MAX_BODY_BYTES

#: A head that has not ended by then is nobody's: those of the platforms, with what proxies add, have some 2,000.
MAX_HEAD_BYTES = 64 * 1024
#: What chunks may add to a body of the largest size: their lengths and line ends, and a trailer.
MAX_CHUNKED_BYTES = MAX_BODY_BYTES + 64 * 1024

_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,18})[ \t]*(?=\r\n)", re.IGNORECASE)
_CODED = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)
_EXPECTS = re.compile(rb"\r\nexpect:[ \t]*100-continue[ \t]*(?=\r\n)", re.IGNORECASE)
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})(?=[ \t;]|\Z)")
#: The longest line of a chunk's size, and the longest trailer.
_MAX_LINE_BYTES = 4096


class Arrival:
    """The bytes of one request, as they come.

    `whole`: the request is there to its end (what came behind it is the next one's). `hopeless`: it will be refused,
    so there is nothing to wait for: too long, broken off, or framed in a way that nobody understands.
    """

    def __init__(self, begun: bytes = b"") -> None:
        self.data = bytearray()
        self.whole = False
        self.hopeless = False
        self.expects_continue = False
        self._searched = 0
        self._body: int | None = None
        self._length = 0
        self._chunk: int | None = None
        if begun:
            self.add(begun)

    @property
    def has_head(self) -> bool:
        """Whether there is somebody to answer: a request line and headers, to their end."""
        return self._body is not None

    def add(self, piece: bytes) -> None:
        """Take the next bytes."""
        self.data += piece
        if self._body is None:
            self._look_for_the_head()
        if self._body is None or self.hopeless:
            return
        if self._chunk is None:
            self.whole = len(self.data) >= self._body + self._length
        else:
            self._follow_the_chunks()

    def end(self) -> None:
        """Nothing more will come."""
        self.hopeless = not self.whole

    def _look_for_the_head(self) -> None:
        at = self.data.find(b"\r\n\r\n", max(0, self._searched - 3))
        self._searched = len(self.data)
        if at < 0:
            self.hopeless = len(self.data) > MAX_HEAD_BYTES
            return
        self._body = at + 4
        head = bytes(self.data[: at + 2])
        lengths = _LENGTH.findall(head)
        if _CODED.search(head):
            self._chunk, self.hopeless = self._body, bool(lengths)
        elif lengths:
            self._length = int(lengths[0])
            self.hopeless = len(lengths) > 1 or self._length > MAX_BODY_BYTES
        self.expects_continue = bool(_EXPECTS.search(head))

    def _follow_the_chunks(self) -> None:
        assert self._chunk is not None
        assert self._body is not None
        while self._chunk < len(self.data):
            line = self.data.find(b"\r\n", self._chunk)
            size = _SIZE.match(self.data, self._chunk, line) if line >= 0 else None
            if line >= 0 and size is None:
                self.hopeless = True
                return
            if size is None or int(size[0], 16) == 0:
                self.whole = size is not None and self.data.find(b"\r\n\r\n", line) >= 0
                self.hopeless = not self.whole and len(self.data) - self._chunk > _MAX_LINE_BYTES
                return
            self._chunk = line + 2 + int(size[0], 16) + 2
        self.hopeless = len(self.data) - self._body > MAX_CHUNKED_BYTES

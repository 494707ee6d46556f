"""HTTP/2's frames as they pass by: whether the server says good-bye (RFC 9113 § 6.8). No I/O, and no library.

A server that has had enough of a connection sends GOAWAY, still answers what it has taken, and then closes. h2 takes no
frame after a GOAWAY and so would lose that answer: a good-bye that spares the request under way is kept from it.
"""

from __future__ import annotations

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_HEAD = 9
_HEADERS, _GOAWAY = 0x1, 0x7
#: Bytes of the longest frame that we allow a server (RFC 9113 § 4.2); a longer one is left to h2's judgement.
_LONGEST = 16_384


class Frames:
    """Watches both directions of one connection. `leaving` is set when the server will take no more requests."""

    def __init__(self) -> None:
        self.leaving = False
        self._stream = 0
        self._rest = b""
        self._passing = 0

    def sent(self, data: bytes) -> None:
        """Takes note of the newest stream. What h2 sends are whole frames."""
        at = len(_PREFACE) if data.startswith(_PREFACE) else 0
        while at + _HEAD <= len(data):
            if data[at + 3] == _HEADERS:
                self._stream = _stream_id(data, at + 5)
            at += _HEAD + int.from_bytes(data[at : at + 3])

    def received(self, data: bytes) -> bytes:
        """What is to be passed on of it; nothing, where there was no more than a good-bye, or a part of one."""
        data = self._rest + data
        passed: list[bytes] = []
        at = 0
        while at < len(data):
            if self._passing:
                piece = data[at : at + self._passing]
                self._passing -= len(piece)
                passed.append(piece)
                at += len(piece)
                continue
            if len(data) - at < _HEAD:
                break
            whole = _HEAD + int.from_bytes(data[at : at + 3])
            if data[at + 3] != _GOAWAY or whole > _LONGEST:
                self._passing = whole
            elif len(data) - at < whole:
                break
            elif self._is_good_bye(data, at + _HEAD):
                self.leaving = True
                at += whole
            else:
                self._passing = whole
        self._rest = data[at:]
        return b"".join(passed)

    def _is_good_bye(self, data: bytes, at: int) -> bool:
        """Whether the GOAWAY is without error, and its last stream is not before ours."""
        no_error = data[at + 4 : at + 8] == bytes(4)
        return no_error and _stream_id(data, at) >= self._stream


def _stream_id(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4]) & 0x7FFFFFFF

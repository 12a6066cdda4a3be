"""Keeps messages that are too big out of the websocket library, and the connection alive.

The library knows one answer to a message beyond its limit: it fails the connection. A station that a single 10 MB
frame can throw off the wire is easily kept off it, so this gate stands before the library, reads nothing but frame
headers (RFC 6455, 5.2), and forwards bytes as they come. A data frame that would take its message over the limit is
forwarded as an empty one, and its payload is dropped as it arrives, and never buffered. ``spoilt`` is true while
the library handles frames of such a message, so that its receiver can drop the rest of it. Its beginning is kept, for
it may name the CALL that it is, and each CALL is answered (OCPP-J 4.2.3).

What the library would refuse by itself (a masked frame, an unknown opcode, an oversize control frame) it gets as it is.

A frame from a server (RFC 6455, 5.2; numbers big-endian):

    byte 0      FIN 0x80 | RSV 0x70 | opcode 0x0F   0 continuation, 1 text, 2 binary, 8 close, 9 ping, 10 pong
    byte 1      MASK 0x80 | length 0x7F             up to 125: the length itself; 126, 127: it follows
    bytes 2..   nothing, or the length in 2 (126) or 8 (127) bytes
    then        the payload
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from attrs import define, field

# FIN: the last frame of a message. Opcodes 3 to 7 and 11 to 15 are reserved (5.2).
_FIN: Final = 0x80
_MASKED: Final = 0x80
_OPCODE: Final = 0x0F
_CONTINUATION: Final = 0
_TEXT: Final = 1
_WHOLE_TEXT: Final = 0x81
_LAST_DATA_OPCODE: Final = 2
_FIRST_CONTROL_OPCODE: Final = 8
_LAST_CONTROL_OPCODE: Final = 10
_MAX_SHORT: Final = 125
"""As much has a control frame; more in any frame makes its header longer."""
HEADROOM: Final = _MAX_SHORT
"""The library has to take as much more than the gate: it counts a ping between two fragments towards their message."""
_LENGTH_BYTES: Final = {126: 2, 127: 8}
MOST_FRAMES: Final = 64
"""So many frames go on in one piece: a read of 256 KiB may hold 131,072 empty ones, and each costs the library as much
as a long one."""
BEGINNING_BYTES: Final = 256
"""So much is kept of a message: ``[2,"`` and an id of 36 characters take no more, with space for blanks."""


@define
class FrameGate:
    """One direction of one connection, from the first byte after the handshake."""

    max_message_bytes: int
    spoilt: bool = field(default=False, init=False)
    """The data frame just passed on belongs to a message that is too big."""

    _held: bytes = field(default=b"", init=False)
    """The beginning of a header whose rest has not come: at most 9 bytes of the 10 that one can have without a mask."""
    _left: int = field(default=0, init=False)
    """Payload of the current frame that has not come yet."""
    _dropping: bool = field(default=False, init=False)
    """That payload is not passed on."""
    _message_bytes: int = field(default=0, init=False)
    """What the frames of the current message had so far."""
    _given_up: bool = field(default=False, init=False)
    """The library is about to fail the connection: look no further."""
    _is_text: bool = field(default=False, init=False)
    """The current message is."""
    _in_message: bool = field(default=False, init=False)
    """The current frame is one of it, and no control frame between two."""
    _is_last: bool = field(default=False, init=False)
    """The current frame of it is its last."""
    _beginning: bytes = field(default=b"", init=False)
    """Of the current message."""
    _untold: bool = field(default=False, init=False)
    """It is dropped, and its beginning is still to come."""
    _dropped: list[bytes] = field(factory=list, init=False)

    def beginnings(self) -> list[bytes]:
        """Of the text messages that were dropped, and were not asked for yet; as soon as so much of one has come."""
        dropped, self._dropped = self._dropped, []
        return dropped

    def pass_on(self, data: bytes) -> Iterable[bytes]:
        """What the library may see of ``data``; handle each piece before asking for the next.

        A piece holds at most ``MOST_FRAMES`` frames, so that the loop may have a turn between two of them.
        """
        return (data,) if self._is_plain(data) else self._pieces(data)

    def _is_plain(self, data: bytes) -> bool:
        """Whether it is one short text message and nothing else, as nearly all are: there is nothing to look after."""
        if self._held or self._left:
            return False
        size = len(data) - 2
        return 0 <= size <= min(self.max_message_bytes, _MAX_SHORT) and data[0] == _WHOLE_TEXT and data[1] == size

    def _pieces(self, data: bytes) -> Iterator[bytes]:
        data, self._held = self._held + data, b""
        # Bytes from ``start`` to ``at`` have been looked at and not yet passed on: what fits goes on in one piece,
        # up to ``MOST_FRAMES``.
        start = at = frames = 0
        while at < len(data) and not self._given_up:
            if self._left:
                at = self._payload(data, at)
                start = at if self._dropping else start
                continue
            size, length = _header(data, at)
            if not size:
                data, self._held = data[:at], data[at:]
            elif self._fits(data[at], data[at + 1], length):
                self._left, self._dropping = length, False
                at, frames = at + size, frames + 1
                if frames == MOST_FRAMES:
                    yield data[start:at]
                    start, frames = at, 0
            else:
                if start < at:
                    yield data[start:at]
                self._untold = self._untold or (self._is_text and not self.spoilt)
                self.spoilt = True
                # FIN and opcode as they came, length 0: the library sees each frame of the message, so a fragmented one
                # (5.4) begins and ends for it as it does on the wire, and a ping between two of its fragments is
                # answered.
                yield bytes((data[at], 0))
                self.spoilt = not data[at] & _FIN
                self._left, self._dropping = length, True
                self._tell()
                start = at = at + size
                frames = 0
        if start < len(data):
            yield data[start:]

    def _payload(self, data: bytes, at: int) -> int:
        taken = min(self._left, len(data) - at)
        self._left -= taken
        if self._in_message:
            self._beginning += data[at : at + min(taken, BEGINNING_BYTES - len(self._beginning))]
            self._tell()
        return at + taken

    def _tell(self) -> None:
        if self._untold and (len(self._beginning) == BEGINNING_BYTES or (self._is_last and not self._left)):
            self._dropped.append(self._beginning)
            self._untold = False

    def _fits(self, first: int, second: int, length: int) -> bool:
        """Count a frame towards its message; False where it has to be dropped."""
        opcode = first & _OPCODE
        # A client fails the connection on a masked frame (5.1), a reserved opcode (5.2), a control frame above 125
        # bytes (5.5): the library does, and what comes behind such a frame need not be understood.
        if second & _MASKED or (opcode > _LAST_DATA_OPCODE and not _sound_control(opcode, length)):
            self._given_up = True
            return True
        self._in_message = opcode <= _LAST_DATA_OPCODE
        if not self._in_message:
            return True
        self._is_last = bool(first & _FIN)
        # Only a continuation adds to what came before (5.4): any other data frame begins a message.
        if opcode != _CONTINUATION:
            self._is_text, self._beginning, self._untold = opcode == _TEXT, b"", False
        self._message_bytes = length + (self._message_bytes if opcode == _CONTINUATION else 0)
        return not self.spoilt and self._message_bytes <= self.max_message_bytes


def _sound_control(opcode: int, length: int) -> bool:
    return _FIRST_CONTROL_OPCODE <= opcode <= _LAST_CONTROL_OPCODE and length <= _MAX_SHORT


def _header(data: bytes, at: int) -> tuple[int, int]:
    """Size of the header there and length of its payload; (0, 0) where it is not all here."""
    if len(data) < at + 2:
        return 0, 0
    length = data[at + 1] & 0x7F
    more = _LENGTH_BYTES.get(length, 0)
    if len(data) < at + 2 + more:
        return 0, 0
    # Python's integers have no width: a length of 2^63 and more, which 5.2 forbids, is too big like any other.
    return 2 + more, int.from_bytes(data[at + 2 : at + 2 + more]) if more else length

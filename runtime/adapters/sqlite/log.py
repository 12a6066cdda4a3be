"""The write-ahead log of the store, read without SQLite, to see whether any of it is damaged.

SQLite takes the frames of a log up to the first whose checksum is wrong, and drops the rest silently, because
that is how it finds the torn end that a power cut leaves. A flipped bit in the middle looks the same to it, and costs
every later commit. The layout (https://sqlite.org/walformat.html, numbers big-endian):

    header, 32 bytes   magic 4, version 4, page size 4, checkpoint 4, salts 8, checksum 8
    frame, 24 + 4096   page 4, size of the database in pages 4 (0 where no commit ends), salts 8, checksum 8, the page

The salts are new whenever the log begins from its start, so older frames that still lie behind do not have them.
A checksum goes on from the one before: over a frame's page, size and image, and so on. That chain can be taken up again
behind a broken frame, from the checksum that stands in it, so each frame is judged for itself.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from attrs import define, field

from model.record import frozen
from runtime.adapters.private_files import read_file

PAGE_BYTES: Final = 4096
"""Every database of ours has pages of this size."""

# The two layouts above. Version and number of the checkpoint are not read: the first is covered by the checksum, the
# second says nothing about damage.
HEADER: Final = struct.Struct(">I4xI4x8s8s")
FRAME: Final = struct.Struct(">II8s8s")
FRAME_BYTES: Final = FRAME.size + PAGE_BYTES

MAX_LOG_BYTES: Final = 1024 * 1024 * 1024
"""More is not read: a log is cut back to half a MiB, and one commit never comes near this."""

MAX_PAGE: Final = 2**31 - 1

MASK: Final = 0xFFFFFFFF

MAGIC: Final = 0x377F0682 + (sys.byteorder == "big")
ORDERS: Final = {0x377F0682: "<", 0x377F0683: ">"}
"""The order of bytes in which checksums take their words, by the magic: that of the machine which wrote the log."""

# A try computes 31 checksums of a page, each in Python: a log that is broken throughout must not take a minute.
MAX_TRIES: Final = 16
"""So many broken frames are tried with other page numbers."""

Sums = tuple[int, int]


@define
class Frame:
    """One image of a page.

    ``sound``: it is what was written, as its checksum says. ``clean``: so are the salts and the checksum itself.
    ``other_page``: the page that it would be of, were one bit of its page number wrong and nothing else; 0 for none.
    """

    page: int
    size: int
    image: bytes
    clean: bool
    sound: bool
    other_page: int = 0


@frozen
class Log:
    """The frames of one generation, in the order of writing, broken ones among them.

    ``why``: what is damaged, empty for a sound log, the torn end of a commit that never was left out. ``committed``: so
    many of the frames belong to commits that were durable. ``gone``: so many pages of such commits are not among them.
    """

    why: str = ""
    gone: int = 0
    committed: tuple[Frame, ...] = field(default=(), repr=False)


def examine_log(path: Path, salts: bytes, frames: int) -> Log:
    """The log at ``path``; ``frames`` of the generation with these ``salts`` are known to have been durable.

    Raises OSError.
    """
    try:
        raw = read_file(path, MAX_LOG_BYTES)
    except FileNotFoundError:
        if not frames:
            return Log()
        return Log(f"{path.name} is missing, with {frames} pages of what was committed", frames)
    reader = _Reader(raw)
    known = frames if reader.broken or reader.salts in (b"", salts) else 0
    return _judge(path.name, reader, known)


def _judge(name: str, reader: _Reader, known: int) -> Log:
    """Which frames were committed, and the first that is not as it was written."""
    frames = reader.frames
    # SQLite stops at the first frame that is not clean; if a commit ends behind it, one that was durable is lost to it.
    bad = next((number for number, frame in enumerate(frames, start=1) if not frame.clean), len(frames) + 1)
    # A commit ends with the frame that says how large the database is then; what follows the last one is of no commit.
    ends = [number for number, frame in enumerate(frames, start=1) if frame.sound and frame.size]
    last = ends[-1] if ends else 0
    if not (bad <= max(last, known) or (reader.broken and frames)):
        return Log(committed=tuple(frames[: max(last, known)]))
    before = max((end for end in ends if end < bad), default=0)
    # A commit is written only when the one before it is on the disk. So a broken frame in the last commit may be a
    # power cut's, of a commit that never was, written out of order: told, and not taken, unless it is known to be there
    doubtful = bad > known and last == len(frames) and not any(bad <= end < last for end in ends)
    why = f"the header of {name}" if reader.broken else f"frame {bad} of {len(frames)} of {name}"
    missing = bad > len(frames) and not reader.broken
    why = f"{name} is cut after {len(frames)} of {known} pages" if missing else f"{why} is not what was written"
    committed = tuple(frames[: before if doubtful else max(last, known)])
    return Log(why, max(last, known) - len(committed), committed)


class _Reader:
    """The frames of a log, each judged by its own checksum."""

    def __init__(self, raw: bytes) -> None:
        self.frames: list[Frame] = []
        self.broken, self._tries = False, MAX_TRIES
        self.salts = b""
        if len(raw) < HEADER.size:
            return
        magic, page_bytes, self.salts, stored = HEADER.unpack_from(raw)
        self._order = ORDERS.get(magic, ORDERS[MAGIC])
        # Of the header all but the checksum itself is summed, from zero; the first frame goes on from there.
        computed = self._sum((0, 0), raw[: HEADER.size - len(stored)])
        self.broken = magic not in ORDERS or computed != _sums(stored) or page_bytes != PAGE_BYTES
        self._read(raw, [_sums(stored), computed])

    def _read(self, raw: bytes, seeds: list[Sums]) -> None:
        """``seeds``: what the next checksum may go on from: as it stands in the file, and as it should stand there."""
        held, ours = True, 0
        for number, at in enumerate(range(HEADER.size, len(raw) - FRAME_BYTES + 1, FRAME_BYTES), start=1):
            page, size, salts, stored = FRAME.unpack_from(raw, at)
            image = raw[at + FRAME.size : at + FRAME_BYTES]
            if self.broken and number == 1:
                self.salts = salts
            frame = Frame(page, size, image, clean=False, sound=False)
            self.frames.append(frame)
            # Other salts, and the chain is broken too: a frame of an earlier generation, over which the log has not got
            # yet. One with a flipped salt would still go on from a frame that holds.
            if salts != self.salts and not held:
                seeds = [_sums(stored)]
                continue
            # Page and size of the header, then the page. The salts are not summed; they are compared.
            sums = [self._sum(seed, raw[at : at + 8] + image) for seed in seeds]
            frame.sound = _sums(stored) in sums
            frame.clean = sums[0] == _sums(stored) and salts == self.salts
            if frame.sound and not frame.clean and number > 1 and sums[0] != _sums(stored):
                self.frames[-2].sound = True  # its checksum was hit, not its page
            if not frame.sound and salts == self.salts and self._tries:
                self._tries -= 1
                frame.other_page = self._other_page(seeds[0], frame, _sums(stored))
            held = frame.sound
            # Behind a broken frame the chain goes on from the checksum that stands there, or, if that was hit itself,
            # from the one that should.
            seeds = [_sums(stored)] if frame.sound else [_sums(stored), sums[0]]
            ours = number if frame.sound or salts == self.salts else ours
        # What an earlier generation has left behind the end of this one.
        del self.frames[ours:]

    def _other_page(self, seed: Sums, frame: Frame, stored: Sums) -> int:
        rest = struct.pack(">I", frame.size) + frame.image
        others = (frame.page ^ 1 << bit for bit in range(MAX_PAGE.bit_length()))
        fitting = (page for page in others if self._sum(seed, struct.pack(">I", page) + rest) == stored)
        return next(fitting, 0)

    def _sum(self, seed: Sums, data: bytes) -> Sums:
        first, second = seed
        for one, other in self._pairs(data):
            # s0 += x[i] + s1; s1 += x[i+1] + s0, modulo 2^32 (https://sqlite.org/fileformat2.html, 4.2).
            first = (first + one + second) & MASK
            second = (second + other + first) & MASK
        return first, second

    def _pairs(self, data: bytes) -> Iterator[tuple[int, int]]:
        words = struct.unpack(f"{self._order}{len(data) // 4}I", data)
        return zip(words[::2], words[1::2], strict=True)


def _sums(stored: bytes) -> Sums:
    first, second = struct.unpack(">II", stored)
    return first, second

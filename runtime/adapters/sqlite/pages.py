"""The records in the pages of a store, read without SQLite, which gives up where a page makes no sense to it.

The whole store is one table without row ids, so it is one b-tree, from page 2 down, in whose pages, interior ones too,
the records stand as cells (https://sqlite.org/fileformat2.html, 1.6 and 2.1; numbers big-endian). A page that cannot be
followed costs what stood on it: the pages below one that is lost are looked for among all that nothing else accounts
for, but for free ones, where records lie that were forgotten. Whether a record is what was written, its own checksum
says; nothing here is trusted but that.

Where the newest image of a page is damaged, the one before it (the log has it, or the file) fills the gaps.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from attrs import define, field

from runtime.adapters.sqlite.log import PAGE_BYTES, Frame
from runtime.adapters.sqlite.migrations import checksum

ROOT: Final = 2
"""The page of the table's root: it was made first."""

INTERIOR, LEAF = 0x02, 0x0A
"""What the first byte of an index page says."""

# A page (1.6):  0 kind 1, first free block 2, cells 2, start of their content 2, fragmented bytes 1
#                8 rightmost child 4 (an interior page only), then for each cell its offset 2, in the order of keys
# A cell:        left child 4 (an interior page only), size of the payload as a varint, payload, overflow page 4
HEADER_BYTES: Final = {INTERIOR: 12, LEAF: 8}

# Of an index page of U bytes: X = (U-12)*64/255-23 bytes of a payload stand on it at most. Of a longer one of P bytes
# it is M + (P-M) mod (U-4), where that is not above X, else M, with M = (U-12)*32/255-23 (1.6).
MAX_LOCAL: Final = (PAGE_BYTES - 12) * 64 // 255 - 23
MIN_LOCAL: Final = (PAGE_BYTES - 12) * 32 // 255 - 23
OVERFLOW_BYTES: Final = PAGE_BYTES - 4
"""Of a longer payload, part lies on pages of its own, chained by their first four bytes."""

MAX_PAYLOAD_BYTES: Final = 16 * 1024 * 1024
"""No record of ours comes near it."""

INTEGER_BYTES: Final = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8, 8: 0, 9: 0}
"""How long a column is that holds an integer, by its serial type; 8 and 9 are the numbers 0 and 1 themselves."""

MORE: Final = 0x80
"""The bit that says that a further byte belongs to the number."""

# Serial types (2.1): 12 and more, even: a blob of (n-12)/2 bytes; 13 and more, odd: a text of (n-13)/2.
FIRST_TEXT: Final = 13
COLUMNS: Final = 4


class Row(NamedTuple):
    """A record as it was found."""

    space: str
    key: str
    value: str
    checksum: int

    @property
    def sound(self) -> bool:
        """Whether it is what was written."""
        return self.checksum == checksum(self.space, self.key, self.value)


@define
class Page:
    """What an image of a page says; not ``whole`` where part of it could not be followed."""

    rows: list[Row] = field(factory=list)
    children: list[int] = field(factory=list)
    whole: bool = True

    @property
    def sound(self) -> bool:
        """Whether all of it can be relied on."""
        return self.whole and all(row.sound for row in self.rows)


class Pages:
    """The pages of a database as its file and the committed frames of its log have them."""

    def __init__(self, file: int, frames: Sequence[Frame]) -> None:
        """``file``: a descriptor, or -1 where there is no file."""
        self._file = file
        self._images: dict[int, tuple[bytes, ...]] = {}
        self.lost: set[int] = set()
        """Pages of the table that could not be followed to their end."""
        self.count = os.fstat(file).st_size // PAGE_BYTES if file >= 0 else 0
        # What a broken frame says of its page may be anything: pages beyond the largest that the database ever had are
        # none.
        limit = max([self.count, *(frame.size for frame in frames if frame.sound)])
        for frame in frames:
            self._lay(frame, limit)
        self.count = max([self.count, *self._images])

    def _lay(self, frame: Frame, limit: int) -> None:
        """A sound frame is the page from now on; a broken one is its newest image, before the last sound one."""
        if frame.sound:
            self._images[frame.page] = (frame.image,)
            return
        page = frame.page
        if 0 < frame.other_page <= limit and self.page(frame.image).sound:
            page = frame.other_page
        if 0 < page <= limit:
            self._images[page] = (frame.image, *self._images.get(page, self._filed(page))[-1:])

    def images(self, number: int) -> tuple[bytes, ...]:
        """The images of a page, the newest first; none where there is no such page."""
        return self._images.get(number) or self._filed(number)

    def _filed(self, number: int) -> tuple[bytes, ...]:
        if self._file < 0 or number < 1:
            return ()
        try:
            image = os.pread(self._file, PAGE_BYTES, (number - 1) * PAGE_BYTES)
        except OSError:  # a sector that cannot be read costs its page
            return ()
        return (image,) if len(image) == PAGE_BYTES else ()

    # ---- the table ---------------------------------------------------------------------------------------

    def rows(self) -> Iterator[Row]:
        """Every record that can be found, sound or not, newer ones of the same key first; sets ``lost``."""
        self.lost = set()
        # Page 1 holds the schema, of which only the root matters. A page that was met before is a ring, which a flipped
        # bit can make of a tree.
        free, seen, waiting = self._free(), {1}, [ROOT]
        while waiting:
            number = waiting.pop()
            if number in free or number in seen:
                self.lost.add(number)
                continue
            seen.add(number)
            yield from self._followed(number, waiting)
        if self.lost:
            for number in sorted(set(range(1, self.count + 1)) - free - seen):
                yield from self._found(number)

    def _followed(self, number: int, waiting: list[int]) -> Iterator[Row]:
        children: list[int] = []
        for image in self.images(number):
            page = self.page(image)
            yield from page.rows
            children += (child for child in page.children if child not in children)
            # The newest image will do when all of it holds; else the older one adds what can be read there. Of two
            # records with one key the first that is saved stays.
            if page.sound:
                break
            if not page.whole:
                self.lost.add(number)
        if not self.images(number):
            self.lost.add(number)
        waiting += reversed(children)  # in the order of keys, which a new tree takes best

    def _found(self, number: int) -> Iterator[Row]:
        for image in self.images(number):
            if image[0] in HEADER_BYTES:
                yield from self.page(image).rows

    def _free(self) -> set[int]:
        """The pages that hold nothing: the header names the first of a chain of pages that list them, and their number.

        Where these two disagree neither is believed: a wrong number would take a part of the tree for free.
        """
        free: set[int] = set()
        header = next(iter(self.images(1)), bytes(PAGE_BYTES))
        # 32: the first trunk page, 36: how many free pages there are (1.3). A trunk page: the next one 4, how many
        # leaves it lists 4, their numbers (1.5).
        trunk, said = struct.unpack_from(">II", header, 32)
        while trunk and trunk not in free and (images := self.images(trunk)):
            free.add(trunk)
            trunk, count = struct.unpack_from(">II", images[0])
            free.update(struct.unpack_from(f">{min(count, OVERFLOW_BYTES // 4 - 1)}I", images[0], 8))
        return free if len(free) == said else set()

    # ---- a page ------------------------------------------------------------------------------------------

    def page(self, image: bytes) -> Page:
        """The cells of a page, each for itself."""
        page = Page()
        header_bytes = HEADER_BYTES.get(image[0])
        if header_bytes is None:
            return Page(whole=False)
        (count,) = struct.unpack_from(">H", image, 3)
        if header_bytes + 2 * count > PAGE_BYTES:
            return Page(whole=False)
        interior = image[0] == INTERIOR
        for at in struct.unpack_from(f">{count}H", image, header_bytes):
            self._cell(page, image, at, interior=interior)
        if interior:
            # Keys above the last cell's are below the child that the page's header names.
            page.children.append(struct.unpack_from(">I", image, 8)[0])
        return page

    def _cell(self, page: Page, image: bytes, at: int, *, interior: bool) -> None:
        try:
            if interior:
                page.children.append(struct.unpack_from(">I", image, at)[0])
                at += 4
            page.rows.append(_row(self._payload(image, at)))
        except (LookupError, ValueError, struct.error):
            page.whole = False

    def _payload(self, image: bytes, at: int) -> bytes:
        size, at = _varint(image, at)
        if size > MAX_PAYLOAD_BYTES:
            raise ValueError(size)
        local = size
        if size > MAX_LOCAL:
            spilled = MIN_LOCAL + (size - MIN_LOCAL) % OVERFLOW_BYTES
            local = spilled if spilled <= MAX_LOCAL else MIN_LOCAL
        parts = [image[at : at + local]]
        (further,) = struct.unpack_from(">I", image, at + local) if local < size else (0,)
        # As many pages as the rest takes, so that a chain which a flipped bit has bent into a ring ends.
        for _ in range(0, size - local, OVERFLOW_BYTES):
            overflow = self.images(further)[0]
            parts.append(overflow[4:])
            (further,) = struct.unpack_from(">I", overflow)
        return b"".join(parts)[:size]


def _row(payload: bytes) -> Row:
    """A payload's columns; raises LookupError and ValueError where it is none of ours."""
    # A record (2.1): the size of its header, itself included, a serial type for each column, then the columns.
    end, at = _varint(payload, 0)
    types = []
    while at < end:
        kind, at = _varint(payload, at)
        types.append(kind)
    if len(types) != COLUMNS or at != end:
        raise ValueError(types)
    columns: list[bytes] = []
    for kind in types:
        size = INTEGER_BYTES[kind] if kind < FIRST_TEXT - 1 else (kind - FIRST_TEXT) // 2
        columns.append(payload[at : at + size])
        at += size
    space, key, value = (column.decode(errors="surrogateescape") for column in columns[:3])
    # SQLite stores the integers 0 and 1 as a type without a byte.
    said = types[3] - 8 if types[3] in (8, 9) else int.from_bytes(columns[3], "big", signed=True)
    return Row(space, key, value, said)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number in one to nine bytes, seven bits in each but the ninth; where it ends. Raises IndexError."""
    value = 0
    for place in range(at, at + 8):
        value = value << 7 | data[place] & ~MORE
        if not data[place] & MORE:
            return value, place + 1
    return value << 8 | data[at + 8], at + 9

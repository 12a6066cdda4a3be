"""Reading a table strictly: TOML with the lines on which its sections begin, and values of the kind they have to be.

TOML parsers keep no line numbers, so the headers of the text are indexed beside it. Whatever is not as it has to be
raises a ``TableError`` that names the file, the line and the remedy.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import tomli

from model.language.place import Place
from model.remedy import RemediableError

_HEADER = re.compile(r"^\s*\[+\s*([A-Za-z0-9_.\"' -]+?)\s*\]+")

Raw = Mapping[str, Any]


class TableError(RemediableError, ValueError):
    """A table cannot be used; the message names the file, the line and the remedy."""

    usual_remedy = "provenpoint lint says more about the tables"

    def __init__(self, place: Place, problem: str) -> None:
        super().__init__(f"{place}: {problem}")
        self.place, self.problem = place, problem


class Source:
    """A TOML file, what it holds, and the lines on which its sections begin."""

    def __init__(self, name: str, text: str) -> None:
        self.name, self.top = name, Place(name, 1)
        try:
            self.raw: dict[str, Any] = tomli.loads(text)
        except tomli.TOMLDecodeError as problem:
            raise TableError(Place(name, problem.lineno), f"not TOML: {problem.msg}") from problem
        self.headers: dict[str, list[int]] = {}
        for number, line in enumerate(text.splitlines(), 1):
            if match := _HEADER.match(line):
                self.headers.setdefault(match.group(1).replace('"', ""), []).append(number)

    @classmethod
    def read(cls, path: Path) -> Source:
        """The file at ``path``. Raises TableError where it cannot be read, or is no TOML."""
        try:
            return cls(path.name, path.read_text(encoding="utf-8"))
        except OSError as problem:
            raise TableError(Place(str(path), 1), f"cannot be read: {problem.strerror}") from problem

    def place(self, section: str, nth: int = 0) -> Place:
        """Where the nth section of that name begins; the top of the file where it has no header of its own."""
        lines = self.headers.get(section, [])
        return Place(self.name, lines[nth]) if nth < len(lines) else self.top

    def checked(self, raw: Raw, known: set[str], what: str, place: Place | None = None) -> Raw:
        """``raw`` itself, if it has no key but the known ones."""
        if unknown := sorted(set(raw) - known):
            raise TableError(
                place or self.top, f"{what} has unknown {', '.join(unknown)}; known: {', '.join(sorted(known))}"
            )
        return raw


def text(raw: Raw, key: str, place: Place) -> str:
    """The text under a key. Raises TableError where there is none."""
    value = raw.get(key)
    if not isinstance(value, str) or not value.strip():
        raise TableError(place, f"{key!r} is missing: give it a text")
    return value


def texts(raw: Raw, key: str, place: Place) -> tuple[str, ...]:
    """The list of texts under a key; one text counts as a list of one, nothing as none."""
    value = raw.get(key, [])
    value = [value] if isinstance(value, str) else value
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise TableError(place, f"{key!r} has to be a text or a list of texts")
    return tuple(value)


def optional(raw: Raw, key: str, place: Place) -> str:
    """The text under a key, empty where there is none."""
    value = raw.get(key, "")
    if not isinstance(value, str):
        raise TableError(place, f"{key!r} has to be a text")
    return value


def flag(raw: Raw, key: str, place: Place) -> bool:
    """The truth under a key, false where there is none."""
    value = raw.get(key, False)
    if not isinstance(value, bool):
        raise TableError(place, f"{key!r} has to be true or false, without quotes")
    return value


def one_of(raw: Raw, key: str, known: Sequence[str], place: Place) -> str:
    """The text under a key, if it is one of those known."""
    value = raw.get(key)
    if value not in known:
        raise TableError(place, f"{key} {value!r}; one of {', '.join(known)}")
    return str(value)


def sections(raw: Raw, key: str, place: Place) -> Mapping[str, Raw]:
    """The named sections under a key: ``[key.NAME]``."""
    value = raw.get(key, {})
    if not isinstance(value, dict) or not all(isinstance(body, dict) for body in value.values()):
        raise TableError(place, f"{key!r} has to be sections: write [{key}.NAME]")
    return value


def blocks(raw: Raw, key: str, place: Place) -> Sequence[Raw]:
    """The numbered sections under a key: ``[[key]]``."""
    value = raw.get(key, [])
    if not isinstance(value, list) or not all(isinstance(body, dict) for body in value):
        raise TableError(place, f"{key!r} has to be a list of sections: write [[{key}]]")
    return value

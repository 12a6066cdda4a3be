"""Reads the TOML of station files: lays one over another, knows the line of each key, and checks what it reads.

Everything here is about files and places; what a station file *means* stands in ``model/station_file.py``. A table laid
over another replaces single keys; a list of named tables (``row``, ``kpi``, ``port``) is laid over by its names;
``connector``, ``interface`` and ``profile`` are taken whole, since leaving one out has to mean that it is not there,
but one that the base has too keeps what the new one does not state.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

import tomli
from attrs import fields
from cattrs import Converter
from cattrs.errors import (
    AttributeValidationNote,
    BaseValidationError,
    ForbiddenExtraKeysError,
    IterableValidationNote,
)

from model.record import frozen
from model.remedy import RemediableError

Raw = dict[str, Any]
KeyPath = tuple[str | int, ...]
T = TypeVar("T")

NAMED_BY = {"row": "id", "kpi": "id", "profile": "name", "port": "port", "connector": "id", "interface": "name"}
WHOLE = ("connector", "interface", "profile")
_HEADER = re.compile(r"^\s*(\[\[?)\s*([A-Za-z0-9_.\"-]+)\s*\]\]?")
_KEY = re.compile(r"^\s*([A-Za-z0-9_-]+)\s*=")


class StationFileError(RemediableError, ValueError):
    """A station file cannot be used; the message names the file, the line and the remedy."""

    usual_remedy = "docs/station-file.md says what a station file may hold"


@frozen
class Source:
    """One file: what it holds, and its text, which an error looks through for its line."""

    name: str
    raw: Raw
    text: str

    def refuse(self, problem: str, *path: str | int) -> StationFileError:
        """An error at the key that the path leads to, or at the nearest section above it that has a line."""
        lines = dict(_lines(self.text))
        for length in range(len(path), 0, -1):
            if line := lines.get(path[:length]):
                return StationFileError(f"{self.name}:{line}: {problem}")
        return StationFileError(f"{self.name}:1: {problem}")


def read_source(path: Path) -> Source:
    """The file, parsed. Raises StationFileError."""
    try:
        text = path.read_text(encoding="utf-8")
        source = Source(str(path), tomli.loads(text), text)
    except OSError as problem:
        raise StationFileError(f"{path}: cannot be read: {problem.strerror}") from problem
    except UnicodeDecodeError as problem:
        raise StationFileError(f"{path}: not UTF-8, which TOML has to be: {problem}") from problem
    except tomli.TOMLDecodeError as problem:
        raise StationFileError(f"{path}:{problem.lineno}: not TOML: {problem.msg}") from problem
    _check_named_lists(source)
    return source


def _lines(text: str) -> Iterator[tuple[KeyPath, int]]:
    """The path of each section and key, and its line; TOML parsers keep none."""
    section: KeyPath = ()
    counts = dict[str, int]()
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            name = header.group(2).replace('"', "")
            section = tuple(name.split("."))
            if header.group(1) == "[[":
                counts[name] = counts.get(name, -1) + 1
                section = (*section, counts[name])
            yield section, number
        elif key := _KEY.match(line):
            yield (*section, key.group(1)), number


def _check_named_lists(source: Source) -> None:
    """Each entry of a list of tables has the name by which it is laid over another, once."""
    for section, name in NAMED_BY.items():
        entries = source.raw.get(section, [])
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise source.refuse(f"{section!r} has to be written [[{section}]]", section)
        seen: list[object] = []
        for nth, entry in enumerate(entries):
            if name not in entry:
                raise source.refuse(f"a [[{section}]] needs {name!r}", section, nth)
            if entry[name] in seen:
                raise source.refuse(f"{section} {entry[name]!r} stands twice: keep one", section, nth)
            seen.append(entry[name])


def overlay(base: Raw, over: Raw) -> Raw:
    """``base`` with what ``over`` states in its place; neither is changed."""
    result = dict(base)
    for key, value in over.items():
        old = result.get(key)
        if key in NAMED_BY and isinstance(value, list) and isinstance(old, list):
            result[key] = _overlay_named(old, value, NAMED_BY[key], keep_others=key not in WHOLE)
        elif isinstance(value, dict) and isinstance(old, dict):
            result[key] = overlay(old, value)
        else:
            result[key] = value
    return result


def _overlay_named(base: list[Raw], over: list[Raw], name: str, *, keep_others: bool) -> list[Raw]:
    known = {str(entry[name]): entry for entry in base}
    stated = {str(entry[name]): overlay(known.get(str(entry[name]), {}), entry) for entry in over}
    return list(((known | stated) if keep_others else stated).values())


# ---- from TOML's values to classes, without guessing --------------------------------------------------------


class WrongKindError(TypeError):
    """A value of another kind than the one that belongs there; any other TypeError is a value where a table belongs."""


def _strictly(kind: type, wanted: str, *accepted: type) -> Any:
    """A hook that takes values of that kind and converts nothing: "5" is no number, true is none either."""

    def hook(value: object, _: object) -> object:
        if not isinstance(value, accepted) or (isinstance(value, bool) and kind is not bool):
            raise WrongKindError(f"{value!r} has to be {wanted}")
        return kind(value)

    return hook


def _one_of_scalars(value: object, _: object) -> object:
    """The value of a row of a certificate: true, a whole number, a text or a list of texts."""
    if isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    raise WrongKindError(f"{value!r} has to be true or false, a whole number, a text or a list of texts")


def _number_or_row(value: object, _: object) -> object:
    """A whole number, or the id of a row that holds one."""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise WrongKindError(f"{value!r} has to be a whole number, or the id of a row")
    return value


FeatureValue = bool | int | str | tuple[str, ...]


def _converter(*, explains: bool) -> Converter:
    converter = Converter(forbid_extra_keys=True, detailed_validation=explains)
    converter.register_structure_hook(str, _strictly(str, "a text", str))
    converter.register_structure_hook(int, _strictly(int, "a whole number", int))
    converter.register_structure_hook(float, _strictly(float, "a number", int, float))
    converter.register_structure_hook(bool, _strictly(bool, "true or false", bool))
    converter.register_structure_hook(FeatureValue, _one_of_scalars)
    converter.register_structure_hook(FeatureValue | None, _one_of_scalars)
    converter.register_structure_hook(int | str | None, _number_or_row)
    return converter


_QUICK = _converter(explains=False)


def structured(source: Source, raw: Raw, kind: type[T]) -> T:
    """``raw`` as that attrs class. Raises StationFileError at the line of the first thing that is wrong."""
    with suppress(Exception):  # it has other functions, written in half the time, and cannot say where it failed
        return _QUICK.structure(raw, kind)
    try:
        return _converter(explains=True).structure(raw, kind)
    except BaseValidationError as problems:
        problem, path = next(_leaves(problems, ()))
        raise source.refuse(_sentence(problem, _spoken(raw, path), path), *_in_source(source, raw, path)) from problems


def _leaves(problem: BaseException, path: KeyPath) -> Iterator[tuple[BaseException, KeyPath]]:
    """Each single error of a group, with the keys that lead to it."""
    path = (*path, *_steps(problem))
    if isinstance(problem, BaseExceptionGroup):
        for inner in problem.exceptions:
            yield from _leaves(inner, path)
    elif isinstance(problem, ForbiddenExtraKeysError):
        yield problem, (*path, min(problem.extra_fields))
    else:
        named = re.match(r"'(\w+)'|Length of '(\w+)'", str(problem)) if isinstance(problem, ValueError) else None
        yield problem, (*path, *(name for name in (named.groups() if named else ()) if name))


def _steps(problem: BaseException) -> Iterator[str | int]:
    for note in getattr(problem, "__notes__", ()):
        if isinstance(note, AttributeValidationNote):
            yield note.name
        elif isinstance(note, IterableValidationNote):
            yield note.index


def _spoken(raw: Raw, path: KeyPath) -> str:
    """The path for a reader: an entry of a named list by its name."""
    match path:
        case [str(section), int(nth), *rest] if section in NAMED_BY:
            path = (section, raw[section][nth][NAMED_BY[section]], *rest)
    return ".".join(map(str, path))


def _sentence(problem: BaseException, where: str, path: KeyPath) -> str:
    """What is wrong and what would be right, for one error of cattrs."""
    if isinstance(problem, ForbiddenExtraKeysError):
        names = sorted(attribute.name for attribute in fields(problem.cl))
        near = get_close_matches(str(path[-1]), names, n=1)
        return f"unknown key {where!r}; " + (f"did you mean {near[0]!r}?" if near else f"known: {', '.join(names)}")
    if isinstance(problem, KeyError):
        return f"{where!r} is missing: add it, or extend a built-in station"
    if isinstance(problem, (TypeError, AttributeError)) and not isinstance(problem, WrongKindError):
        return f"{where}: has to be a table, or a list"
    return f"{where}: {problem}"


def _in_source(source: Source, raw: Raw, path: KeyPath) -> KeyPath:
    """The path as the last file has it: entries of a named list have other numbers there than in the whole."""
    match path:
        case [str(section), int(nth), *rest] if section in NAMED_BY:
            name = NAMED_BY[section]
            stated = [entry[name] for entry in source.raw.get(section, [])]
            wanted = raw[section][nth][name]
            return (section, stated.index(wanted), *rest) if wanted in stated else (section,)
    return path

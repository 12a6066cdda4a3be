"""The requirement catalogue: every normative statement of the specification, paraphrased, under an id of ours.

Rows, functions, properties and tests cite these ids; ``provenpoint trace`` walks them back. The entries stand in
``model/requirements/*.toml`` in the form of ``FORMAT.md``. Reading is strict, because a mistyped level or a
double id would silently change what counts as covered.

An errata entry that supersedes, revises or repeats another wins over it: the older one stays
readable, but no longer binds (``Catalogue.in_force``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import tomli
from attrs import field, fields

from model.record import frozen
from model.remedy import RemediableError

REQUIREMENTS = Path(__file__).parent / "requirements"

LEVELS = ("SHALL", "SHALL NOT", "SHOULD", "SHOULD NOT", "MAY", "FACT")
ACTORS = ("CP", "CSMS", "both")
PROFILES = (
    "Core", "FirmwareManagement", "LocalAuthListManagement", "RemoteTrigger", "Reservation", "SmartCharging",
    "Security", "Transport",
)  # fmt: skip
MACHINES = (
    "connector", "transaction", "authorization", "authorization-cache", "local-list", "reservation", "boot",
    "heartbeat", "availability", "configuration", "metering", "smart-charging", "firmware-update",
    "signed-firmware-update", "diagnostics", "log-upload", "certificates", "security-events", "message-queue", "rpc",
    "transport", "remote-control", "trigger", "reset", "unlock", "data-transfer", "clock",
)  # fmt: skip

ID = re.compile(r"\b(?:CS|ERR5?|J|JERR|SEC3?)-[A-Z]?[0-9][\w.-]*[0-9a-z]\b")
"""What a requirement id looks like, for readers of prose such as docstrings."""

_HEADER = re.compile(r"^\s*\[\[\s*requirement\s*\]\]")
_SUPERSEDES = re.compile(r"\b(?:supersedes|revises|repeats) (" + ID.pattern + ")")


class CatalogueError(RemediableError, ValueError):
    """The catalogue cannot be used; the message names file, line, id and what would be right."""

    usual_remedy = "model/requirements/FORMAT.md says what an entry holds"


@frozen
class Requirement:
    """One normative statement; the fields are those of ``model/requirements/FORMAT.md``."""

    id: str
    clause: str
    title: str
    level: str
    actor: str
    profile: str
    text: str
    machine: str
    verify: str
    when: str = ""
    errata: str = ""
    note: str = ""
    config: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()
    pics: tuple[str, ...] = ()
    place: str = field(default="", eq=False)

    @property
    def document(self) -> str:
        """The document's code: CS, ERR, ERR5, J, JERR, SEC or SEC3."""
        return self.id.partition("-")[0]

    @property
    def binds_station(self) -> bool:
        """Whether a charge point has to do something about it; what binds the CSMS alone does not."""
        return self.actor in ("CP", "both")

    @property
    def mandatory(self) -> bool:
        """SHALL or SHALL NOT, for a charge point."""
        return self.binds_station and self.level in ("SHALL", "SHALL NOT")

    @property
    def supersedes(self) -> tuple[str, ...]:
        """The entries over which this one wins."""
        return tuple(_SUPERSEDES.findall(self.errata))


@frozen
class Catalogue:
    """All requirements in the order of their files; look one up by its id."""

    requirements: tuple[Requirement, ...]

    @cached_property
    def by_id(self) -> Mapping[str, Requirement]:
        """Every entry under its id."""
        return {requirement.id: requirement for requirement in self.requirements}

    @cached_property
    def superseded(self) -> Mapping[str, str]:
        """Each entry that a later one replaced, and the id of that one."""
        return {old: later.id for later in self.requirements for old in later.supersedes}

    def in_force(self, requirement_id: str) -> Requirement:
        """The entry of that id, or the last one that superseded it. KeyError where there is none."""
        while requirement_id in self.superseded:
            requirement_id = self.superseded[requirement_id]
        return self.by_id[requirement_id]

    def __contains__(self, requirement_id: object) -> bool:
        return requirement_id in self.by_id

    def __getitem__(self, requirement_id: str) -> Requirement:
        return self.by_id[requirement_id]

    def __iter__(self) -> Iterator[Requirement]:
        return iter(self.requirements)

    def __len__(self) -> int:
        return len(self.requirements)


@cache
def load_catalogue(folder: Path = REQUIREMENTS) -> Catalogue:
    """Every ``*.toml`` in the folder, read once per process. Raises CatalogueError."""
    requirements = tuple(entry for path in sorted(folder.glob("*.toml")) for entry in _read(path))
    if not requirements:
        raise CatalogueError(f"{folder}: no requirements in any *.toml here")
    _refuse_twins(requirements)
    catalogue = Catalogue(requirements)
    _refuse_dangling(catalogue)
    return catalogue


_LISTS = frozenset({"config", "messages", "pics"})
_KNOWN = frozenset(attribute.name for attribute in fields(Requirement)) - {"place"}
_REQUIRED = ("id", "clause", "title", "level", "actor", "profile", "text", "machine", "verify")
_CHOICES = {"level": LEVELS, "actor": ACTORS, "profile": PROFILES, "machine": MACHINES}


def _read(path: Path) -> Iterable[Requirement]:
    text = path.read_text(encoding="utf-8")
    try:
        raw = tomli.loads(text)
    except tomli.TOMLDecodeError as problem:
        raise CatalogueError(f"{path.name}:{problem.lineno}: not TOML: {problem.msg}") from problem
    lines = [number for number, line in enumerate(text.splitlines(), 1) if _HEADER.match(line)]
    for line, body in zip(lines, raw.get("requirement", []), strict=True):
        yield _requirement(body, f"{path.name}:{line}")


def _requirement(body: Mapping[str, Any], place: str) -> Requirement:
    where = f"{place}: {body.get('id', 'an entry without id')}"
    if unknown := sorted(set(body) - _KNOWN):
        raise CatalogueError(f"{where}: unknown {', '.join(unknown)}; FORMAT.md has {', '.join(sorted(_KNOWN))}")
    for key in _REQUIRED:
        if not isinstance(body.get(key), str) or not body[key]:
            raise CatalogueError(f"{where}: {key!r} is missing: give it a text")
    for key, choices in _CHOICES.items():
        if body[key] not in choices:
            raise CatalogueError(f"{where}: {key} {body[key]!r}; one of {', '.join(choices)}")
    if not ID.fullmatch(body["id"]):
        raise CatalogueError(f"{where}: not an id; write document-clause-number, as in CS-4.2-03")
    values: dict[str, Any] = {key: _value(key, value, where) for key, value in body.items()}
    return Requirement(**values, place=place)


def _value(key: str, value: object, where: str) -> str | tuple[str, ...]:
    if key not in _LISTS and isinstance(value, str):
        return value
    if key in _LISTS and isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    raise CatalogueError(f"{where}: {key!r} has to be {'a list of texts' if key in _LISTS else 'a text'}")


def _refuse_twins(requirements: Iterable[Requirement]) -> None:
    seen: dict[str, Requirement] = {}
    for entry in requirements:
        if twin := seen.get(entry.id):
            raise CatalogueError(f"{entry.place}: {entry.id} is already at {twin.place}: ids are unique")
        seen[entry.id] = entry


def _refuse_dangling(catalogue: Catalogue) -> None:
    for entry in catalogue:
        for old in entry.supersedes:
            if old not in catalogue:
                raise CatalogueError(f"{entry.place}: {entry.id} supersedes {old}, which is not in the catalogue")

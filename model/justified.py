"""Requirements that need no row: each with the reason why, in writing (``model/justified.toml``).

The absent keys of ``model/configuration.toml`` and the cells of the status matrix that are never reached count too,
for they state their reasons there. A reason for a
requirement that the catalogue does not have is refused, so that the list cannot outlive what it justifies.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from attrs import field
from attrs.validators import min_len

from model.catalogue import Catalogue, CatalogueError, load_catalogue
from model.configuration import load_configuration
from model.language.matrix import load_matrix
from model.record import frozen
from model.station_reader import read_source, structured

TABLE = Path(__file__).parent / "justified.toml"


@frozen
class Justified:
    """Some requirements with one reason."""

    ids: tuple[str, ...] = field(validator=min_len(1))
    reason: str = field(validator=min_len(20))


@frozen
class Justifications:
    """The file."""

    justified: tuple[Justified, ...] = ()


def load_justified(path: Path = TABLE, catalogue: Catalogue | None = None) -> Mapping[str, str]:
    """The reason for each justified requirement. Raises CatalogueError."""
    source = read_source(path)
    entries = structured(source, source.raw, Justifications).justified
    reasons = {absent: key.because for key in load_configuration().absent for absent in key.clauses}
    reasons |= {cell.clause: cell.justified for cell in load_matrix().cells if cell.justified}
    reasons |= {one: entry.reason for entry in entries for one in entry.ids}
    if unknown := sorted(reasons.keys() - (catalogue or load_catalogue()).by_id.keys()):
        raise CatalogueError(f"{path}: justifies {', '.join(unknown)}, not in the catalogue: correct or remove")
    return reasons

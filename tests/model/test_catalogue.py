"""The requirement catalogue: complete, strict, and clear about what wins."""

from __future__ import annotations

from pathlib import Path

import pytest

from model.catalogue import ID, Catalogue, CatalogueError, load_catalogue

ENTRY = """
[[requirement]]
id = "{id}"
clause = "5.1"
title = "A title"
level = "SHALL"
actor = "CP"
profile = "Core"
text = "What has to be so."
machine = "boot"
verify = "see that it is so"
"""


def catalogue(folder: Path, *texts: str) -> Catalogue:
    for nth, text in enumerate(texts):
        (folder / f"part-{nth}.toml").write_text(text, encoding="utf-8")
    return load_catalogue(folder)


def test_the_catalogue_is_whole() -> None:
    ours = load_catalogue()
    assert len(ours) == 1676
    assert sum(entry.mandatory for entry in ours) == 501


def test_every_id_is_recognised_in_prose() -> None:
    for entry in load_catalogue():
        assert ID.findall(f"as {entry.id}, it says; ({entry.id}).") == [entry.id, entry.id]


def test_a_later_erratum_wins() -> None:
    ours = load_catalogue()
    assert ours.in_force("ERR-3.83-01").id == "ERR5-3.84-01"
    assert ours.in_force("CS-4.9-A2").id == "CS-4.9-A2"


def test_an_entry_knows_its_place_and_whom_it_binds(tmp_path: Path) -> None:
    ours = catalogue(tmp_path, ENTRY.format(id="CS-5.1-01") + 'config = ["HeartbeatInterval"]\n')
    entry = ours["CS-5.1-01"]
    assert (entry.place, entry.document, entry.mandatory) == ("part-0.toml:2", "CS", True)
    assert entry.config == ("HeartbeatInterval",)
    assert "CS-5.1-02" not in ours


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('level = "SHALL"', 'level = "MUST"', "part-0.toml:2: CS-5.1-01: level 'MUST'; one of SHALL, SHALL NOT"),
        ('title = "A title"\n', "", "part-0.toml:2: CS-5.1-01: 'title' is missing: give it a text"),
        ("title", "tittle", "part-0.toml:2: CS-5.1-01: unknown tittle; FORMAT.md has actor"),
        ('id = "CS-5.1-01"', 'id = "5.1"', "part-0.toml:2: 5.1: not an id"),
        ('id = "CS-5.1-01"\n', "", "part-0.toml:2: an entry without id: 'id' is missing"),
        ("[[requirement]]", "[requirement", "part-0.toml:2: not TOML"),
        ('verify = "see that it is so"', 'verify = "v"\npics = "C-01"', "'pics' has to be a list of texts"),
        ('verify = "see that it is so"', 'verify = "v"\nerrata = "x; supersedes CS-1-01"', "which is not in the"),
    ],
)
def test_a_mistake_is_refused_with_its_place(tmp_path: Path, old: str, new: str, fault: str) -> None:
    with pytest.raises(CatalogueError) as refusal:
        catalogue(tmp_path, ENTRY.format(id="CS-5.1-01").replace(old, new))
    assert fault in str(refusal.value)


def test_an_id_stands_once(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"part-1.toml:2: CS-5.1-01 is already at part-0.toml:2: ids are unique"):
        catalogue(tmp_path, ENTRY.format(id="CS-5.1-01"), ENTRY.format(id="CS-5.1-01"))


def test_an_empty_folder_is_no_catalogue(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="no requirements in any"):
        catalogue(tmp_path)

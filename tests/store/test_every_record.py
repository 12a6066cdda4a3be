"""What one process writes, another reads, of each kind of record: no fault hides in what a process has done before."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtime.core.record_kinds import KINDS
from tests.store.children import PATIENCE_S, end_child, next_line, start_child
from tests.store.examples import example_records


def said_by(body: str, directory: Path) -> dict[str, str]:
    """What a process of its own says of each kind."""
    child = start_child(body, str(directory))
    try:
        return dict(next_line(child).split("=", 1) for _ in KINDS)
    finally:
        end_child(child)


@pytest.fixture(scope="module")
def read_by_another(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    directory = tmp_path_factory.mktemp("store")
    child = start_child("write_examples", str(directory))
    child.communicate(timeout=PATIENCE_S)
    assert child.returncode == 0
    return said_by("read_everything", directory)


@pytest.mark.parametrize("space", KINDS)
def test_what_one_process_has_written_another_reads(read_by_another: dict[str, str], space: str) -> None:
    assert read_by_another[space] == f"{len(example_records()[space])},0"

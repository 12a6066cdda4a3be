"""The command as a user types it: what it refuses, what it lists, what it leaves behind."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from tests.processes import provenpoint


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--only", "TC_999"), "no case begins so"),
        (("--csms-port", "70000"), "not a port"),
        (("--patience", "0"), "not a time"),
        (("--control", "127.0.0.1:8180"), "not a URL"),
        (("--control", "http://127.0.0.1:eighty"), "not a URL"),
        (("--station", "nowhere.toml"), "no such station file"),
        (("--json", "/nowhere/at/all.json", "--only", "TC_021"), "all.json"),
    ],
)
def test_what_cannot_be_is_a_usage_error_before_anything_starts(words: tuple[str, ...], says: str) -> None:
    ended = provenpoint("conformance", *words)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert says in ended.stderr
    assert "help:" in ended.stderr


def test_a_port_that_is_taken_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = provenpoint("conformance", "--csms-port", port, "--only", "TC_021")
    assert ended.returncode == 1
    assert port in ended.stderr


def test_the_list_is_for_the_station_that_is_asked_about(tmp_path: Path) -> None:
    file = tmp_path / "socket.toml"
    file.write_text(
        'extends = "m06010e2eyfg"\n[[connector]]\nid = 1\ncable = "detachable"\n'
        '[[row]]\nid = "C-04"\nfeature = "cache"\nvalue = false\n[[row]]\nid = "R-1"\nvalue = true\n'
    )
    ended = provenpoint("conformance", "--list", "--station", str(file))
    told = {row.split("|")[1].strip(): row.split("|")[5].strip() for row in ended.stdout.splitlines()}
    assert told["TC_017_1_CS"] == "applies"
    assert told["TC_017_2_CS"] == "not applicable: needs a fixed cable"
    assert told["TC_049_CS"] == "applies"
    assert told["TC_007_CS"] == "not applicable: needs an authorization cache (C-04)"


def test_our_own_station_is_not_played_as_what_it_cannot_be(tmp_path: Path) -> None:
    file = tmp_path / "whole.toml"
    file.write_text('extends = "m06010e2eyfg"\n[[row]]\nid = "R-1"\nvalue = true\n')
    ended = provenpoint("conformance", "--station", str(file), "--only", "TC_021")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "whole.toml:2: R-1 is true" in ended.stderr


def test_our_own_station_passes_and_the_results_are_left_as_json(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    ended = provenpoint("conformance", "--only", "TC_021", "--only", "tc_079", "--json", str(file))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "m06010e2eyfg: 1 passed, 1 not yet" in ended.stdout
    told = json.loads(file.read_text())
    assert [(one["id"], one["outcome"]) for one in told["cases"]] == [
        ("TC_021_CS", "passed"),
        ("TC_079_CS", "not yet"),
    ]

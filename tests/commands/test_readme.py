"""The README's promises: its picture and its row are the tables' own, its commands exist, its links lead on."""

from __future__ import annotations

import re
from pathlib import Path

from diagrams.pictures import draw_machine
from model.language.loader import TABLES, load_composition
from runtime.commands.cli import front_door

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PICTURE = ROOT / "docs" / "pictures" / "transaction.svg"


def test_the_picture_is_what_the_tables_say_to_the_byte() -> None:
    drawn = draw_machine(load_composition()["transaction"])
    assert drawn == PICTURE.read_text(encoding="utf-8"), "copy it from: provenpoint draw transaction"


def test_the_row_that_is_shown_stands_in_the_table() -> None:
    shown = re.search(r"```toml\n(.*?)```", README, re.DOTALL)
    assert shown is not None
    assert shown[1].strip() in (TABLES / "transaction.toml").read_text(encoding="utf-8")


def test_no_figure_is_shown_that_goes_stale_with_the_tables() -> None:
    shown = "\n".join(re.findall(r"```\n(.*?)```", README, re.DOTALL))
    assert not re.findall(r"\d[\d,]* (?:machines|rows|states|transitions)", shown)


def test_every_link_leads_to_a_file() -> None:
    for page in (ROOT / "README.md", ROOT / "docs" / "command-line.md", ROOT / "docs" / "control-interface.md"):
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_command_that_is_shown_exists() -> None:
    for name in set(re.findall(r"^(?:\$ )?provenpoint ([a-z]+)", README, re.MULTILINE)):
        assert front_door([name, "--help"]) == 0, name

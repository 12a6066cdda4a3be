"""Campaigns by hand: ``python -m tests.campaigns kills --count 1000 --seed 7``; exit code 1 on the first violation."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.campaigns.campaign import IN_ONE_RUN, Plan, campaign


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    """Play what was asked for, and say what came of it."""
    words = argparse.ArgumentParser(prog="python -m tests.campaigns", description=__doc__)
    words.add_argument("name", choices=IN_ONE_RUN)
    words.add_argument("--count", type=int, default=60, help="how many kills, frames, dead links or damages")
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--workers", type=int, default=2, help="stations at once")
    words.add_argument("--only", type=int, help="one run of the campaign alone, as a report asks for it")
    words.add_argument("--sabotage", default="", help="a station that is wrong: see tests/campaigns/sabotage.py")
    words.add_argument("--keep", type=Path, help="where the data of a run that found something is kept")
    verdict = campaign(Plan(**vars(words.parse_args())), _say)
    for violation in verdict.violations:
        _say(f"VIOLATION {violation}")
    if verdict.kept:
        _say(f"see {verdict.kept}/report.txt")
    return 1 if verdict.violations else 0


if __name__ == "__main__":
    sys.exit(main())

"""One attempt in a process of its own, which has its own limits and environment."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.adapters.transfers.moving import PATIENCE_S, Moving


def in_child(
    directory: Path, url: str, environment: Mapping[str, str] | None = None, *, limit: tuple[int, int] | None = None
) -> str:
    """The outcome of a download, and its reason."""
    command = [sys.executable, "-m", "tests.adapters.transfers.child", str(directory), url]
    done = subprocess.run(
        [*command, *(map(str, limit or ()))], env={**os.environ, **(environment or {})}, check=True,
        capture_output=True, text=True, timeout=2 * PATIENCE_S,
    )  # fmt: skip
    assert done.stderr == ""
    return done.stdout


def main(directory: str, url: str, *limit: str) -> None:
    if limit:
        kind, most = map(int, limit)
        resource.setrlimit(kind, (most, most))
    ended = Moving(Path(directory)).download(url)
    print(ended.outcome, ended.reason)  # noqa: T201 - what the parent reads


if __name__ == "__main__":
    main(*sys.argv[1:])

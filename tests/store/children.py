"""Processes of their own that use a store, to be killed or locked out, and what they leave of it."""

from __future__ import annotations

import itertools
import json
import os
import resource
import select
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from types import FrameType
from typing import Any

from runtime.adapters.sqlite.errors import StoreFailedError
from runtime.adapters.sqlite.store import SqliteStore
from runtime.core.inputs import Put, Span
from runtime.core.ledger import Ledger
from runtime.core.ports import RESTING, Records
from runtime.core.record_kinds import KINDS

LAST = "\U0010ffff"
"""Above every key of a test."""

ROOT = Path(__file__).parent.parent.parent
PATIENCE_S = 30.0


def start_child(body: str, *arguments: str) -> subprocess.Popen[str]:
    """Start a process of its own that runs a function of this module."""
    command = [sys.executable, "-c", f"import sys; from tests.store import children; children.{body}(*sys.argv[1:])"]
    return subprocess.Popen([*command, *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True)


def next_line(child: subprocess.Popen[str]) -> str:
    """The child's next line, in bounded time."""
    assert child.stdout is not None
    ready, _, _ = select.select([child.stdout], [], [], PATIENCE_S)
    assert ready, "the child process said nothing in time"
    return child.stdout.readline().strip()


def end_child(child: subprocess.Popen[str]) -> None:
    child.kill()
    child.communicate(timeout=PATIENCE_S)


def stored(directory: Path, *, whole: bool = False) -> Records:
    """What the next start loads; the ``whole`` store, where spaces are wanted that rest."""
    store = SqliteStore(directory)
    try:
        records = store.load()
        for space in RESTING if whole else ():
            records[space] = {put.key: put.value for put in store.recall([Span(space, "", "~")])}
        return records
    finally:
        store.close()


# ---- what a child runs --------------------------------------------------------------------------------------


def commit_for_ever(directory: str) -> None:
    """Commit pairs of records and say so after each commit, until killed (the child process of a test)."""
    store = SqliteStore(Path(directory))
    number = len(store.load().get("left", {}))
    while True:
        store.commit([Put("left", f"{number:08}", "x" * 500), Put("right", f"{number:08}", "y" * 500)])
        os.write(1, f"{number}\n".encode())
        number += 1


def open_and_close(directory: str) -> None:
    """Open the store, commit, close it, and say so, until killed (the child process of a test)."""
    for number in itertools.count():
        store = SqliteStore(Path(directory))
        os.write(1, b"open\n")
        store.commit([Put("left", f"{number:08}", "x"), Put("right", f"{number:08}", "y")])
        store.close()
        os.write(1, b"closed\n")


def cut_everywhere(source: str, place: str) -> None:
    """Open a copy of that store, commit, close it: killed before the n-th call that may touch the disk, for every n.

    Says in a line what the start after it finds (the child process of two tests).
    """
    for number in itertools.count(1):
        copy = Path(shutil.copytree(source, Path(place) / f"{number}", ignore=shutil.ignore_patterns("reserve")))
        acknowledged = copy / "acknowledged"
        child = os.fork()
        if not child:
            _die_before(number)
            store = SqliteStore(copy)
            store.commit([Put("queue", "new", "1")])
            acknowledged.touch()
            store.close()
            sys.setprofile(None)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        store = SqliteStore(copy)
        found = {space: list(keys) for space, keys in store.load().items()}
        why = store.quarantined.why if store.quarantined else ""
        store.close()
        line = {"died": status != 0, "why": why, "found": found, "acknowledged": acknowledged.exists()}
        os.write(1, f"{json.dumps(line)}\n".encode())
        if not status:
            return


def _die_before(number: int) -> None:
    left = itertools.count(number - 1, -1)

    def look(_frame: FrameType, event: str, call: Any) -> None:
        of_disk = event == "c_call" and (call.__module__ == "posix" or isinstance(call.__self__, sqlite3.Connection))
        if of_disk and next(left) == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(look)


def hold(directory: str) -> None:
    """Open the store and keep it (the child process of two tests)."""
    SqliteStore(Path(directory))
    os.write(1, b"open\n")
    signal.pause()


def fill_the_disk(directory: str) -> None:
    """Commit where no file may grow beyond a limit, until it fails (the child process of a test)."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    store = SqliteStore(Path(directory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
    for number in range(1000):
        try:
            store.commit([Put("left", f"{number:08}", "x" * 2000), Put("right", f"{number:08}", "y" * 2000)])
        except StoreFailedError as error:
            os.write(1, f"failed after {number}: {error}\n".encode())
            os._exit(0)


def write_examples(directory: str) -> None:
    """Commit one record of each kind, and end (the child process of a test)."""
    from tests.store.examples import example  # noqa: PLC0415 - the processes that read have not loaded what writes

    SqliteStore(Path(directory)).commit(example().take_writes())


def read_everything(directory: str) -> None:
    """Say of each kind of record how many there are, and how many of them cannot be read."""
    store, ledger = SqliteStore(Path(directory)), Ledger()
    for space in KINDS:
        found = store.recall([Span(space, "", LAST)])
        readable = [key for put in found for key, _ in ledger.readable(put)]
        os.write(1, f"{space}={len(found)},{len(found) - len(readable)}\n".encode())

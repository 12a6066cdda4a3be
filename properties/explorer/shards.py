"""The frontier spread over processes.

Each worker has the compiled tables and takes pieces of the frontier; it remembers what it has already reported, so
that a state crosses the pipe about once for each worker and not once for each step that leads to it. Pieces come
back in their order, so states and their numbers do not depend on who was faster.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from properties.explorer.layout import Packed
from properties.explorer.search import Expand, Reached, expand
from properties.explorer.seen import Seen
from properties.explorer.steps import Stepper


class _Worker:
    """What a process keeps; made once in it."""

    # Of the class, not of an instance: a pool's initializer can leave what it makes only where its tasks look for it.
    stepper: Stepper
    told: Seen

    @classmethod
    def begin(cls, stepper: Stepper) -> None:
        cls.stepper, cls.told = stepper, Seen(stepper.layout.words)

    @classmethod
    def work(cls, piece: Packed) -> Reached:
        reached = expand(cls.stepper, piece, cls.told)
        cls.told.add(reached.keys, reached.parents, reached.events)
        return reached


@contextmanager
def shards(stepper: Stepper, workers: int) -> Iterator[Expand]:
    """Processes that expand pieces, for as long as the context lasts."""
    # A forked process has the compiled tables as they stand in memory; a spawned one would compile them all again.
    context = multiprocessing.get_context("fork")
    with context.Pool(workers, initializer=_Worker.begin, initargs=(stepper,)) as pool:

        def run(pieces: Iterable[Packed]) -> Iterator[Reached]:
            # In the order of the pieces, whoever is ready first. The pool asks for pieces in a thread of its own while
            # this one adds states: that is safe because a piece lies below what was there when the level began, which
            # stays.
            return pool.imap(_Worker.work, pieces)

        yield run

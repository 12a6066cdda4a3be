"""How blocks are checked: each list of checks is of a block, and no case is of none."""

from __future__ import annotations

from pkgutil import iter_modules

from properties.blocks.registry import CHECKS, OF_NO_BLOCK, cleanups_of
from properties.conformance import cases
from runtime.blocks import BLOCKS


def test_checks_are_of_blocks_and_each_block_has_one_set_of_them() -> None:
    names = [one.name for one in CHECKS]
    assert len(set(names)) == len(names)
    assert set(names) <= {block.name for block in BLOCKS}


def test_every_chapter_of_cases_is_of_a_block_or_says_that_it_is_of_none() -> None:
    listed = [*(chapter for one in CHECKS for chapter in one.cases), *OF_NO_BLOCK]
    there = {f"{cases.__name__}.{module.name}" for module in iter_modules(cases.__path__)} - {
        f"{cases.__name__}.states"
    }
    assert {chapter.__name__ for chapter in listed} == there
    assert len(listed) == len(there), "each of one"


def test_no_event_and_no_question_is_of_two_blocks() -> None:
    """A later one would silently take the place of the one before."""
    events = [event for one in CHECKS for event in one.stimuli.stimuli]
    assert len(set(events)) == len(events)
    questions = [name for one in CHECKS for name in (*one.stimuli.questions, *one.stimuli.keys)]
    assert len(set(questions)) == len(questions)


def test_what_a_case_does_is_undone_by_one_block() -> None:
    assert len(cleanups_of()) == sum(len(one.cleanups) for one in CHECKS)

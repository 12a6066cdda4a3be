"""Which uploads broke off: known once, for the very same bytes, and not of ever so many files."""

from __future__ import annotations

from runtime.adapters.transfers.broken_uploads import MOST_KEPT, BrokenUploads, Content

CONTENT = Content("a digest", 1, 100, 5)


def test_it_is_known_once_and_for_the_same_bytes_alone() -> None:
    broken = BrokenUploads()
    broken.broke("log", CONTENT)
    assert not broken.take("other", CONTENT)
    assert broken.take("log", CONTENT)
    assert not broken.take("log", CONTENT)
    broken.broke("log", CONTENT)
    assert not broken.take("log", Content("a digest", 1, 100, 6)), "it was written since"


def test_the_oldest_is_forgotten() -> None:
    broken = BrokenUploads()
    for number in range(MOST_KEPT + 1):
        broken.broke(f"log-{number}", CONTENT)
    assert [broken.take(f"log-{number}", CONTENT) for number in range(MOST_KEPT + 1)] == [False] + [True] * MOST_KEPT

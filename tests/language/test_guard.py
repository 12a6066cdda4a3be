"""The guard language: what is read is what was written, and what cannot be read is refused with a remedy."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.language.guard import (
    ALWAYS,
    MAX_GUARD_CHARS,
    All,
    Any,
    Ask,
    Atom,
    Guard,
    GuardError,
    Is,
    Not,
    atoms,
    domains,
    holds,
    parse_guard,
    satisfying,
)

WORDS = ("and", "or", "not", "in", "some", "every")
NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,6}", fullmatch=True).filter(lambda name: name not in WORDS)
IS = st.builds(Is, NAMES, st.lists(NAMES, min_size=1, max_size=3).map(tuple), st.sampled_from(("", "some", "every")))
ATOMS = st.one_of(IS, st.builds(Ask, NAMES))


def _deeper(inner: st.SearchStrategy[Guard]) -> st.SearchStrategy[Guard]:
    parts = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.one_of(st.builds(Not, inner), st.builds(All, parts), st.builds(Any, parts))


GUARDS = st.recursive(ATOMS, _deeper, max_leaves=8)
STATES = ("A", "B", "C")


def _states_of(_machine: str) -> tuple[str, ...]:
    return STATES


# ---- reading and writing ---------------------------------------------------------------------------------


@given(GUARDS)
@pytest.mark.exhaustive
def test_a_guard_that_is_written_and_read_is_the_same_guard(guard: Guard) -> None:
    text = str(guard)
    if len(text) <= MAX_GUARD_CHARS:
        assert parse_guard(text) == guard


@given(GUARDS, st.data())
def test_a_guard_reads_the_same_with_other_spaces(guard: Guard, data: st.DataObject) -> None:
    space = data.draw(st.sampled_from((" ", "  ", "\t", "\n")))
    text = str(guard).replace(" ", space)
    if len(text) <= MAX_GUARD_CHARS:
        assert parse_guard(f"{space}{text}{space}") == guard


def test_an_empty_guard_always_holds() -> None:
    assert parse_guard("") == parse_guard("  \n") == ALWAYS
    assert str(ALWAYS) == "always"


def test_and_binds_closer_than_or_and_not_closest() -> None:
    assert parse_guard("a or b and not c") == Any((Ask("a"), All((Ask("b"), Not(Ask("c"))))))


def test_parentheses_bind_closest() -> None:
    assert parse_guard("(a or b) and not (c or d)") == All((Any((Ask("a"), Ask("b"))), Not(Any((Ask("c"), Ask("d"))))))


def test_not_takes_a_whole_comparison() -> None:
    assert parse_guard("not cable == Unplugged") == Not(Is("cable", ("Unplugged",)))


def test_unequal_is_not_equal() -> None:
    assert parse_guard("cable != Unplugged") == Not(Is("cable", ("Unplugged",)))


def test_a_set_of_states_and_a_quantifier() -> None:
    assert parse_guard("some transaction in (Running, EnergyWithheld)") == Is(
        "transaction", ("Running", "EnergyWithheld"), "some"
    )
    assert parse_guard("every transaction == Settled") == Is("transaction", ("Settled",), "every")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("cable = Unplugged", "character '='"),
        ("cable == 'Unplugged'", 'character "\'"'),
        ("__import__('os')", 'character "\'"'),
        ("cable.state == Unplugged", "character '.'"),
        ("1 == 1", "character '1'"),
        ("cable ==", "the end"),
        ("cable == and", "a name expected, not 'and'"),
        ("(a or b", "')' expected"),
        ("a b", "'b' is left over"),
        ("a)", "')' is left over"),
        ("some transaction", "wants a machine and its states"),
        ("cable in Unplugged", "'(' expected"),
        ("cable in ()", "a name expected"),
        ("a and", "the end"),
        ("not", "the end"),
        ("_hidden", "a name expected"),
        ("a" * (MAX_GUARD_CHARS + 1), "split the row"),
    ],
)
def test_what_cannot_be_read_is_refused_and_says_why(text: str, says: str) -> None:
    with pytest.raises(GuardError) as refused:
        parse_guard(text)
    assert says in str(refused.value)


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused_and_nothing_else(text: str) -> None:
    try:
        guard = parse_guard(text)
    except GuardError:
        return
    assert parse_guard("" if guard == ALWAYS else str(guard)) == guard


# ---- deciding --------------------------------------------------------------------------------------------


@given(GUARDS, st.booleans())
def test_not_turns_a_guard_round(guard: Guard, answer: bool) -> None:
    assert holds(Not(guard), lambda _: answer) is not holds(guard, lambda _: answer)


@given(st.lists(ATOMS, min_size=2, max_size=4).map(tuple), st.data())
def test_all_and_any_are_each_others_mirror(parts: tuple[Atom, ...], data: st.DataObject) -> None:
    truths = {atom: data.draw(st.booleans()) for atom in parts}
    mirrored = Not(Any(tuple(Not(part) for part in parts)))
    assert holds(All(parts), truths.__getitem__) is holds(mirrored, truths.__getitem__)


def test_no_more_is_asked_than_decides() -> None:
    asked: list[Atom] = []

    def decide(atom: Atom) -> bool:
        asked.append(atom)
        return False

    assert not holds(parse_guard("a and b and c"), decide)
    assert asked == [Ask("a")]


def test_atoms_come_from_left_to_right() -> None:
    guard = parse_guard("b and (not a or m == S) and b")
    assert [str(atom) for atom in atoms(guard)] == ["b", "a", "m == S", "b"]


def test_guards_that_exclude_each_other_have_no_case_in_common() -> None:
    together = (parse_guard("m == A and q"), parse_guard("m == A and not q"))
    assert list(satisfying(together, _states_of)) == []


def test_every_common_case_is_found() -> None:
    together = (parse_guard("m in (A, B)"), parse_guard("m != A or q"))
    assert list(satisfying(together, _states_of)) == [
        {"m": "A", "q": "yes"},
        {"m": "B", "q": "yes"},
        {"m": "B", "q": "no"},
    ]


@given(st.lists(GUARDS, min_size=1, max_size=2).map(tuple))
def test_what_is_found_is_what_trying_everything_finds(together: tuple[Guard, ...]) -> None:
    tried = domains(together, _states_of)
    if prod(map(len, tried.values())) > 1_000:
        return
    everything = (dict(zip(tried, values, strict=True)) for values in product(*tried.values()))
    common = [case for case in everything if all(holds(guard, _decided_by(case)) for guard in together)]
    assert list(satisfying(together, _states_of)) == common


def _decided_by(case: dict[str, str]) -> Callable[[Atom], bool]:
    def decide(atom: Atom) -> bool:
        plain = isinstance(atom, Is) and not atom.quantifier
        return case[atom.machine] in atom.states if plain else case[str(atom)] == "yes"  # type: ignore[union-attr]

    return decide


def test_of_states_that_no_guard_tells_apart_the_first_stands_for_all() -> None:
    together = (parse_guard("m != B or q"), parse_guard("m != B"))
    assert domains(together, _states_of) == {"m": ("A", "B"), "q": ("yes", "no")}


def test_a_quantified_atom_is_free() -> None:
    cases = list(satisfying((parse_guard("some t == A and not every t == A"),), _states_of))
    assert cases == [{"some t == A": "yes", "every t == A": "no"}]

"""The guard language: what a row may ask before it fires.

A guard is read into a small closed tree and never evaluated as Python, so that it can be drawn, exported to
another checker, and decided: every guard ranges over finitely many things.

    guard  :=  term ("or" term)*            term  :=  factor ("and" factor)*
    factor :=  "not" factor | "(" guard ")" | atom
    atom   :=  machine "==" State | machine "!=" State | machine "in" "(" State, ... ")"
            |  ("some" | "every") machine ("==" | "in") ...      over all instances in reach
            |  question                                          data, which the runtime answers

A plain ``machine`` means the one instance in reach: of the same connector, or of the station. ``some`` and
``every`` range over all that are in reach: from the station down to its connectors, from a connector to its
transactions. A question is answered by the runtime; an exploration takes both answers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache, partial

from model.record import frozen

MAX_GUARD_CHARS = 500


class GuardError(ValueError):
    """A guard cannot be read; the message says where in the guard, and what would have been accepted."""


@frozen
class Is:
    """The machine in reach is in one of these states; ``quantifier`` is "", "some" or "every"."""

    machine: str
    states: tuple[str, ...]
    quantifier: str = ""

    def __str__(self) -> str:
        head = f"{self.quantifier} {self.machine}".strip()
        return f"{head} == {self.states[0]}" if len(self.states) == 1 else f"{head} in ({', '.join(self.states)})"


@frozen
class Ask:
    """A named question about data."""

    question: str

    def __str__(self) -> str:
        return self.question


@frozen
class Not:
    """True where the inner guard is false."""

    inner: Guard

    def __str__(self) -> str:
        if isinstance(self.inner, Is) and not self.inner.quantifier and len(self.inner.states) == 1:
            return f"{self.inner.machine} != {self.inner.states[0]}"
        return f"not {_wrapped(self.inner)}"


@frozen
class All:
    """True where every part is; with no parts, always."""

    parts: tuple[Guard, ...]

    def __str__(self) -> str:
        return " and ".join(_wrapped(part) for part in self.parts) or "always"


@frozen
class Any:
    """True where at least one part is."""

    parts: tuple[Guard, ...]

    def __str__(self) -> str:
        return " or ".join(_wrapped(part) for part in self.parts)


Guard = Is | Ask | Not | All | Any
Atom = Is | Ask
ALWAYS = All(())

_TOKEN = re.compile(r"\s*(?:(==|!=|\(|\)|,)|([A-Za-z_][A-Za-z0-9_]*))")
_WORDS = {"and", "or", "not", "in", "some", "every"}


def _wrapped(guard: Guard) -> str:
    return f"({guard})" if isinstance(guard, All | Any) and len(guard.parts) > 1 else str(guard)


@lru_cache(maxsize=2048)
def parse_guard(text: str) -> Guard:
    """Read one guard, each text once; an empty text is always true. Raises GuardError."""
    if len(text) > MAX_GUARD_CHARS:
        raise GuardError(f"a guard of {len(text)} characters; at most {MAX_GUARD_CHARS}: split the row")
    if not text.strip():
        return ALWAYS
    parser = _Parser(text, list(_tokens(text)))
    guard = parser.either()
    parser.expect_end()
    return guard


def _tokens(text: str) -> Iterator[tuple[str, int]]:
    at, end = 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            raise GuardError(f"character {text[at:].lstrip()[0]!r} in guard {text!r}: use ==, !=, in ( ), and, or, not")
        yield match.group().strip(), match.start()
        at = match.end()


class _Parser:
    """Recursive descent over the tokens; one method for each rule of the grammar."""

    def __init__(self, text: str, tokens: list[tuple[str, int]]) -> None:
        self.text, self.tokens, self.at = text, tokens, 0

    def peek(self) -> str:
        return self.tokens[self.at][0] if self.at < len(self.tokens) else ""

    def take(self, wanted: str = "") -> str:
        token = self.peek()
        if not token or (wanted and token != wanted):
            raise GuardError(f"{wanted or 'a name'!r} expected, not {token or 'the end'!r}, in guard {self.text!r}")
        self.at += 1
        return token

    def name(self) -> str:
        token = self.take()
        if token in _WORDS or not token[0].isalpha():
            raise GuardError(f"a name expected, not {token!r}, in guard {self.text!r}")
        return token

    def expect_end(self) -> None:
        if self.peek():
            raise GuardError(f"{self.peek()!r} is left over in guard {self.text!r}: join parts with and, or")

    def either(self) -> Guard:
        parts = [self.both()]
        while self.peek() == "or":
            self.take()
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else Any(tuple(parts))

    def both(self) -> Guard:
        parts = [self.factor()]
        while self.peek() == "and":
            self.take()
            parts.append(self.factor())
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def factor(self) -> Guard:
        if self.peek() == "not":
            self.take()
            return Not(self.factor())
        if self.peek() == "(":
            self.take()
            inner = self.either()
            self.take(")")
            return inner
        return self.atom()

    def atom(self) -> Guard:
        quantifier = self.take() if self.peek() in ("some", "every") else ""
        name = self.name()
        if self.peek() in ("==", "!="):
            negated = self.take() == "!="
            states: tuple[str, ...] = (self.name(),)
            return Not(Is(name, states, quantifier)) if negated else Is(name, states, quantifier)
        if self.peek() == "in":
            self.take()
            return Is(name, self.states(), quantifier)
        if quantifier:
            raise GuardError(f"{quantifier!r} wants a machine and its states in guard {self.text!r}")
        return Ask(name)

    def states(self) -> tuple[str, ...]:
        self.take("(")
        names = [self.name()]
        while self.peek() == ",":
            self.take()
            names.append(self.name())
        self.take(")")
        return tuple(names)


def holds(guard: Guard, decide: Callable[[Atom], bool]) -> bool:
    """Whether the guard is true where ``decide`` gives the truth of each atom; asks no more than it needs."""
    match guard:
        case All(parts):
            return all(holds(part, decide) for part in parts)
        case Any(parts):
            return any(holds(part, decide) for part in parts)
        case Not(inner):
            return not holds(inner, decide)
        case _:
            return decide(guard)


def atoms(guard: Guard) -> Iterator[Atom]:
    """Every atom, from left to right, repeated where it is repeated."""
    match guard:
        case All(parts) | Any(parts):
            for part in parts:
                yield from atoms(part)
        case Not(inner):
            yield from atoms(inner)
        case _:
            yield guard


def satisfying(guards: tuple[Guard, ...], states_of: Callable[[str], tuple[str, ...]]) -> Iterator[dict[str, str]]:
    """Assignments of the plain machines and questions in ``guards`` under which all of them hold.

    Quantified atoms count as free: each is a variable of its own. Decides by trying all of ``domains``, one variable
    after the other; where a guard is false whatever the rest may be, the rest is not tried.
    """
    return _satisfying(guards, domains(guards, states_of), {})


def _satisfying(
    guards: tuple[Guard, ...], free: dict[str, tuple[str, ...]], assignment: dict[str, str]
) -> Iterator[dict[str, str]]:
    truths = [truth(guard, partial(_true_in, assignment)) for guard in guards]
    if False in truths:
        return
    if not free:
        yield assignment
        return
    (name, values), *rest = free.items()
    for value in values:
        yield from _satisfying(guards, dict(rest), {**assignment, name: value})


def truth(guard: Guard, decide: Callable[[Atom], bool | None]) -> bool | None:
    """What the guard is where some atoms are not known yet (None): True, False, or None where it hangs on them."""
    match guard:
        case All(parts):
            return _first(False, (truth(part, decide) for part in parts))
        case Any(parts):
            return _first(True, (truth(part, decide) for part in parts))
        case Not(inner):
            known = truth(inner, decide)
            return None if known is None else not known
        case _:
            return decide(guard)


def _first(decisive: bool, truths: Iterable[bool | None]) -> bool | None:
    """``decisive`` if one of them is that, its opposite if all are, None if that is not known."""
    known = True
    for one in truths:
        if one is decisive:
            return decisive
        known = known and one is not None
    return not decisive if known else None


def domains(guards: tuple[Guard, ...], states_of: Callable[[str], tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """What each machine and question in ``guards`` may be; of states that no atom distinguishes one stands for all."""
    found: dict[str, list[Atom]] = {}
    for guard in guards:
        for atom in atoms(guard):
            found.setdefault(_variable(atom), []).append(atom)
    return {name: _told_apart(said, states_of) for name, said in found.items()}


def _told_apart(said: list[Atom], states_of: Callable[[str], tuple[str, ...]]) -> tuple[str, ...]:
    mentions = [atom.states for atom in said if isinstance(atom, Is)]
    if not _plain(said[0]):
        return ("yes", "no")
    first: dict[tuple[bool, ...], str] = {}
    for state in states_of(said[0].machine):  # type: ignore[union-attr]
        first.setdefault(tuple(state in states for states in mentions), state)
    return tuple(first.values())


def _plain(atom: Atom) -> bool:
    return isinstance(atom, Is) and not atom.quantifier


def _variable(atom: Atom) -> str:
    return atom.machine if isinstance(atom, Is) and not atom.quantifier else str(atom)


def _true_in(assignment: dict[str, str], atom: Atom) -> bool | None:
    value = assignment.get(_variable(atom))
    if value is None:
        return None
    return value in atom.states if isinstance(atom, Is) and not atom.quantifier else value == "yes"

"""A functional block of OCPP: everything that it brings to a station, said once.

Each file of ``runtime/operations/`` ends with its ``BLOCK``; ``runtime/blocks.py`` lists them all, and what composes
reads that list. A station is built from the blocks it is given, in their order: a block may use those before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar, cast

from attrs import Factory

from model.language.composition import Composition
from model.record import frozen
from model.station_file import StationFile
from runtime.core.binding import UnboundError
from runtime.core.block_context import BlockContext
from runtime.core.ports import Effect

T = TypeVar("T")


@frozen
class Block:
    """One block. ``build`` makes its operations from the parts that there are by then.

    ``triggers``: a message that TriggerMessage.req may ask for -> the machines that send it.
    ``effects``: those of its own, beyond what ``runtime/core/ports.py`` has. ``ports``: who performs effects of its own
    (the Protocol -> what makes an adapter), where the host is given no other for it.
    """

    name: str
    build: Callable[[Parts], object]
    triggers: Mapping[str, tuple[str, ...]] = Factory(dict)
    effects: tuple[type[Effect], ...] = ()
    ports: Mapping[type, Callable[[], object]] = Factory(dict)


@frozen
class Setup:
    """What a station is made of. ``settings``: first values of configuration keys.

    ``composition``: its tables, where they are not the built-in ones. ``given``: objects from outside, which blocks ask
    for by their class.
    """

    file: StationFile
    blocks: tuple[Block, ...]
    settings: Mapping[str, str] = Factory(dict)
    composition: Composition | None = None
    given: tuple[object, ...] = ()


class Parts:
    """The parts of one station while it is built: what it was given, and the operations of the blocks, by class."""

    def __init__(self, context: BlockContext, setup: Setup) -> None:
        """Makes the operations of the blocks, in their order. Raises UnboundError."""
        self.context, self.triggers = context, _triggers(setup.blocks)
        self.by_class: dict[type, object] = {type(part): part for part in setup.given}
        self.operations: tuple[object, ...] = tuple(self._build(block) for block in setup.blocks)

    def __getitem__(self, kind: type[T]) -> T:
        """The part of that class. Raises UnboundError."""
        part = self.by_class.get(kind)
        if part is None:
            raise UnboundError(f"no part {kind.__name__} is there yet: list its block before the one that needs it")
        return cast(T, part)

    def _build(self, block: Block) -> object:
        operations = block.build(self)
        if type(operations) in self.by_class:
            raise UnboundError(f"block {block.name} is listed twice: list each once")
        self.by_class[type(operations)] = operations
        return operations


def _triggers(blocks: Iterable[Block]) -> Mapping[str, tuple[str, ...]]:
    """The messages that can be triggered, and the machines that send them. Raises UnboundError."""
    triggers: dict[str, tuple[str, ...]] = {}
    for block in blocks:
        for message, machines in block.triggers.items():
            if message in triggers:
                raise UnboundError(f"{message} is triggered in two blocks: let one of them name all its machines")
            triggers[message] = machines
    return triggers

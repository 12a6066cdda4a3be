"""GetConfiguration and ChangeConfiguration (5.8 and 5.3).

A change is durable before it is answered, and acted upon at once: most keys are read where they matter, at the
moment they matter; the few that concern a machine name the event under ``raises`` in
``model/configuration.toml``.
"""

from __future__ import annotations

from functools import partial

from model.configuration import BadValueError, Key, Value
from model.language.composition import Instance
from model.language.semantics import Occurrence
from model.messages.configuration import (
    ChangeConfigurationReq,
    GetConfigurationConf,
    GetConfigurationReq,
    KeyValue,
)
from model.record import frozen
from runtime.core.binding import addresses, answers, performs, responds
from runtime.core.block import Block
from runtime.core.block_context import BlockContext

AT = Instance("configuration")


@frozen
class Change:
    """The key that is to be changed, and the value that it would have; None where there is none, or it may not."""

    key: Key | None
    value: Value | None


class Configuration:
    """The configuration keys, as the CSMS sees them."""

    def __init__(self, context: BlockContext) -> None:
        self.context = context

    @answers("configuration", "few_enough")
    def few_enough(self, at: Instance, request: GetConfigurationReq) -> bool:
        """GetConfigurationMaxKeys."""
        return len(request.key or ()) <= self.context.settings.integer("GetConfigurationMaxKeys")

    @responds(GetConfigurationReq)
    def shown(self, at: Instance | None, request: GetConfigurationReq, answer: str) -> GetConfigurationConf | str:
        """Every known key that was asked for, or all; unknown ones by name (CS-5.8-02 to -04, CS-9-01)."""
        if answer != "Keys":
            return f"key: at most {self.context.settings.integer('GetConfigurationMaxKeys')} keys in one request"
        if not request.key:
            keys = [key for key in self.context.settings.offered.values() if key.readable]
            return GetConfigurationConf(configuration_key=tuple(self._shown(key) for key in keys))
        known, unknown = [], []
        for name in request.key:
            key = self.context.settings.find(name)
            if key and key.readable:
                known.append(self._shown(key))
            else:
                unknown.append(name)
        return GetConfigurationConf(configuration_key=tuple(known) or None, unknown_key=tuple(unknown) or None)

    def _shown(self, key: Key) -> KeyValue:
        return KeyValue(key=key.name, readonly=not key.writable, value=self.context.settings.text(key.name))

    @addresses(ChangeConfigurationReq)
    def to_change(self, request: ChangeConfigurationReq) -> Occurrence:
        """The keys, with the one that is meant and the value that it would have."""
        key = self.context.settings.find(request.key)
        value = self._parsed(key, request.value) if key and key.writable else None
        return Occurrence(AT, "change_asked", Change(key, value))

    def _parsed(self, key: Key, text: str) -> Value | None:
        try:
            return key.parse(text, self.context.station)
        except BadValueError as problem:
            self.context.note(f"ChangeConfiguration refused: {problem}", "warning")
            return None

    @answers("configuration", "known")
    def known(self, at: Instance, change: Change) -> bool:
        """Whether there is such a key (CS-5.3-04, CS-5.3-06, CS-5.3-07)."""
        return change.key is not None

    @answers("configuration", "acceptable")
    def acceptable(self, at: Instance, change: Change) -> bool:
        """No read-only key; and a list with one measurand that is not measured is not (CS-3.16.4-01, CS-3.16.4-02)."""
        return change.value is not None

    @answers("configuration", "from_next_boot")
    def from_next_boot(self, at: Instance, change: Change) -> bool:
        """Nothing comes of it before."""
        return change.key is not None and change.key.reboot_required

    @performs("configuration", "set key")
    def set_key(self, at: Instance, change: Change) -> None:
        """Durable before it is answered, and acted upon in the same step (CS-5.3-02)."""
        assert change.key is not None, "the row asks whether there is one"
        assert change.value is not None, "the row asks whether it can be"
        key = change.key
        self.context.ledger.set_configuration(key.name, self.context.settings.set(key, change.value))
        for machine, event in key.raised:
            self.context.after_rows(partial(self._raise, machine, event))

    def _raise(self, machine: str, event: str) -> None:
        """Whom the change concerns says the table of keys."""
        for instance in tuple(self.context.engine.living(machine)):
            self.context.act(machine, event, instance.connector, instance.slot)


BLOCK = Block("configuration", lambda parts: Configuration(parts.context))

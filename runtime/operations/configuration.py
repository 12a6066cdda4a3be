"""GetConfiguration and ChangeConfiguration (5.8 and 5.3).

A change is durable before it is answered, and acted upon at once: most keys are read where they matter, at the
moment they matter; the few that concern a machine name the event under ``raises`` in
``model/configuration.toml``.
"""

from __future__ import annotations

from model.configuration import BadValueError, Key
from model.messages.configuration import (
    ChangeConfigurationConf,
    ChangeConfigurationReq,
    ConfigurationStatus,
    GetConfigurationConf,
    GetConfigurationReq,
    KeyValue,
)
from model.messages.errors import BadPayloadError, CallErrorCode
from runtime.core.binding import handles
from runtime.core.block import Block
from runtime.core.block_context import BlockContext


class Configuration:
    """The configuration keys, as the CSMS sees them."""

    def __init__(self, context: BlockContext) -> None:
        self.context = context

    @handles(GetConfigurationReq)
    def get(self, request: GetConfigurationReq) -> GetConfigurationConf:
        """Every known key that was asked for, or all; unknown ones by name (CS-5.8-02, CS-5.8-03, CS-5.8-04, CS-9-01).

        Raises BadPayloadError for more keys than GetConfigurationMaxKeys: refused whole, never answered in part.
        """
        most = self.context.settings.integer("GetConfigurationMaxKeys")
        if len(request.key or ()) > most:
            raise BadPayloadError(
                CallErrorCode.OCCURENCE_CONSTRAINT_VIOLATION, "key", f"at most {most} keys in one request"
            )
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

    @handles(ChangeConfigurationReq)
    def change(self, request: ChangeConfigurationReq) -> ChangeConfigurationConf:
        """What came of it (CS-5.3-02); NotSupported for a key that is not known (CS-5.3-04, CS-5.3-06, CS-5.3-07).

        A value that cannot be changes nothing: so with a list that names one measurand which is not measured
        (CS-3.16.4-01, CS-3.16.4-02).
        """
        key = self.context.settings.find(request.key)
        if key is None:
            return ChangeConfigurationConf(status=ConfigurationStatus.NOT_SUPPORTED)
        if not key.writable:
            return ChangeConfigurationConf(status=ConfigurationStatus.REJECTED)
        try:
            text = self.context.settings.set(key, request.value)
        except BadValueError as problem:
            self.context.note(f"ChangeConfiguration refused: {problem}", "warning")
            return ChangeConfigurationConf(status=ConfigurationStatus.REJECTED)
        self.context.ledger.set_configuration(key.name, text)
        self._raise(key)
        accepted = ConfigurationStatus.REBOOT_REQUIRED if key.reboot_required else ConfigurationStatus.ACCEPTED
        return ChangeConfigurationConf(status=accepted)

    def _raise(self, key: Key) -> None:
        """Whom the change concerns says the table of keys."""
        for machine, event in key.raised:
            for instance in tuple(self.context.engine.living(machine)):
                self.context.act(machine, event, instance.connector, instance.slot)


BLOCK = Block("configuration", lambda parts: Configuration(parts.context))

"""The local authorization list: what the CSMS has sent, and which id tags it has.

The machine decides what becomes of an update, and what is answered; this block knows the list as it is and as the
request would have it. An update is worked out whole before any of it is kept, and the step keeps list, version and
state in one commit, before the answer leaves, so that they outlive the power (CS-3.5.2-05). Nothing else changes the
list (CS-3.5.2-12): whether an entry has expired is judged where it is looked up.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from model.language.composition import Instance
from model.messages.local_list import (
    AuthorizationData,
    GetLocalListVersionConf,
    GetLocalListVersionReq,
    SendLocalListConf,
    SendLocalListReq,
    UpdateStatus,
    UpdateType,
)
from model.messages.types import IdTagInfo, fold
from runtime.core.binding import answers, handles, performs
from runtime.core.block import Block
from runtime.core.block_context import BlockContext
from runtime.core.records import ListEntry

NO_LIST, EMPTY_LIST = -1, 0
"""Versions with a meaning of their own (CS-5.10-03, CS-5.10-04)."""


class LocalList:
    """The list, by folded id tag (CS-7.28-01), and the request that is being judged."""

    def __init__(self, context: BlockContext) -> None:
        self.context = context
        self.request: SendLocalListReq
        self.updated: Mapping[str, ListEntry] = MappingProxyType({})
        """The list that the request would make."""
        self.status: UpdateStatus
        self.version: int

    def entry(self, id_tag: str) -> ListEntry | None:
        """What the list says of an id tag; None where it does not have it."""
        if self.context.engine.state("local_list") != "InUse":
            return None
        return self.context.ledger.listed.get(fold(id_tag))

    # ---- what the CSMS asks ------------------------------------------------------------------------------

    @handles(SendLocalListReq)
    def send_local_list(self, request: SendLocalListReq) -> SendLocalListConf:
        """Answered once the list is as asked for, and durable with the answer (CS-5.15-05, CS-6.42-01)."""
        self.request = request
        self.updated = self._updated()
        self.context.act("local_list", "full_sent" if self._full else "differential_sent")
        return SendLocalListConf(status=self.status)

    @handles(GetLocalListVersionReq)
    def get_local_list_version(self, request: GetLocalListVersionReq) -> GetLocalListVersionConf:
        """The version as it now stands (CS-5.10-02)."""
        self.context.act("local_list", "version_asked")
        return GetLocalListVersionConf(list_version=self.version)

    # ---- the request, and the list that it would make ------------------------------------------------------

    @property
    def _full(self) -> bool:
        return self.request.update_type is UpdateType.FULL

    @property
    def _sent(self) -> tuple[AuthorizationData, ...]:
        return self.request.local_authorization_list or ()

    def _updated(self) -> Mapping[str, ListEntry]:
        """Entries without idTagInfo delete; one that is not there is deleted already (CS-7.1-03, CS-7.1-04)."""
        entries: dict[str, ListEntry] = {} if self._full else dict(self.context.ledger.listed)
        for data in self._sent:
            if data.id_tag_info is None:
                entries.pop(fold(data.id_tag), None)
            else:
                entries[fold(data.id_tag)] = _entry(data.id_tag, data.id_tag_info)
        return MappingProxyType(entries)

    # ---- questions ---------------------------------------------------------------------------------------

    @answers("local_list", "enabled")
    def enabled(self, at: Instance) -> bool:
        """LocalAuthListEnabled (CS-9.2.1-01)."""
        return self.context.settings.truth("LocalAuthListEnabled")

    @answers("local_list", "entries_kept")
    def entries_kept(self, at: Instance) -> bool:
        """Whether the list has entries."""
        return bool(self.context.ledger.listed)

    @answers("local_list", "newer")
    def newer(self, at: Instance) -> bool:
        """Gaps are allowed, going back or standing still is not (CS-7.47-04)."""
        return self.request.list_version > self.context.ledger.list_version

    @answers("local_list", "well_formed")
    def well_formed(self, at: Instance) -> bool:
        """What no schema can say (ERR-3.52-01, CS-9.2.3-01, CS-6.41-01, CS-7.1-02)."""
        names = {fold(data.id_tag) for data in self._sent}
        return (
            self.request.list_version > EMPTY_LIST
            and len(self._sent) <= self.context.settings.integer("SendLocalListMaxLength")
            and len(names) == len(self._sent)
            and not (self._full and any(data.id_tag_info is None for data in self._sent))
        )

    @answers("local_list", "fits")
    def fits(self, at: Instance) -> bool:
        """What is deleted no longer counts (CS-9.2.2-01)."""
        return len(self.updated) <= self.context.settings.integer("LocalAuthListMaxLength")

    @answers("local_list", "leaves_somebody")
    def leaves_somebody(self, at: Instance) -> bool:
        """Whether the list would have entries."""
        return bool(self.updated)

    # ---- operations --------------------------------------------------------------------------------------

    @performs("local_list", "take update")
    def take_update(self, at: Instance) -> None:
        """The whole list and its version; an empty list has version 0, whatever was sent (CS-5.10-03)."""
        entries = self.updated
        self.context.ledger.set_list(entries, self.request.list_version if entries else EMPTY_LIST)

    @performs("local_list", "answer update")
    def answer_update(self, at: Instance, value: str) -> None:
        """What SendLocalList.conf says."""
        self.status = UpdateStatus(value)

    @performs("local_list", "answer version")
    def answer_version(self, at: Instance, value: str) -> None:
        """What GetLocalListVersion.conf says."""
        versions = {"Kept": self.context.ledger.list_version, "Empty": EMPTY_LIST, "NotSupported": NO_LIST}
        self.version = versions[value]


def _entry(id_tag: str, info: IdTagInfo) -> ListEntry:
    return ListEntry(id_tag, info.status.value, info.expiry_date, info.parent_id_tag)


BLOCK = Block("local_list", lambda parts: LocalList(parts.context))

"""The local authorization list: what the CSMS has sent, and which id tags it has.

The machine decides what becomes of an update, and what is answered; this block knows the list as it is and as a
request would have it. An update is worked out whole before any of it is kept, and the step keeps list, version and
state in one commit, before the answer leaves, so that they outlive the power (CS-3.5.2-05). Nothing else changes the
list (CS-3.5.2-12): whether an entry has expired is judged where it is looked up.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from model.language.composition import Instance
from model.language.semantics import Occurrence
from model.messages.local_list import (
    AuthorizationData,
    GetLocalListVersionConf,
    GetLocalListVersionReq,
    SendLocalListReq,
    UpdateType,
)
from model.messages.types import IdTagInfo, fold
from model.record import frozen
from runtime.core.binding import addresses, answers, performs, responds
from runtime.core.block import Block
from runtime.core.block_context import BlockContext
from runtime.core.records import ListEntry

NO_LIST, EMPTY_LIST = -1, 0
"""Versions with a meaning of their own (CS-5.10-03, CS-5.10-04)."""


@frozen
class Update:
    """A request to change the list, and the list that it would make."""

    request: SendLocalListReq
    entries: Mapping[str, ListEntry]


class LocalList:
    """The list, by folded id tag (CS-7.28-01)."""

    def __init__(self, context: BlockContext) -> None:
        self.context = context

    def entry(self, id_tag: str) -> ListEntry | None:
        """What the list says of an id tag; None where it does not have it."""
        if self.context.engine.state("local_list") != "InUse":
            return None
        return self.context.ledger.listed.get(fold(id_tag))

    # ---- what the CSMS asks ------------------------------------------------------------------------------

    @addresses(SendLocalListReq)
    def to_update(self, request: SendLocalListReq) -> Occurrence:
        """The list, as an update of its kind; the list that it would make is worked out once."""
        event = "full_sent" if _full(request) else "differential_sent"
        return Occurrence(Instance("local_list"), event, Update(request, self._updated(request)))

    @responds(GetLocalListVersionReq)
    def version(self, at: Instance | None, request: GetLocalListVersionReq, answer: str) -> GetLocalListVersionConf:
        """The version as it now stands (CS-5.10-02)."""
        versions = {"Kept": self.context.ledger.list_version, "Empty": EMPTY_LIST, "NotSupported": NO_LIST}
        return GetLocalListVersionConf(list_version=versions[answer])

    def _updated(self, request: SendLocalListReq) -> Mapping[str, ListEntry]:
        """Entries without idTagInfo delete; one that is not there is deleted already (CS-7.1-03, CS-7.1-04)."""
        entries: dict[str, ListEntry] = {} if _full(request) else dict(self.context.ledger.listed)
        for data in _sent(request):
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
    def newer(self, at: Instance, update: Update) -> bool:
        """Gaps are allowed, going back or standing still is not (CS-7.47-04)."""
        return update.request.list_version > self.context.ledger.list_version

    @answers("local_list", "well_formed")
    def well_formed(self, at: Instance, update: Update) -> bool:
        """What no schema can say (ERR-3.52-01, CS-9.2.3-01, CS-6.41-01, CS-7.1-02)."""
        request, sent = update.request, _sent(update.request)
        names = {fold(data.id_tag) for data in sent}
        return (
            request.list_version > EMPTY_LIST
            and len(sent) <= self.context.settings.integer("SendLocalListMaxLength")
            and len(names) == len(sent)
            and not (_full(request) and any(data.id_tag_info is None for data in sent))
        )

    @answers("local_list", "fits")
    def fits(self, at: Instance, update: Update) -> bool:
        """What is deleted no longer counts (CS-9.2.2-01)."""
        return len(update.entries) <= self.context.settings.integer("LocalAuthListMaxLength")

    @answers("local_list", "leaves_somebody")
    def leaves_somebody(self, at: Instance, update: Update) -> bool:
        """Whether the list would name anybody."""
        return bool(update.entries)

    # ---- operations --------------------------------------------------------------------------------------

    @performs("local_list", "take update")
    def take_update(self, at: Instance, update: Update) -> None:
        """The whole list and its version; an empty list has version 0, whatever was sent (CS-5.10-03)."""
        self.context.ledger.set_list(update.entries, update.request.list_version if update.entries else EMPTY_LIST)


def _full(request: SendLocalListReq) -> bool:
    return request.update_type is UpdateType.FULL


def _sent(request: SendLocalListReq) -> tuple[AuthorizationData, ...]:
    return request.local_authorization_list or ()


def _entry(id_tag: str, info: IdTagInfo) -> ListEntry:
    return ListEntry(id_tag, info.status.value, info.expiry_date, info.parent_id_tag)


BLOCK = Block("local_list", lambda parts: LocalList(parts.context))

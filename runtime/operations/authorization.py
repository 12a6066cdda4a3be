"""Authorization: a token at the reader, Authorize.req, and which token holds which connector.

The machine decides what a token may do at a connector. This block knows the tokens: the one under judgement, the
one that holds the connector, the one that is being asked for. One reader serves all connectors (HFS-10), so a token
that names none has to find its connector: it goes where the table prefers it ([[preference]]), and while no EV is there
it may still go where one comes (the rows ``await_cable`` to ``arrive``).

Who starts is authorized before (CS-3.4-02), and who stops is who started, or of the same group (CS-3.4-04, CS-3.10-01).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from attrs import evolve

from model.language.composition import Instance
from model.messages.authorization import AuthorizeConf, AuthorizeReq
from model.messages.charging import ChargingProfile
from model.messages.types import AuthorizationStatus, fold, of_one_group
from model.record import frozen
from runtime.core.binding import answers, fails, performs, takes
from runtime.core.block import Block
from runtime.core.block_context import BlockContext
from runtime.core.inputs import TokenPresented
from runtime.core.ports import TellDriver
from runtime.core.records import ReservationRecord
from runtime.operations.calls import CallFailure, Calls, PendingCall
from runtime.operations.precedence import Precedence
from runtime.operations.tokens import Tokens


@frozen
class Judged:
    """The tokens of one connector. ``unbound``: presented for none in particular. ``left_by``: the last holder."""

    token: str = ""
    unbound: bool = False
    left_by: str | None = None
    holder: str | None = None
    holder_unbound: bool = False
    parent: str | None = None
    asked: AuthorizeReq | None = None
    asked_parent: str | None = None
    profile: ChargingProfile | None = None
    """What the remote start brought, until its transaction begins."""


class Authorization:
    """Who may charge where."""

    def __init__(self, context: BlockContext, calls: Calls, tokens: Tokens) -> None:
        self.context, self.calls, self.tokens = context, calls, tokens
        self.at: dict[int, Judged] = {connector: Judged() for connector in context.connectors}
        self.laid_down = Judged()

    # ---- a token finds its connector ---------------------------------------------------------------------

    @fails(TokenPresented)
    def not_presented(self, given: TokenPresented) -> tuple[TellDriver, ...]:
        """The token at the reader is refused."""
        return tuple(TellDriver(connector, "Refused") for connector in given.connectors or self.context.connectors)

    @takes(TokenPresented)
    def presented(self, given: TokenPresented) -> None:
        """Judge the token where the table prefers it; the connectors that the driver named come alone."""
        self.tokens.look_up(given.id_tag)
        named = [c for c in given.connectors if c in self.at]
        self._judge(named or list(self.at), given.id_tag, not named, "token_presented")

    def _judge(self, among: Collection[int], id_tag: str, unbound: bool, event: str) -> None:
        with self._under_judgement(among, id_tag, unbound):
            best = self.context.preferred("authorization", event, among)
            self.context.act("authorization", event, min(among) if best is None else best)

    @contextmanager
    def _under_judgement(self, among: Collection[int], id_tag: str, unbound: bool) -> Iterator[None]:
        """Any of these connectors may be the token's; where another one is being asked for, it is that one again."""
        for connector in among:
            self.note(connector, token=id_tag, unbound=unbound)
        yield
        for connector in among:
            if asked := self.at[connector].asked:
                self.note(connector, token=asked.id_tag)

    def note(self, connector: int, **changes: Any) -> None:
        """What is known of the tokens of a connector changes."""
        self.at[connector] = evolve(self.at[connector], **changes)

    # ---- a remote start ----------------------------------------------------------------------------------

    def where_to_start(self, among: Collection[int], id_tag: str, unbound: bool) -> int | None:
        """The connector at which a remote start would be attempted now (CS-5.11-02); None where none would."""
        with self._under_judgement([c for c in among if c in self.at], id_tag, unbound):
            able = [c for c in among if self.context.engine.would_fire(Instance("authorization", c), "remote_start")]
            return self.context.preferred("authorization", "remote_start", able)

    def remote_start(self, connector: int, id_tag: str, unbound: bool, profile: ChargingProfile | None) -> None:
        """Attempt it. ``unbound``: the CSMS named no connector. The profile goes with the token (CS-5.16.2-04)."""
        self.tokens.look_up(id_tag)
        if self.where_to_start([connector], id_tag, unbound):
            self.note(connector, profile=profile)
        self._judge([connector], id_tag, unbound, "remote_start")

    # ---- questions ---------------------------------------------------------------------------------------

    @answers("authorization", "known_valid")
    def known_valid(self, at: Instance) -> bool:
        """Good by what we know, and LocalAuthorizeOffline lets us act on it (CS-9.1.12-01, CS-3.5-01, CS-3.5-02)."""
        return self.context.settings.truth("LocalAuthorizeOffline") and self.tokens.valid(self.at[at.connector].token)

    @answers("authorization", "pre_authorized")
    def pre_authorized(self, at: Instance) -> bool:
        """Good by what we know, and LocalPreAuthorize lets us act on it (CS-9.1.13-01, CS-4.1-05, CS-4.1-07)."""
        return self.context.settings.truth("LocalPreAuthorize") and self.tokens.valid(self.at[at.connector].token)

    @answers("authorization", "authorize_remote")
    def authorize_remote(self, at: Instance) -> bool:
        """AuthorizeRemoteTxRequests (CS-9.1.3-01)."""
        return self.context.settings.truth("AuthorizeRemoteTxRequests")

    @answers("authorization", "same_token")
    def same_token(self, at: Instance) -> bool:
        """The token is the holder's own."""
        judged = self.at[at.connector]
        return judged.holder is not None and fold(judged.token) == fold(judged.holder)

    @answers("authorization", "being_asked")
    def being_asked(self, at: Instance) -> bool:
        """It is this token that is with the CSMS, or on its way there."""
        judged = self.at[at.connector]
        return judged.asked is not None and fold(judged.token) == fold(judged.asked.id_tag)

    @answers("authorization", "same_group")
    def same_group(self, at: Instance) -> bool:
        """Both have a parent, and it is the same: two absent parents do not match (reading 13).

        A parent is held against a parent, and never against the token itself (CS-3.10-03).
        """
        judged = self.at[at.connector]
        return of_one_group(self._parent_at(at.connector), judged.asked_parent or self._parent_of(judged.token))

    @answers("authorization", "may_be_of_the_group")
    def may_be_of_the_group(self, at: Instance) -> bool:
        """Whether the session there has a group, and the token is of it, or not known to be of another."""
        parent, id_tag = self._parent_at(at.connector), self.at[at.connector].token
        return bool(parent) and (self.tokens.known(id_tag) is None or of_one_group(parent, self._parent_of(id_tag)))

    def _parent_of(self, id_tag: str) -> str | None:
        known = self.tokens.known(id_tag)
        return known.parent_id_tag if known else None

    @answers("authorization", "admitted")
    def admitted(self, at: Instance) -> bool:
        """The reservation is for the token, or for its group: like is held against like (CS-5.13-11)."""
        record, judged = self.context.ledger.reservations.get(at.connector), self.at[at.connector]
        parent = judged.asked_parent or self._parent_of(judged.token)
        return record is not None and record.is_for(judged.token, parent)

    @answers("authorization", "group_unknown")
    def group_unknown(self, at: Instance) -> bool:
        """Only the CSMS can say whether the token is of the group that the connector is kept for (CS-5.13-17)."""
        record = self.context.ledger.reservations.get(at.connector)
        group = record.parent_id_tag if record else None
        return bool(group) and self.tokens.known(self.at[at.connector].token) is None

    def would_admit(self, record: ReservationRecord, connector: int) -> bool:
        """Whether a reservation is for the token that is authorized at the connector."""
        judged = self.at[connector]
        return judged.holder is not None and record.is_for(judged.holder, judged.parent)

    def _parent_at(self, connector: int) -> str | None:
        """The holder's group: by its authorization, or by the answer to StartTransaction.req."""
        running = self.context.running(connector)
        return self.at[connector].parent or (running[1].parent_id_tag if running else None)

    @answers("authorization", "unbound")
    def is_unbound(self, at: Instance) -> bool:
        """The connector was not named (HFS-10)."""
        return self.at[at.connector].holder_unbound

    @answers("authorization", "left_by_another")
    def left_by_another(self, at: Instance) -> bool:
        """The connector was not named, and the EV that is still here is not known to be this driver's (ERR-3.20-01)."""
        judged = self.at[at.connector]
        return judged.unbound and (judged.left_by is None or fold(judged.token) != fold(judged.left_by))

    # ---- operations --------------------------------------------------------------------------------------

    @performs("authorization", "note token")
    def note_token(self, at: Instance) -> None:
        """It is this one that wants to start."""
        judged = self.at[at.connector]
        self.note(at.connector, holder=judged.token, holder_unbound=judged.unbound, parent=None)

    @performs("authorization", "learn parent")
    def learn_parent(self, at: Instance) -> None:
        """Its group, as the CSMS has sent it."""
        judged = self.at[at.connector]
        parent = judged.asked_parent or self._parent_of(judged.holder or "")
        self.note(at.connector, parent=parent, asked_parent=None)

    @performs("authorization", "ask Authorize")
    def ask(self, at: Instance) -> None:
        """Authorize.req for the token under judgement; for charging, and nothing else (CS-4.1-04)."""
        asked = AuthorizeReq(id_tag=self.at[at.connector].token)
        self.note(at.connector, asked=asked)
        self.calls.submit(
            PendingCall(
                asked,
                lambda conf: self._answered(at.connector, asked, conf),
                lambda lost: self._unanswered(at.connector, asked, lost),
                Precedence.DRIVER,
                at_once=True,
            )
        )

    def _answered(self, connector: int, asked: AuthorizeReq, conf: AuthorizeConf) -> None:
        """What it says is kept, whatever became of the question; it counts for a reservation too (CS-5.13-25)."""
        self.tokens.learn(asked.id_tag, conf.id_tag_info)
        if self.at[connector].asked is not asked:
            return
        self.note(connector, asked_parent=conf.id_tag_info.parent_id_tag)
        accepted = conf.id_tag_info.status is AuthorizationStatus.ACCEPTED
        self._conclude(connector, "accepted" if accepted else "refused")

    def _unanswered(self, connector: int, asked: AuthorizeReq, lost: CallFailure) -> None:
        if self.at[connector].asked is not asked:
            return
        if lost.while_linked:
            self._conclude(connector, "unanswered")
        self.note(connector, asked=None)

    def _conclude(self, connector: int, event: str) -> None:
        self.note(connector, asked=None)
        self.context.act("authorization", event, connector)
        self.note(connector, asked_parent=None)

    @performs("authorization", "tell driver")
    def tell_driver(self, at: Instance, verdict: str) -> None:
        """What the reader shows."""
        self.context.effect(TellDriver(at.connector, verdict))

    @performs("authorization", "forget token")
    def forget(self, at: Instance) -> None:
        """No token holds the connector."""
        self._forget(at.connector, left_by=self.at[at.connector].holder)

    @performs("authorization", "forget question")
    def forget_question(self, at: Instance) -> None:
        """The token held nothing, so the last holder is still the one before it."""
        self._forget(at.connector, left_by=self.at[at.connector].left_by)

    def _forget(self, connector: int, left_by: str | None) -> None:
        """A question that is still in the outbox goes with it: no other driver is to wait for its answer."""
        judged = self.at[connector]
        if judged.asked:
            self.calls.withdraw(judged.asked)
        self.at[connector] = Judged(token=judged.token, unbound=judged.unbound, left_by=left_by)

    @performs("authorization", "lay token down")
    def lay_down(self, at: Instance) -> None:
        """It leaves for another connector."""
        self.laid_down, self.at[at.connector] = self.at[at.connector], Judged()

    @performs("authorization", "take token up")
    def take_up(self, at: Instance) -> None:
        """It has come here."""
        self.at[at.connector] = self.laid_down


BLOCK = Block("authorization", lambda parts: Authorization(parts.context, parts[Calls], parts[Tokens]))

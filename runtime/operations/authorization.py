"""Authorization: a token at the reader, Authorize.req, and which token holds which connector.

The machine decides what a token may do at a connector. This block knows the tokens: the one under judgement, the
one that holds the connector, the one that is being asked for. One reader serves all connectors (HFS-10), so a token
has to find its connector: it goes where the tables would do most with it.
"""

from __future__ import annotations

from typing import ClassVar

from attrs import define

from model.composition import Instance
from model.messages.authorization import AuthorizeConf, AuthorizeReq, ClearCacheConf, ClearCacheReq, ClearCacheStatus
from model.messages.types import AuthorizationStatus, fold
from runtime.binding import answers, handles, performs, takes
from runtime.desk import Desk
from runtime.operations.calls import Calls, Lost, Outgoing
from runtime.operations.tokens import Tokens
from runtime.ports import TellDriver, TokenPresented

STOPPING = ("stop", "give_up")
STARTING = ("ask", "local", "offline")
OTHER = ("other", "other.offline")
"""Rows by what they do for the driver: what a token can do at a connector ranks the connectors for it."""


@define
class Judged:
    """The tokens of one connector."""

    token: str = ""
    holder: str | None = None
    parent: str | None = None
    asked: str | None = None
    asked_parent: str | None = None


class Authorization:
    """Who may charge where."""

    ROWS: ClassVar = {"authorization": (*STOPPING, *STARTING, *OTHER)}

    def __init__(self, desk: Desk, calls: Calls, tokens: Tokens) -> None:
        self.desk, self.calls, self.tokens = desk, calls, tokens
        self.at: dict[int, Judged] = {connector: Judged() for connector in desk.connectors}

    # ---- a token finds its connector ---------------------------------------------------------------------

    @takes(TokenPresented)
    def presented(self, given: TokenPresented) -> None:
        """Judge the token where it can do most; the connectors that the driver named come alone."""
        connectors = [c for c in given.connectors if c in self.at] or list(self.at)
        best = min(connectors, key=lambda connector: (self._rank(connector, given.id_tag), connector))
        self._judge(best, given.id_tag, "token_presented")

    def _rank(self, connector: int, id_tag: str) -> int:
        row = self._row(connector, id_tag, "token_presented")
        plugged = self.desk.engine.state("cable", connector) != "Unplugged"
        if row in STOPPING:
            return 0
        if row in STARTING:
            return 1 if plugged else 3
        return 2 if row in OTHER else 4

    def _row(self, connector: int, id_tag: str, event: str) -> str | None:
        judged = self.at[connector]
        before, judged.token = judged.token, id_tag
        row = self.desk.engine.would_fire(Instance("authorization", connector), event)
        judged.token = before
        return row.id if row else None

    def _judge(self, connector: int, id_tag: str, event: str) -> None:
        self.at[connector].token = id_tag
        self.desk.act("authorization", event, connector)
        self.at[connector].token = self.at[connector].asked or id_tag

    # ---- a remote start ----------------------------------------------------------------------------------

    def could_start(self, connector: int, id_tag: str) -> bool:
        """Whether a remote start would be attempted there now (CS-5.11-02)."""
        return connector in self.at and self._row(connector, id_tag, "remote_start") is not None

    def remote_start(self, connector: int, id_tag: str) -> None:
        """Attempt it."""
        self._judge(connector, id_tag, "remote_start")

    # ---- questions ---------------------------------------------------------------------------------------

    @answers("authorization", "known_valid")
    def known_valid(self, at: Instance) -> bool:
        """Good by what we know, and LocalAuthorizeOffline lets us act on it (CS-9.1.12-01)."""
        return self.desk.settings.truth("LocalAuthorizeOffline") and self.tokens.valid(self.at[at.connector].token)

    @answers("authorization", "pre_authorized")
    def pre_authorized(self, at: Instance) -> bool:
        """Good by what we know, and LocalPreAuthorize lets us act on it (CS-9.1.13-01)."""
        return self.desk.settings.truth("LocalPreAuthorize") and self.tokens.valid(self.at[at.connector].token)

    @answers("authorization", "authorize_remote")
    def authorize_remote(self, at: Instance) -> bool:
        """AuthorizeRemoteTxRequests (CS-9.1.3-01)."""
        return self.desk.settings.truth("AuthorizeRemoteTxRequests")

    @answers("authorization", "same_token")
    def same_token(self, at: Instance) -> bool:
        """The token is the holder's own."""
        judged = self.at[at.connector]
        return judged.holder is not None and fold(judged.token) == fold(judged.holder)

    @answers("authorization", "same_group")
    def same_group(self, at: Instance) -> bool:
        """Both have a parent, and it is the same: two absent parents do not match (reading 13)."""
        judged = self.at[at.connector]
        known = self.tokens.known(judged.token)
        other = judged.asked_parent or (known.parent_id_tag if known else None)
        parent = judged.parent or self._parent_at(at.connector)
        return parent is not None and other is not None and fold(parent) == fold(other)

    def _parent_at(self, connector: int) -> str | None:
        """What StartTransaction.conf said of the group of the transaction that runs there."""
        running = self.desk.ledger.running(connector)
        return running[1].parent_id_tag if running else None

    # ---- operations --------------------------------------------------------------------------------------

    @performs("authorization", "note token")
    def note_token(self, at: Instance) -> None:
        """It is this one that wants to start."""
        judged = self.at[at.connector]
        judged.holder, judged.parent = judged.token, None

    @performs("authorization", "learn parent")
    def learn_parent(self, at: Instance) -> None:
        """Its group, as the CSMS has told it."""
        judged = self.at[at.connector]
        known = self.tokens.known(judged.holder or "")
        judged.parent = judged.asked_parent or (known.parent_id_tag if known else None)
        judged.asked_parent = None

    @performs("authorization", "ask Authorize")
    def ask(self, at: Instance) -> None:
        """Authorize.req for the token under judgement."""
        id_tag = self.at[at.connector].asked = self.at[at.connector].token
        self.calls.submit(
            Outgoing(
                AuthorizeReq(id_tag=id_tag),
                lambda conf: self._answered(at.connector, id_tag, conf),
                lambda lost: self._unanswered(at.connector, id_tag, lost),
            )
        )

    def _answered(self, connector: int, id_tag: str, conf: AuthorizeConf) -> None:
        self.tokens.learn(id_tag, conf.id_tag_info)
        if not self._is_asked(connector, id_tag):
            return
        self.at[connector].asked_parent = conf.id_tag_info.parent_id_tag
        accepted = conf.id_tag_info.status is AuthorizationStatus.ACCEPTED
        self._conclude(connector, "accepted" if accepted else "refused")

    def _unanswered(self, connector: int, id_tag: str, lost: Lost) -> None:
        if not self._is_asked(connector, id_tag):
            return
        if lost.while_linked:
            self._conclude(connector, "unanswered")
        self.at[connector].asked = None

    def _is_asked(self, connector: int, id_tag: str) -> bool:
        return self.at[connector].asked == id_tag

    def _conclude(self, connector: int, event: str) -> None:
        self.at[connector].asked = None
        self.desk.act("authorization", event, connector)
        self.at[connector].asked_parent = None

    @performs("authorization", "tell driver")
    def tell_driver(self, at: Instance, verdict: str) -> None:
        """What the reader shows."""
        self.desk.effect(TellDriver(at.connector, verdict))

    @performs("authorization", "forget token")
    def forget(self, at: Instance) -> None:
        """Nobody holds the connector."""
        self.at[at.connector] = Judged(token=self.at[at.connector].token)

    @handles(ClearCacheReq)
    def clear_cache(self, request: ClearCacheReq) -> ClearCacheConf:
        """Forget what is known of tokens; Rejected where the cache is switched off (ERR-3.23-01)."""
        if not self.desk.settings.truth("AuthorizationCacheEnabled"):
            return ClearCacheConf(status=ClearCacheStatus.REJECTED)
        self.tokens.clear()
        return ClearCacheConf(status=ClearCacheStatus.ACCEPTED)

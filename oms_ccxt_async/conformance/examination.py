"""All rules, and looking at them one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from oms_ccxt_async.conformance.client import Client
from oms_ccxt_async.conformance.commands import COMMANDS
from oms_ccxt_async.conformance.desk import Desk
from oms_ccxt_async.conformance.extensions import EXTENSIONS
from oms_ccxt_async.conformance.reads import READS
from oms_ccxt_async.conformance.rule import Broken, Order, Rule, Skipped, Unanswered
from oms_ccxt_async.conformance.sockets import SOCKETS

__all__ = ["RULES", "Verdict", "examine"]

RULES: tuple[Rule, ...] = (*READS, *COMMANDS, *SOCKETS, *EXTENSIONS)
"""Every rule, in the order in which they are looked at."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found of one rule.

    Attributes:
        name, reason, breaks: the rule's.
        state: whether the OMS keeps it.
        found: what it answered, or why it was not looked at.
    """

    name: str
    state: Literal["ok", "FAILED", "skipped"]
    found: str
    reason: str
    breaks: str

    def shown(self) -> dict[str, Any]:
        """The verdict as a dict."""
        return asdict(self)


async def examine(
    base_url: str,
    key: str,
    account: int,
    *,
    strategy: int | None = None,
    order: Order | None = None,
    cafile: str | None = None,
    rules: Iterable[Rule] = RULES,
    told: Callable[[Verdict], None] = lambda verdict: None,
) -> list[Verdict]:
    """Look at every rule of an OMS.

    Nothing is changed without `order`. With it, some twenty of it are placed, two at a time at the most, and each is
    canceled before the next rule is looked at, also when this is cancelled; what could not be canceled is named by
    the last verdict. When the OMS does not answer three rules in a row, the others are skipped.

    Args:
        base_url, key: of the OMS.
        account, strategy: what is asked about.
        order: the tiny order that is placed; None: the rules that need one are skipped.
        cafile: whom to trust, beside whom the system trusts.
        rules: which are looked at.
        told: given each verdict as soon as it is there.

    Returns:
        A verdict on each rule, and one on what was left, if anything was placed. An OMS that does not answer breaks the
        rules: nothing is raised.
    """
    verdicts: list[Verdict] = []

    def tell(rule: Rule, state: Literal["ok", "FAILED", "skipped"], found: str) -> None:
        verdicts.append(Verdict(rule.name, state, client.hidden(" ".join(found.split())), rule.reason, rule.breaks))
        told(verdicts[-1])

    async with Client(base_url, key, cafile) as client:
        desk = Desk(client, account, strategy, await _features(client), order)
        silent = 0
        for rule in rules:
            why = "the OMS did not answer three rules in a row" if silent >= 3 else _unneeded(rule, desk, order)
            if why is not None:
                tell(rule, "skipped", why)
                continue
            try:
                async with desk.tidy():
                    tell(rule, "ok", await rule.look(desk))
                silent = 0
            except Broken as broken:
                tell(rule, "FAILED", str(broken))
                silent = silent + 1 if isinstance(broken, Unanswered) else 0
            except Skipped as skipped:
                tell(rule, "skipped", str(skipped))
            except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
                tell(rule, "FAILED", f"an answer of another shape ({type(error).__name__}: {error})")
        if desk.placed:
            left = await desk.cancel_all()
            found = f"still open: {left}: cancel them" if left else f"all of {len(desk.ids)} orders are over"
            tell(_TIDY, "FAILED" if left else "ok", found)
    return verdicts


async def _nothing(desk: Desk) -> str:
    return ""


_TIDY = Rule("orders.over", "facts 12 and 16", "orders of this run are left open", _nothing)


async def _features(client: Client) -> frozenset[str]:
    try:
        body = (await client.get("/healthz")).body
    except Broken:
        return frozenset()
    features = body.get("features") if isinstance(body, dict) else None
    return frozenset(map(str, features)) if isinstance(features, list) else frozenset()


def _unneeded(rule: Rule, desk: Desk, order: Order | None) -> str | None:
    if rule.needs == "full" and not desk.features:
        return "a rule of full OMSs"
    if rule.needs not in ("", "full") and rule.needs not in desk.features:
        return f"the OMS has no {rule.needs}"
    return "places orders: give --trade SYMBOL" if rule.trades and order is None else None

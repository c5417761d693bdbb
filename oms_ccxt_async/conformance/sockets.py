"""Rules of `/ws`: who may come in, what is subscribed to, what is told, and that a bad frame hurts nobody."""

from __future__ import annotations

from typing import Any

from oms_ccxt_async.conformance.client import Message, Socket
from oms_ccxt_async.conformance.desk import Desk
from oms_ccxt_async.conformance.reads import NO_KEY
from oms_ccxt_async.conformance.rule import KEPT_FROM_KEYS, Broken, Collected, Skipped, hold, ids_of, words

__all__ = ["SOCKETS", "subscribed"]

SOCKETS = Collected()
rule = SOCKETS.rule
REFUSES = (1008, 4401, 4403)
MARKET_SECONDS = 15.0


async def subscribed(desk: Desk, socket: Socket, **more: Any) -> Message:
    """The answer to a subscription to the account; a key that may not subscribe skips the rule (fact 34)."""
    payload = {"namespaces": ["position"], "account_ids": [desk.account], "with_snapshot": False, **more}
    answer = await socket.ask("subscribe", payload)
    if answer.get("ok") is False and any(word in _said(answer) for word in KEPT_FROM_KEYS):
        raise Skipped(f"not for this key: {_said(answer)}")
    hold(answer.get("event") == "subscribed", f"subscribe is answered {answer.get('event')!r} {_said(answer)}")
    return answer


def _said(message: Message) -> str:
    payload = message.get("payload") or {}
    return words(payload.get("error") or payload)


def _refused(message: Message, what: str) -> None:
    hold(message.get("ok") is False, f"{what} is answered {message.get('event')!r}, ok {message.get('ok')!r}")


@rule("socket.pings", "fact 23", "a connection that is half dead is not noticed, or a good one is cut off")
async def _pings(desk: Desk) -> str:
    async with desk.client.socket() as socket:
        await socket.pinged()
        answer = await socket.ask("ping")
        hold(answer.get("event") == "pong", f"the action ping is answered {answer.get('event')!r}")
    return "pings of the protocol, and the action"


@rule("socket.unknown-key", "fact 6", "a wrong key is taken for an outage, and the stream connects for ever")
async def _unknown_key(desk: Desk) -> str:
    try:
        async with desk.client.socket(key=NO_KEY) as socket:
            code = await socket.closed()
    except Broken as error:
        if "401" in str(error) or "403" in str(error):
            return "the handshake is refused"
        raise
    hold(code in REFUSES, f"a wrong key in the header is closed with {code}, none of {REFUSES}")
    return f"closed with {code}"


@rule("socket.needs-key", "fact 6", "anybody can watch the account")
async def _needs_key(desk: Desk) -> str:
    async with desk.client.socket(key="") as socket:
        _refused(await socket.ask("subscribe", {"account_ids": [desk.account]}), "subscribe without a key")
        _refused(await socket.ask("auth", {"api_key": NO_KEY}), "auth with a wrong key")
        _refused(await socket.ask("subscribe", {"account_ids": [desk.account]}), "subscribe after a wrong key")
        answer = await socket.ask("ping")
        hold(answer.get("event") == "pong", "the socket does not live on after a wrong key by message")
    return "refused, and the socket lives on"


@rule("socket.bad-frames", "fact 25", "one bad message of one program ends the stream of all")
async def _bad_frames(desk: Desk) -> str:
    async with desk.client.socket() as socket:
        for text in ("not json", "[1, 2]", '"text"', '{"id": 1, "action": ["x"], "payload": 7}', "{" * 500):
            await socket.send(text)
        _refused(await socket.ask("conformance_no_such_action"), "an unknown action")
        answer = await socket.ask("ping")
        hold(answer.get("event") == "pong", f"after bad frames, ping is answered {answer.get('event')!r}")
    return "answered, and the socket lives on"


@rule("socket.grants", "fact 6", "a program watches an account that it may not see, and waits for ever")
async def _grants(desk: Desk) -> str:
    foreign = await desk.foreign_account()
    async with desk.client.socket() as socket:
        answer = await subscribed(desk, socket, account_ids=[desk.account, foreign])
        granted = (answer.get("payload") or {}).get("account_ids")
        hold(granted == [desk.account], f"asked for {[desk.account, foreign]}, granted are {granted}")
        _refused(await socket.ask("subscribe", {"account_ids": [foreign]}), f"subscribe to account {foreign}")
    return f"account {foreign} is not granted"


@rule("socket.snapshot", "fact 24", "orders that are open when a program starts are missing from its stream")
async def _snapshot(desk: Desk) -> str:
    found: dict[str, list[Any]] = {"orders": [], "positions": []}
    async with desk.client.socket() as socket:
        before = {what: sorted(ids_of(await desk.listed(f"open {what}", limit=5000))) for what in found}
        await subscribed(desk, socket, with_snapshot=True)
        names = [f"snapshot_open_{what}" for what in found]
        while (message := await socket.event(*names, "snapshot_done")).get("event") != "snapshot_done":
            payload = message.get("payload") or {}
            hold(payload.get("account_id") == desk.account, f"a snapshot of account {payload.get('account_id')!r}")
            items = payload.get("items")
            hold(isinstance(items, list), f"{message.get('event')} has the items {items!r}")
            found[str(message["event"]).rpartition("_")[2]] += ids_of(items or [])
        after = {what: sorted(ids_of(await desk.listed(f"open {what}", limit=5000))) for what in found}
    for what, ids in found.items():
        hold(sorted(ids) in (before[what], after[what]), f"{what} in the snapshot: {ids}, in the list: {after[what]}")
    return ", ".join(f"{len(ids)} {what}" for what, ids in found.items())


@rule("socket.events", "fact 21", "orders and their ends are not told", trades=True)
async def _events(desk: Desk) -> str:
    async with desk.client.socket() as socket:
        await subscribed(desk, socket)
        order_id = await desk.place("events")
        for name, command in (("order_submitted", None), ("order_canceled", desk.cancel(order_id))):
            if command is not None:
                await desk.done(command)
            event = await socket.event(name, order_id=order_id)
            account = (event.get("payload") or {}).get("account_id")
            hold(account == desk.account, f"{name} of order {order_id} names account {account!r}")
    return f"order_submitted and order_canceled of order {order_id}"


@rule("socket.commands", "fact 8", "orders over the socket are in doubt", trades=True)
async def _commands(desk: Desk) -> str:
    async with desk.client.socket() as socket:
        answer = await socket.ask("command", desk.send_order(name := desk.named("socket")))
        result = answer.get("payload") or {}
        desk.note([result])
        good = answer.get("event") == "command_result" and answer.get("ok") is True and result.get("ok") is True
        hold(good, f"a command is answered {answer.get('event')!r}, {_said(answer)}")
        rows = await desk.found(name)
        hold(ids_of(rows) == [result.get("order_id")], f"order_id is {result.get('order_id')!r}, open {ids_of(rows)}")
        answer = await socket.ask("command", desk.cancel())
        _refused(answer, "a command that is refused")
        hold("order_not_found" in _said(answer), f"cancel_order of an unknown id: {_said(answer)}")
    return f"order {result.get('order_id')}, and order_not_found"


@rule("socket.calls", "fact 4", "calls over the socket are in doubt")
async def _calls(desk: Desk) -> str:
    symbol = await desk.some_symbol()
    async with desk.client.socket() as socket:
        answer = await socket.ask("call", {"account_id": desk.account, "func": "fetch_ticker", "args": [symbol]})
        result = (answer.get("payload") or {}).get("result")
        good = answer.get("ok") is True and isinstance(result, dict)
        hold(good, f"fetch_ticker is answered {answer.get('event')!r}, {_said(answer)}")
        bad = {"account_id": desk.account, "func": "fetch_ticker", "args": ["CONFORMANCE/NONE"]}
        _refused(await socket.ask("call", bad), "a call that is refused")
    return f"fetch_ticker of {symbol}"


def _market(desk: Desk, symbol: str, channel: str) -> dict[str, Any]:
    return {"account_id": desk.account, "symbol": symbol, "channels": [channel], "poll_interval_ms": 250}


@rule("market.channels", "fact 26", "market data is not told, or is told as another market's")
async def _channels(desk: Desk) -> str:
    symbol = await desk.some_symbol()
    told = []
    async with desk.client.socket() as socket:
        for channel in ("ticker", "orderbook"):
            answer = await socket.ask("subscribe_market", _market(desk, symbol, channel))
            hold(answer.get("ok") is True, f"subscribe_market is answered {answer.get('event')!r}, {_said(answer)}")
            event = await socket.event(f"{channel}_updated", within=MARKET_SECONDS)
            payload = event.get("payload") or {}
            hold(payload.get("symbol") == symbol, f"{channel}_updated of {symbol} names {payload.get('symbol')!r}")
            hold(isinstance(payload.get("data"), dict), f"{channel}_updated has the data {payload.get('data')!r}")
            answer = await socket.ask("unsubscribe_market", _market(desk, symbol, channel))
            hold(answer.get("ok") is True, f"unsubscribe_market is answered {answer.get('event')!r}, {_said(answer)}")
            told.append(channel)
    return f"{' and '.join(told)} of {symbol}"


@rule("market.refuses", "fact 26", "a market that there is not is waited for, for ever")
async def _market_refuses(desk: Desk) -> str:
    async with desk.client.socket() as socket:
        for symbol in ("", "CONFORMANCE/NONE"):
            answer = await socket.ask("subscribe_market", _market(desk, symbol, "ticker"))
            _refused(answer, f"subscribe_market of {symbol or 'no symbol'}")
    return "no symbol, and an unknown one"

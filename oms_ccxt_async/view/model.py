"""The view model: what is known of one account, bounded, and what changed since somebody last looked. Pure.

Times are epoch milliseconds and come as arguments; whoever feeds it (`follow`) and whoever draws it share one thread.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from oms_ccxt_async.instrumentation.events import CircuitChanged, Event, GapFound, OrderSettled, Resynced, RetryPlanned
from oms_ccxt_async.view.candles import SEEN, Candles
from oms_ccxt_async.view.health import Health, figures, verdict
from oms_ccxt_async.view.lives import Lives
from oms_ccxt_async.view.profit import Session, Valued, totals, valued
from oms_ccxt_async.view.rows import ZERO, Balance, Contract, Fill, Order, Position, Price
from oms_ccxt_async.view.words import ago, clock, count, number, several, signed

__all__ = ["AccountView", "Line", "Told", "pairs"]

OVER_KEPT = 1_000
OPEN_KEPT = 10_000
FILLS_KEPT = 2_000
LINES_KEPT = 500
PRICED_WITHIN = 10_000
"""Milliseconds within which everything that an account has got its price, if it has one."""
POINTS_KEPT = 1_200
"""Of a line over time; when there are more, every second of them goes."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the feed of events.

    Attributes:
        number: counts up from 1.
        kind: `good`, `bad`, `doubt`, `plain` or `market`.
        order: the id of the order that it is about, if it is about one.
    """

    number: int
    at: int
    text: str
    kind: str = "plain"
    order: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What a person needs to know within a minute.

    Attributes:
        did: what was traded since the view began.
        holds: the positions.
        made: profit and fees.
    """

    did: str
    holds: str
    made: str


class AccountView:
    """One account.

    Args:
        name: such as `2`.
        label: the OMS's own name of it.
        began: when the view began.
        contract: what a market trades, by its symbol; None where that is not known.

    Attributes:
        version: grows with every change of anything.
        orders: by id, the latest change last: all that are open, and the last `OVER_KEPT` that are over.
        fills: by id, the oldest first.
        positions: the open ones, by id.
        balances, prices: the latest.
        line: by symbol, when it was at which price.
        book: bids and asks of the market that is charted: price and amount.
        candles: of the market that is charted.
        equity, profit: over time, in `currency`.
        currency: what everything is valued in.
        feed: what happened, the latest last.
        counted: the fills of the session.
    """

    def __init__(self, name: str, label: str, began: int, contract: Callable[[str], Contract | None]) -> None:
        self.name = name
        self.label = label
        self.began = began
        self.contract = contract
        self.version = 0
        self.orders: OrderedDict[str, Order] = OrderedDict()
        self.fills: OrderedDict[str, Fill] = OrderedDict()
        self.positions: dict[str, Position] = {}
        self.balances: list[Balance] = []
        self.prices: dict[str, Price] = {}
        self.line: dict[str, deque[tuple[int, Decimal]]] = {}
        self.book: tuple[list[tuple[Decimal, Decimal]], list[tuple[Decimal, Decimal]]] = ([], [])
        self.candles = Candles("", SEEN)
        self.equity: list[tuple[int, Decimal]] = []
        self.profit: list[tuple[int, Decimal]] = []
        self.currency = "USDT"
        self.feed: deque[Line] = deque(maxlen=LINES_KEPT)
        self.lives = Lives()
        self.session = Session(contract)
        self.strategies: dict[str, str] = {}
        self.failures: dict[str, str] = {}
        self._versions: dict[str, int] = {}
        self._over: OrderedDict[str, None] = OrderedDict()
        self._gone: deque[tuple[int, str]] = deque(maxlen=5_000)
        self._fill_versions: dict[str, int] = {}
        self.counted = 0
        self._old: set[str] = set()
        self._lines = 0
        self._created = 0
        self._status: Mapping[str, Any] = {}
        self._stats: Mapping[str, Any] = {}
        self._state_since = began
        self._reconciled: tuple[int, float] | None = None
        self._circuit_open = False

    # What is fed in

    def saw_order(self, order: Order, now: int | None = None) -> None:
        """How an order stands; `now` is when that was told, None where it was read of the time before."""
        before = self.orders.get(order.id)
        if before == order or (before is not None and not before.is_open and order.is_open):
            return  # an order that is over stays so: a list that was asked for earlier came later
        self._changed()
        self.orders[order.id] = order
        self.orders.move_to_end(order.id)
        self._versions[order.id] = self.version
        self.lives.stands(order, now)
        self._knows(order.strategy)
        if before is None and order.created >= self.began - self.began % 1000:
            self._created += 1
        if now is not None:
            self._tell_of(order, before, now)
        if order.is_open:
            if len(self.orders) - len(self._over) > OPEN_KEPT:
                self._drop(next(each.id for each in self.orders.values() if each.is_open))
            return
        self._over[order.id] = None
        self._over.move_to_end(order.id)
        if len(self._over) > OVER_KEPT:
            self._drop(next(iter(self._over)))

    def saw_fill(self, fill: Fill, now: int | None = None) -> None:
        """A fill, told at `now` or, without that, read of the time before. Each counts once; one that was read counts
        all the same when it is told then: the OMS's clock may be behind."""
        is_news = now is not None
        before = self._fill_versions.get(fill.id)
        if before is not None and not (is_news and fill.id in self._old):
            return
        self._changed()
        self.fills[fill.id] = fill
        self._fill_versions[fill.id] = self.version
        if is_news:
            self._old.discard(fill.id)
        else:
            self._old.add(fill.id)
        self.fills.move_to_end(fill.id)
        if len(self.fills) > FILLS_KEPT:
            gone, _ = self.fills.popitem(last=False)
            self._fill_versions.pop(gone, None)
            self._old.discard(gone)
        known = self.orders.get(fill.order)
        self.lives.filled(fill, known.client_id if known else "", now)
        self._knows(fill.strategy)
        if now is not None:
            self.counted += 1
            self.session.filled(fill)
            verb = "bought" if fill.side == "buy" else "sold"
            text = f"{verb} {number(fill.amount)} {fill.symbol} at {number(fill.price)}"
            self._say(now, text, "good", fill.order)

    def saw_position(self, position: Position) -> None:
        """How a position stands; without contracts it is closed."""
        if self.positions.get(position.id) == position:
            return
        self._changed()
        self._knows(position.strategy)
        if position.contracts:
            self.positions[position.id] = position
        else:
            self.positions.pop(position.id, None)

    def saw_balances(self, balances: Sequence[Balance]) -> None:
        """What the account has."""
        if self.balances != list(balances):
            self._changed()
            self.balances = list(balances)

    def saw_price(self, price: Price) -> None:
        """What a market trades at."""
        self._changed()
        self.prices[price.symbol] = price
        line = self.line.setdefault(price.symbol, deque(maxlen=POINTS_KEPT))
        if not line or price.at > line[-1][0]:
            line.append((price.at, price.last))
        self.session.priced(price.symbol, price.last)
        if self.candles.symbol == price.symbol and self.candles.frame == SEEN:
            self.candles.traded(price.at, price.last)

    def saw_book(self, bids: Iterable[Sequence[Decimal]], asks: Iterable[Sequence[Decimal]]) -> None:
        """The order book of the market that is charted."""
        self._changed()
        self.book = ([(row[0], row[1]) for row in bids], [(row[0], row[1]) for row in asks])

    def chart(self, symbol: str, frame: str) -> Candles:
        """Chart another market, or the same one in another timeframe."""
        if (self.candles.symbol, self.candles.frame) != (symbol, frame):
            self._changed()
            self.candles = Candles(symbol, frame)
            self.book = ([], [])
        return self.candles

    def saw_status(self, status: Mapping[str, Any], stats: Mapping[str, Any], now: int) -> None:
        """How the driver is doing."""
        state = status.get("state")
        if state != self._status.get("state"):
            self._state_since = now
            self._tell_state(str(state), status.get("error"), now)
        self._changed()
        self._status, self._stats = status, stats

    def saw_reconciled(self, now: int, age_seconds: float | None) -> None:
        """How long ago the OMS compared itself with the exchange; None where it does not say."""
        self._reconciled = None if age_seconds is None else (now, age_seconds)

    def failed(self, what: str, error: str | None, now: int) -> None:
        """A part could not be read, or, without an error, can be read again."""
        if error is None:
            self.failures.pop(what, None)
        elif what not in self.failures:
            self._say(now, f"{what}: {error}", "bad")
        if error is not None:
            self.failures[what] = error

    def happened(self, event: Event, now: int) -> None:
        """The driver told something."""
        self._changed()
        self.lives.happened(event, now)
        if isinstance(event, RetryPlanned):
            self._say(now, f"{event.operation} is sent again: {event.error} at attempt {event.attempt}", "doubt")
        elif isinstance(event, CircuitChanged):
            self._circuit_open = event.is_open
            told = ("the circuit is open: requests fail unsent for a while", "bad")
            self._say(now, *(told if event.is_open else ("the circuit is closed: requests are sent again", "good")))
        elif isinstance(event, GapFound):
            self._say(now, f"events of the {event.stream} stream were missed, and are made up for", "doubt")
        elif isinstance(event, Resynced):
            self._say(now, f"the {event.stream} stream was made whole by reading", "good")
        elif isinstance(event, OrderSettled) and event.outcome != "accepted":
            kind = "bad" if event.outcome == "refused" else "doubt"
            why = f": {event.error}" if event.error else ""
            self._say(now, f"order {event.client_order_id} is {event.outcome}{why}", kind)

    def note(self, now: int, text: str, kind: str = "plain") -> None:
        """A line for the feed, such as what a person asked for."""
        self._changed()
        self._say(now, text, kind)

    def measure(self, now: int) -> None:
        """Take equity and profit at this time."""
        worth, gained = self.worth(), self.gained()
        series_of = [(self.profit, gained.amount)]
        if self.balances and (not worth.apart or now - self.began > PRICED_WITHIN):
            series_of.append((self.equity, worth.amount))
        for series, value in series_of:
            series.append((now, value))
            if len(series) > POINTS_KEPT:
                del series[1:-1:2]
        self._changed()

    # What is shown

    def orders_since(self, version: int) -> tuple[list[Order], list[str]]:
        """The orders that changed after a version, the earliest first, and the ids of those that are dropped since."""
        changed = []
        for order in reversed(self.orders.values()):
            if self._versions[order.id] <= version:
                break
            changed.append(order)
        return changed[::-1], [gone for at, gone in self._gone if at > version and gone not in self.orders]

    def fills_since(self, version: int) -> list[Fill]:
        """The fills that arrived after a version, the earliest first."""
        found = []
        for fill in reversed(self.fills.values()):
            if self._fill_versions[fill.id] <= version:
                break
            found.append(fill)
        return found[::-1]

    def lines_since(self, line: int) -> list[Line]:
        """The lines of the feed after this one."""
        return [each for each in self.feed if each.number > line]

    def open_orders(self, strategy: str | None = None) -> list[Order]:
        """The open orders, of one strategy or of all, the latest change first."""
        return [each for each in reversed(self.orders.values()) if each.is_open and strategy in (None, each.strategy)]

    def latest_fills(self, strategy: str | None = None) -> list[Fill]:
        """The fills, of one strategy or of all, the latest first."""
        found = [each for each in self.fills.values() if strategy in (None, each.strategy)]
        return sorted(found, key=lambda fill: fill.at, reverse=True)

    def held(self, strategy: str | None = None) -> list[tuple[Position, Decimal | None, Decimal | None]]:
        """The positions, of one strategy or of all: each with its present price and unrealised profit, if known."""
        rows = []
        for position in self.positions.values():
            if strategy in (None, position.strategy):
                price, contract = self.prices.get(position.symbol), self.contract(position.symbol)
                gain = contract.gain(position.contracts, position.entry, price.last) if price and contract else None
                rows.append((position, price.last if price else None, gain))
        return rows

    def symbols(self) -> list[str]:
        """The markets that matter: of positions, of open orders, of fills; the latest first, each once."""
        names = [position.symbol for position in self.positions.values()]
        names += [order.symbol for order in reversed(self.orders.values())][:500]
        names += [fill.symbol for fill in reversed(self.fills.values())][:500]
        return [name for name in dict.fromkeys(names) if name]

    def busiest(self) -> str | None:
        """The market in which most of the latest orders and fills were; of a position, where there are none."""
        names = [order.symbol for order in list(reversed(self.orders.values()))[:200]]
        names += [fill.symbol for fill in list(reversed(self.fills.values()))[:200]]
        busiest = Counter(name for name in names if name).most_common(1)
        return busiest[0][0] if busiest else next(iter(self.symbols()), None)

    def worth(self) -> Valued:
        """Equity: what the account has and what its positions have gained, in `currency`."""
        amounts = totals(self.balances)
        for position, _, gain in self.held():
            contract = self.contract(position.symbol)
            if gain and contract:
                amounts[contract.settle] = amounts.get(contract.settle, ZERO) + gain
        return valued(amounts, self.currency, self._last())

    def gained(self, strategy: str | None = None) -> Valued:
        """Profit since the view began, fees taken off, in `currency`."""
        return valued(self.session.gains(self._last(), strategy), self.currency, self._last())

    def health(self, now: int) -> Health:
        """Whether the connection is well."""
        failure = next((f"{what}: {error}" for what, error in self.failures.items()), None)
        health = verdict(self._status, self._stats, now, self._state_since, failure)
        if health.level == "good" and self._circuit_open:
            return replace(
                health, level="care", title="Requests fail", detail="The circuit is open: requests fail unsent."
            )
        return health

    def figures(self, now: int) -> list[tuple[str, str, str]]:
        """The driver's own figures."""
        reconciled = "by the OMS itself"
        if self._reconciled is not None:
            at, age = self._reconciled
            reconciled = f"{ago(age * 1000 + now - at)} ago"
        return figures(self._status, self._stats, reconciled, self._circuit_open)

    def told(self, now: int, strategy: str | None = None) -> Told:
        """What a person needs to know within a minute, in three sentences."""
        since = [each for each in self.fills.values() if each.id not in self._old and strategy in (None, each.strategy)]
        sent, filled = self._created, self.counted
        if strategy is not None:
            began = self.began - self.began % 1000
            sent = sum(order.created >= began and order.strategy == strategy for order in self.orders.values())
            filled = len(since)
        did = f"{count(sent, 'new order')} and {count(filled, 'fill')} in {ago(now - self.began)}"
        traded: dict[str, dict[str, Decimal]] = {}
        for fill in since:
            amounts = traded.setdefault(fill.symbol, {})
            verb = "bought" if fill.side == "buy" else "sold"
            amounts[verb] = amounts.get(verb, ZERO) + fill.amount
        if traded:
            markets = [
                " and ".join(f"{verb} {number(amounts[verb])}" for verb in sorted(amounts)) + f" {symbol}"
                for symbol, amounts in sorted(traded.items())
            ]
            did += f": {', '.join(markets[:3])}" + (f" and {len(markets) - 3} more markets" if len(markets) > 3 else "")
        held = self.held(strategy)
        holds = "No open position"
        if held:
            holds = "; ".join(_position(*each, self.contract(each[0].symbol)) for each in held[:3])
            holds += f"; and {len(held) - 3} more" if len(held) > 3 else ""
        gained, fees = self.gained(strategy), self.session.fees(strategy)
        made = f"{signed(gained.amount, gained.currency)} since {clock(self.began)} UTC"
        made += f", {several(gained.apart, sign=True)}" if gained.apart else ""
        made += f", after {several(fees)} of fees" if fees else ""
        return Told(did, holds, made)

    def _last(self) -> dict[str, Decimal]:
        return {symbol: price.last for symbol, price in self.prices.items()}

    def _changed(self) -> None:
        self.version += 1

    def _knows(self, strategy: str) -> None:
        if strategy:
            self.strategies.setdefault(strategy, strategy)

    def _drop(self, order_id: str) -> None:
        del self.orders[order_id], self._versions[order_id]
        self._over.pop(order_id, None)
        self._gone.append((self.version, order_id))

    def _say(self, at: int, text: str, kind: str, order: str = "") -> None:
        self._lines += 1
        self.feed.append(Line(self._lines, at, text, kind, order))

    def _tell_of(self, order: Order, before: Order | None, now: int) -> None:
        at = f" at {number(order.price)}" if order.price is not None else " at the market"
        if before is None:
            what = f"to {order.side} {number(order.amount)} {order.symbol}{at}"
            self._say(now, f"order {order.id} {what}", "plain", order.id)
        elif before.price != order.price and order.is_open:
            self._say(now, f"order {order.id} moved to {number(order.price)}", "plain", order.id)
        if not order.is_open and order.stage != "filled":
            kind = "bad" if order.stage == "rejected" else "plain"
            self._say(now, f"order {order.id} is {order.stage}", kind, order.id)

    def _tell_state(self, state: str, error: Any, now: int) -> None:
        if state == "live":
            self._say(now, "the connection is live", "good")
        elif state in ("down", "refused"):
            self._say(now, f"the connection is {state}" + (f": {error}" if error else ""), "bad")


def _position(position: Position, price: Decimal | None, gain: Decimal | None, contract: Contract | None) -> str:
    """Such as `long 0.1 BTC/USDT:USDT from 60,000, now +3.20 USDT`."""
    side = "short" if position.contracts < 0 else "long"
    text = f"{side} {number(abs(position.contracts))} {position.symbol} from {number(position.entry)}"
    return text if gain is None or contract is None else f"{text}, now {signed(gain, contract.settle)}"


def pairs(rows: Iterable[tuple[int, Decimal]]) -> Iterator[tuple[int, float]]:
    """Points over time, for drawing."""
    return ((at, float(value)) for at, value in rows)

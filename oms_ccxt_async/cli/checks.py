"""The checks of `oms-ccxt check`, in the order in which one stands on the other."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal

import ccxt

from oms_ccxt_async.cli.endpoint import Found, looked_at
from oms_ccxt_async.cli.tiny_order import planned, tried
from oms_ccxt_async.sync import oms
from oms_ccxt_async.wire.settings import Settings

__all__ = ["Line", "Report", "examine"]

CLOCK_NOTE, CLOCK_FAILS = 3.0, 60.0
"""Seconds that two clocks may be apart. An answer's Date is in whole seconds."""
SLOW = 1_000.0
"""Milliseconds."""
EXPIRES = 14.0
"""Days before the end of a certificate from which on it is told."""
WATCHED = 3.0
"""Seconds for which it is watched who reconciles."""
OPENING = 6.0
"""Seconds for which the stream may take to open."""
SET = "set it: by the options of this command, the environment, or the file of --config (docs/cli.md)"
FALLBACKS = {
    "by_ids": ("rows are looked up by their ids", "orders, fills and positions are looked for in the OMS's lists"),
    "idempotency": (
        "a command that is sent again is recognised",
        "an order is sent once; after a lost answer it is looked for by its client order id",
    ),
    "event_resume": ("after a disconnect the stream goes on where it was", "after a disconnect the lists are read"),
    "event_rows": ("events carry what changed", "after each event the row is read"),
}
LISTS = ("orders/open", "orders/history", "deals", "positions/open", "positions/history")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the report.

    Attributes:
        name: what was looked at.
        state: how it is.
        found: what was found.
        todo: what to do about it.
    """

    name: str
    state: Literal["ok", "note", "FAILED", "skipped"]
    found: str
    todo: str | None = None

    def shown(self) -> dict[str, Any]:
        """The line as a dict."""
        return asdict(self)


@dataclass(slots=True)
class Report:
    """The lines so far."""

    lines: list[Line] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return all(line.state != "FAILED" for line in self.lines)

    def say(self, name: str, found: str) -> None:
        """Note that something is well."""
        self.lines.append(Line(name, "ok", found))

    def note(self, name: str, found: str, todo: str | None = None) -> None:
        """Note something that is worth knowing and breaks nothing."""
        self.lines.append(Line(name, "note", found, todo))

    def fail(self, name: str, found: str, todo: str) -> None:
        """Note what does not work, and what to do."""
        self.lines.append(Line(name, "FAILED", " ".join(found.split()), todo))


class _Stop(Exception):
    """What comes next cannot be looked at."""


def examine(config: dict[str, Any], report: Report, *, trade: str | None, agree: Callable[[str], bool]) -> str | None:
    """Look at everything behind a config, and write it into the report.

    Args:
        config: of `oms_ccxt_async.oms`.
        report: gets the lines.
        trade: the market of the tiny order; None for none.
        agree: asked before it is sent.

    Returns:
        The key, which is to be kept out of what is shown.
    """
    try:
        exchange = oms(config)
    except ccxt.BaseError as error:
        report.fail("settings", str(error), SET)
        return config.get("apiKey")
    with exchange:
        try:
            _Examination(exchange, report).run(trade, agree)
        except _Stop:
            told = {line.name for line in report.lines}
            order = None if trade is None else "order"
            names = ("OMS", "key", "account", "rights", "profile", "reconciling", "clocks", "latency", "markets")
            skipped = [each for each in (*names, "WebSocket", order) if each and each not in told]
            report.lines += [Line(each, "skipped", "cannot be looked at before that") for each in skipped]
        return str(exchange.apiKey) if exchange.apiKey else None


class _Examination:
    """Everything that is asked of one exchange."""

    def __init__(self, exchange: oms, report: Report) -> None:
        self.exchange = exchange
        self.report = report
        self.settings = Settings(exchange, os.environ)
        self.account = 0
        self.strategy: int | None = None
        self.info: Mapping[str, Any] = {}
        self.features: list[str] = []
        self.limited = False  # to strategies

    def run(self, trade: str | None, agree: Callable[[str], bool]) -> None:
        """Do one after the other; raises `_Stop` where the others stand on one that failed."""
        self._settings()
        found = self._address()
        self._oms(found)
        self._key_and_account()
        self._rights()
        for name, look in (
            ("profile", self._profile),
            ("reconciling", self._reconciling),
            ("clocks", self._clocks),
            ("latency", self._latency),
            ("markets", self._markets),
            ("WebSocket", self._websocket),
        ):
            try:
                look()
            except ccxt.BaseError as error:  # it has answered before
                self.report.fail(name, str(error), "see what the message says, and whether the OMS is still up")
        if trade is not None:
            self._order(trade, agree)

    def _settings(self) -> None:
        try:
            self.settings.require()
            self.account, self.strategy = self.settings.account_id, self.settings.strategy_id
        except ccxt.BaseError as error:
            self.report.fail("settings", str(error), SET)
            raise _Stop from None
        strategy = "no strategy" if self.strategy is None else f"strategy {self.strategy}"
        self.report.say("settings", f"{self.settings.base_url}, account {self.account}, {strategy}")

    def _address(self) -> Found:
        found = looked_at(self.settings.base_url, self.exchange.cafile)
        if found.down:
            todo = "start the OMS, or set OMS_BASE_URL to where it listens (to try things: oms-ccxt sandbox)"
            self.report.fail("address", f"nothing can be reached at {found.address}: {found.down}", todo)
            raise _Stop
        self.report.say("address", f"something listens at {found.address}")
        if found.mixed_up:
            why = found.tls_failure or "TLS is spoken there, and the address says http"
            self.report.fail("TLS", why, f"write {found.mixed_up}:// in front of the address")
            raise _Stop
        if found.tls_failure:
            self.report.fail("TLS", found.tls_failure, "let the server have a certificate that this machine trusts")
            raise _Stop
        if found.tls and found.days is not None:
            words = f"{found.tls}, valid for {found.days:.0f} more days"
            if found.days < EXPIRES:
                self.report.note("TLS", words, "have the certificate renewed")
            else:
                self.report.say("TLS", words)
        elif found.local:
            self.report.say("TLS", "none, and none is needed: it is this machine")
        else:
            self.report.note("TLS", "none: whoever is on the way can read the key", "use https, or a private network")
        return found

    def _oms(self, found: Found) -> None:
        try:
            status = self.exchange.fetch_status()
        except ccxt.BaseError as error:
            if getattr(error, "detail", None) == "Not Found":
                self.report.note("OMS", "it does not tell how it is (no /healthz)")
                return
            todo = "see what the message says"
            if getattr(error, "detail", None) is None and not isinstance(error, ccxt.RequestTimeout):
                todo = f"{found.address} is something else than an OMS: set OMS_BASE_URL to the OMS"
            self.report.fail("OMS", str(error), todo)
            raise _Stop from None
        info = status["info"]
        features = info.get("features")
        self.features = [str(each) for each in features] if isinstance(features, list) else []
        words = ", ".join(str(info[name]) for name in ("app", "env", "db_engine") if info.get(name))
        if status["status"] == "ok":
            self.report.say("OMS", f"it says that it is well ({words})")
        else:
            self.report.fail("OMS", f"it says {info.get('status')} ({words})", "ask whoever runs the OMS")

    def _key_and_account(self) -> None:
        try:
            accounts = self.exchange.fetch_accounts()
        except ccxt.BaseError as error:
            todo = "see what the message says"
            if isinstance(error, ccxt.AuthenticationError):
                todo = "set OMS_API_KEY (or --key-file, api_key of --config) to a key of this OMS"
            elif getattr(error, "detail", None) is None or isinstance(error, ccxt.NotSupported):
                todo = "this is no OMS, or only its front: set OMS_BASE_URL to the OMS"
            self.report.fail("key", str(error), todo)
            raise _Stop from None
        self.report.say("key", "the OMS knows it")
        wanted = str(self.account)
        row = next((each for each in accounts if each["id"] == wanted), None)
        if row is None:
            ids = ", ".join(str(each["id"]) for each in accounts) or "none"
            todo = f"set OMS_ACCOUNT_ID (or --account) to one that the key may see ({ids}), or use another key"
            self.report.fail("account", f"the key may not see account {wanted}, or there is none", todo)
            raise _Stop
        info = self.info = row["info"]
        words = [f"{wanted} ({info.get('label')}): {info.get('exchange_id')}, mode {info.get('position_mode')}"]
        words += ["a testnet account"] if info.get("is_testnet") else []
        if info.get("status") not in (None, "active"):
            todo = "have the account activated at the OMS, or use another one"
            self.report.fail("account", f"{words[0]}; its status is {info['status']}", todo)
        elif info.get("allow_new_positions") is False:
            self.report.note("account", f"{', '.join(words)}; the OMS allows no new positions on it")
        else:
            self.report.say("account", ", ".join(words))

    def _rights(self) -> None:
        account, strategy = self.account, self.strategy
        registered = self._strategies(account)
        try:
            self._read(strategy)
        except ccxt.BaseError as error:
            code = f"{getattr(error, 'code', '')} {error}"
            self.limited = "strategy" in code
            if not self.limited:
                self.report.fail("rights", str(error), "have the key given the right to read this account")
                raise _Stop from None
            mine = [each for each in registered if self._may_read(each)]
            ids = ", ".join(map(str, mine)) or "none that is registered for the account"
            found = f"the key may see these strategies only: {ids}"
            found += "" if strategy is None else f"; strategy {strategy} is set"
            self.report.fail("rights", found, "set OMS_STRATEGY_ID (or --strategy) to one of them")
            raise _Stop from None
        if strategy is not None:
            self.limited = not self._may_read(None)
        trades = self.info.get("can_trade")
        words = ["read", *(["trade"] if trades else [])]
        about = "all strategies" if not self.limited else f"strategy {strategy} only"
        found = f"the key may {' and '.join(words)}, {about}"
        unknown = strategy not in (None, 0) and registered and strategy not in registered
        if unknown:
            names = ", ".join(map(str, registered))
            todo = f"set OMS_STRATEGY_ID (or --strategy) to one that is ({names})"
            self.report.fail("rights", f"strategy {strategy} is not registered for account {account}", todo)
        elif trades is False:
            self.report.note("rights", f"{found}; not trade", "to trade, have the key given that right")
        else:
            self.report.say("rights", found)

    def _strategies(self, account: int) -> list[int]:
        """The strategies that are registered for the account; none where the OMS does not tell."""
        try:
            items = self.exchange.private_get_strategies()["items"]
            return [int(each["strategy_id"]) for each in items if account in (each.get("account_ids") or [account])]
        except (ccxt.BaseError, AttributeError, KeyError, TypeError, ValueError):
            return []

    def _read(self, strategy: Any) -> None:
        self.exchange.oms_get_orders_open({"limit": 1, **({} if strategy is None else {"strategy_id": strategy})})

    def _may_read(self, strategy: Any) -> bool:
        try:
            self._read(strategy)
        except ccxt.BaseError:
            return False
        return True

    def _profile(self) -> None:
        self.report.say("profile", "full" if self.features else "legacy: the OMS lists no extensions")
        for name, (with_it, without) in FALLBACKS.items():
            has = name in self.features
            self.report.lines.append(Line(f"  {name}", "ok", with_it if has else f"lacking: {without}"))
        lacking = [name for name in LISTS if self._lacks(name)]
        if lacking:
            names = ", ".join(f"/oms/{name}" for name in lacking)
            todo = "ask whoever runs the OMS whether its API is there as a whole"
            self.report.note("  lists", f"lacking: {names}; they are read at the exchange, with its ids", todo)

    def _lacks(self, name: str) -> bool:
        day = datetime.now(UTC).date().isoformat()
        window = (
            {"limit": 1} if name.endswith("open") else {"start_date": day, "end_date": day, "page_size": 1, "page": 1}
        )
        params = window | ({} if self.strategy is None else {"strategy_id": self.strategy})
        try:
            getattr(self.exchange, f"oms_get_{name.replace('/', '_')}")(params)
        except ccxt.BaseError as error:
            return getattr(error, "detail", None) in ("Not Found", "Method Not Allowed")
        return False

    def _freshness(self) -> Mapping[str, Any]:
        items = self.exchange.oms_get_reconcile_account_id_status()["items"]
        rows = [each for each in items if isinstance(each, Mapping) and each.get("account_id") == self.account]
        return rows[0] if rows else {}

    def _reconciling(self) -> None:
        if self.features:
            self.report.say("reconciling", "the OMS does it by itself")
            return
        try:
            first = last = self._freshness()
            until = time.monotonic() + WATCHED
            while last.get("updated_at") == first.get("updated_at") and time.monotonic() < until:
                time.sleep(0.25)
                last = self._freshness()
        except ccxt.BaseError as error:
            self.report.note("reconciling", f"the OMS does not tell: {error}")
            return
        age = last.get("age_seconds")
        seen = "never so far" if age is None else f"the last time was {age} s ago"
        if last.get("updated_at") != first.get("updated_at"):
            self.report.say("reconciling", f"somebody does it regularly; {seen}")
        elif self.info.get("can_trade") is False or self.limited:
            why = "the key is limited to strategies" if self.limited else "the key may not trade"
            todo = "let the OMS, or a program whose key may, post /oms/reconcile every few seconds"
            self.report.fail("reconciling", f"nobody does it ({seen}), and this driver may not: {why}", todo)
        else:
            found = f"nobody does it regularly ({seen}); this driver does, while an order of its program may fill"
            todo = "what fills while no program runs is told later; let the OMS post /oms/reconcile every few seconds"
            self.report.note("reconciling", found, todo)

    def _clocks(self) -> None:
        self.exchange.fetch_accounts()
        now = time.time()
        headers = {name.lower(): value for name, value in (self.exchange.last_response_headers or {}).items()}
        words, worst, todo = [], 0.0, ""
        try:
            # In the middle of the second that it names, on average.
            ahead = parsedate_to_datetime(headers["date"]).timestamp() + 0.5 - now
        except (KeyError, ValueError, TypeError):
            words.append("the OMS's answers have no date")
        else:
            words.append(f"the OMS's clock is {_apart(ahead)}")
            worst, todo = abs(ahead), "set the clocks of both machines by NTP"
        rows_ahead = self._rows_ahead()
        if rows_ahead is not None:
            words.append(f"its rows are {_apart(rows_ahead)}")
            if abs(rows_ahead) > max(worst + CLOCK_NOTE, CLOCK_FAILS):
                worst, todo = abs(rows_ahead), "let the OMS's database keep its times in UTC, and set its clock by NTP"
        try:
            before = time.time()
            theirs = self.exchange.fetch_time()
            ahead = theirs / 1000 - (before + time.time()) / 2
        except (ccxt.BaseError, TypeError):
            words.append("the exchange does not tell its time")
        else:
            words.append(f"the exchange's is {_apart(ahead)}")
            if abs(ahead) > max(worst + CLOCK_NOTE, CLOCK_FAILS):
                worst, todo = abs(ahead), "set this machine's clock by NTP; if it is right, the exchange's is wrong"
        found = "; ".join(words)
        if worst >= CLOCK_FAILS:
            self.report.fail("clocks", found, todo)
        elif worst >= CLOCK_NOTE:
            self.report.note("clocks", found, todo)
        else:
            self.report.say("clocks", found)

    def _rows_ahead(self) -> float | None:
        """How many seconds ahead the times are that the OMS writes, by what it says of its last reconciliation."""
        try:
            row = self._freshness()
            at = datetime.fromisoformat(str(row["updated_at"])).replace(tzinfo=UTC).timestamp()
            return at + float(row["age_seconds"]) + 0.5 - time.time()
        except (ccxt.BaseError, KeyError, ValueError, TypeError):
            return None

    def _latency(self) -> None:
        there = statistics.median(_took(self.exchange.fetch_accounts) for _ in range(5))
        try:
            through: float | None = _took(self.exchange.fetch_time)
        except ccxt.BaseError:
            through = None
        found = f"the OMS answers in {there:.0f} ms" + (
            "" if through is None else f", the exchange through it in {through:.0f} ms"
        )
        limit = float(self.exchange.timeout)
        slowest = max(there, through or 0.0)
        if slowest > limit / 2:
            todo = f"find out what is slow: requests end after {limit:.0f} ms (exchange.timeout)"
            self.report.fail("latency", found, todo)
        elif slowest > SLOW:
            self.report.note("latency", found, "find out what is slow: the way, the OMS or the exchange")
        else:
            self.report.say("latency", found)

    def _markets(self) -> None:
        try:
            markets = self.exchange.load_markets()
        except ccxt.BaseError as error:
            self.report.fail("markets", str(error), "see whether the OMS reaches the exchange behind the account")
            return
        if not markets:
            self.report.fail("markets", "the exchange behind the account has none", "ask whoever runs the OMS")
            return
        kinds: dict[str, int] = {}
        for market in markets.values():
            kinds[str(market.get("type"))] = kinds.get(str(market.get("type")), 0) + 1
        words = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
        self.report.say("markets", f"{len(markets)} ({words})")

    def _websocket(self) -> None:
        until = time.monotonic() + OPENING
        status: Mapping[str, Any] = {}
        failure = ""
        todo = "let what stands before the OMS pass WebSocket upgrades of /ws, or ask whoever runs the OMS"
        while time.monotonic() < until and status.get("state") not in ("live", "polling", "refused"):
            try:
                self.exchange.watch_orders(timeout=0.25)
            except ccxt.RequestTimeout:
                continue
            except ccxt.BaseError as error:
                failure, todo = str(error), "see what the message says: watch methods need it, too"
                break
            finally:
                status = self.exchange.stream_status()
        why = failure or str(status.get("error") or "it did not open in time")
        if status.get("state") == "live" and not failure:
            self.report.say("WebSocket", "live: orders, fills and positions are told as they happen")
        elif status.get("state") == "polling" and self.limited:
            self.report.note("WebSocket", f"a key that is limited to strategies gets no events, lists are read: {why}")
        else:
            found = f"no events, lists are read instead: {why}" if status.get("state") == "polling" else why
            self.report.fail("WebSocket", found, todo)

    def _order(self, symbol: str, agree: Callable[[str], bool]) -> None:
        if not self.exchange.markets:
            self.report.lines.append(Line("order", "skipped", "there are no markets"))
            return
        if self.info.get("can_trade") is False:
            self.report.fail("order", "the key may not trade", "use a key that may, or leave out --trade")
            return
        try:
            amount, price = planned(self.exchange, symbol)
        except ccxt.BaseError as error:
            self.report.fail("order", str(error), "name a market of this account, such as BTC/USDT")
            return
        where = f"account {self.account} ({self.info.get('exchange_id')})"
        if not agree(f"Create, edit and cancel one order: buy {amount} {symbol} at {price} on {where}?"):
            self.report.lines.append(Line("order", "skipped", "you did not want it"))
            return
        outcome = tried(self.exchange, symbol, amount, price, _aside)
        words = ", ".join([f"buy {amount} {symbol} at {price}", *outcome.done])
        if outcome.failure is not None:
            self.report.fail("order", f"{words}; {outcome.failure}", outcome.todo or "see what the message says")
        elif outcome.interrupted:
            self.report.fail("order", f"{words}; interrupted", "run it again")
        else:
            self.report.say("order", words)


def _took(call: Callable[[], Any]) -> float:
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1000


def _apart(seconds: float) -> str:
    if abs(seconds) < 1.5:
        return "as here"
    size = abs(seconds)
    words = f"{size / 3600:.1f} h" if size >= 3600 else f"{size / 60:.0f} min" if size >= 120 else f"{size:.0f} s"
    return f"{words} {'ahead' if seconds > 0 else 'behind'}"


def _aside(text: str) -> None:
    import typer

    typer.echo(f"oms-ccxt check: {text}", err=True)

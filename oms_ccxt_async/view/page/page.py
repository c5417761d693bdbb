"""The page as one browser has it: what stands where, and what is sent when something has changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement

from oms_ccxt_async.view import actions
from oms_ccxt_async.view.actions import Action
from oms_ccxt_async.view.candles import FRAMES
from oms_ccxt_async.view.follow import Follower
from oms_ccxt_async.view.model import AccountView
from oms_ccxt_async.view.page import charts, markup
from oms_ccxt_async.view.page.grids import CANCEL, Grid
from oms_ccxt_async.view.page.ticket import Ticket
from oms_ccxt_async.view.tables import rows_of
from oms_ccxt_async.view.words import ago, clock, count, money, signed

__all__ = ["Page"]

REFRESH = 0.1
"""Seconds between two looks at what has changed."""
SLOW, SLOWER = 3, 10
"""Every how many looks charts and small tables are drawn, and what only grows with time."""
MARKETS_MOST = 300
CSS = Path(__file__).with_name("page.css").read_text()
PRESSED = "(event) => { const pressed = event.target.closest('[data-id]'); if (pressed) emit(pressed.dataset.id); }"
VALUE = "(event) => emit(event.target.value)"


class Page:
    """What one browser shows.

    Args:
        followers: of each account that is looked at.
        now: epoch milliseconds.
        trade: whether there are buttons that do something.
    """

    def __init__(self, followers: Sequence[Follower], now: Callable[[], int], *, trade: bool) -> None:
        self._followers = followers
        self._now = now
        self._trade = trade
        self._at = 0
        self._strategy: str | None = None
        self._order = ""
        self._sent: dict[str, Any] = {}
        self._looks = 0
        self._orders = Grid("orders", buttons=trade)
        self._fills = Grid("fills")
        ui.add_css(CSS)
        self._dark = ui.dark_mode(None)
        self._build()
        self._refresh()
        ui.timer(REFRESH, self._refresh)

    @property
    def _follower(self) -> Follower:
        return self._followers[self._at]

    @property
    def _view(self) -> AccountView:
        return self._follower.view

    # What stands where

    def _build(self) -> None:
        with ui.element("header").classes("top"):
            self._title = TextElement(tag="h1", text="")
            with ui.element("div").classes("health wait").props("role=status") as self._health:
                self._verdict = TextElement(tag="b", text="Connecting")
                self._why = TextElement(tag="span", text="")
            ui.element("div").classes("space")
            self._clock = TextElement(tag="span", text="").classes("said")
            self._theme = self._button("Theme: auto", self._next_theme)
        with ui.element("div").classes("main"):
            self._tabs = ui.element("nav").classes("row").props('aria-label="Accounts and strategies"')
            with ui.element("section").classes("story").props('aria-label="In short"'):
                self._did, self._did_more = self._told("What was done")
                self._holds, self._holds_more = self._told("What is held")
                self._made, self._made_more = self._told("What it made")
                self._worth, self._worth_more = self._told("What the account is worth")
            with ui.element("div").classes("two chart-book"):
                self._build_chart()
                with self._card("Order book"):
                    self._book = ui.html("", sanitize=False).classes("book")
            with ui.element("div").classes("two tables"):
                self._build_orders()
                with self._card("Positions"):
                    self._positions = (
                        ui.html("", sanitize=False)
                        .classes("scroll")
                        .props("tabindex=0 role=region aria-label=Positions")
                    )
                    self._positions.on("click", self._close_pressed, js_handler=PRESSED)
                    with ui.element("div").classes("head more"):
                        TextElement(tag="h2", text="Balances")
                    self._balances = (
                        ui.html("", sanitize=False)
                        .classes("scroll")
                        .props("tabindex=0 role=region aria-label=Balances")
                    )
            with ui.element("div").classes("two tables"):
                with self._card("Fills"):
                    self._fill_grid = ui.aggrid({**self._fills.options(), "rowData": self._fills.all(self._view, None)})
                    self._fill_grid.classes("grid").on("cellClicked", self._fill_pressed, ["data"])
                with self._card("Life of an order"):
                    self._life_of = TextElement(tag="p", text="").classes("said")
                    self._life = (
                        ui.html("", sanitize=False)
                        .classes("scroll")
                        .props("tabindex=0 role=region")
                        .props('aria-label="Life of an order"')
                    )
            if self._trade:
                with self._card("Order ticket"):
                    self._ticket = Ticket(lambda: self._follower.exchange, lambda: self._view, self._ask)
            with ui.element("div").classes("three"):
                with self._card("Profit and equity since this page began"):
                    self._money = (
                        ui.echart(charts.money_chart())
                        .classes("money")
                        .props('role=img aria-label="Profit and equity over time"')
                    )
                with self._card("What happened"):
                    self._feed = (
                        ui.html("", sanitize=False)
                        .classes("scroll")
                        .props("tabindex=0 role=region")
                        .props('aria-label="What happened"')
                    )
                    self._feed.on("click", self._line_pressed, js_handler=PRESSED)
                with self._card("The driver's own figures"):
                    self._figures = (
                        ui.html("", sanitize=False)
                        .classes("scroll")
                        .props("tabindex=0 role=region")
                        .props('aria-label="Figures"')
                    )

    def _build_chart(self) -> None:
        with self._card("Price, own orders and fills") as card:
            card.classes("price")
            with ui.element("div").classes("row"):
                with ui.element("label").classes("row"):
                    TextElement(tag="span", text="Market").classes("unseen")
                    self._markets = (
                        ui.element("select").classes("field").on("change", self._market_chosen, js_handler=VALUE)
                    )
                self._frames = {each: self._button(each, partial(self._frame_chosen, each)) for each in FRAMES}
                TextElement(tag="span", text="▲ bought").classes("good")
                TextElement(tag="span", text="▼ sold").classes("bad")
                TextElement(tag="span", text="- - own orders").classes("said")
            self._chart = ui.echart(charts.candle_chart()).classes("chart")
            self._chart.props('role=img aria-label="Candles with own orders as lines and own fills as marks"')

    def _build_orders(self) -> None:
        with ui.element("section").classes("card"):
            with ui.element("div").classes("head"):
                self._orders_title = TextElement(tag="h2", text="Open orders")
                ui.element("div").classes("space")
                with ui.element("label").classes("row"):
                    TextElement(tag="span", text="Filter").classes("said")
                    ui.element("input").classes("field").props("type=search").on(
                        "input", self._filtered, js_handler=VALUE
                    )
                if self._trade:
                    self._button("Cancel all", self._cancel_all_pressed).classes("danger")
            self._order_grid = ui.aggrid({**self._orders.options(), "rowData": self._orders.all(self._view, None)})
            self._order_grid.classes("grid").on("cellClicked", self._order_pressed, ["data", "colId"])

    def _card(self, title: str) -> ui.element:
        card = ui.element("section").classes("card")
        with card, ui.element("div").classes("head"):
            TextElement(tag="h2", text=title)
        return card

    def _told(self, title: str) -> tuple[TextElement, TextElement]:
        with ui.element("div").classes("card"):
            TextElement(tag="h2", text=title)
            return TextElement(tag="div", text="").classes("big"), TextElement(tag="div", text="").classes("said")

    def _button(self, text: str, pressed: Callable[[Any], Any]) -> TextElement:
        button = TextElement(tag="button", text=text).classes("button").props("type=button")
        button.on("click", pressed, [])
        return button

    # What is sent

    def _refresh(self) -> None:
        self._looks += 1
        now = self._now()
        self._grid("orders", self._orders, self._order_grid)
        self._grid("fills", self._fills, self._fill_grid)
        if self._looks % SLOW == 1:
            self._short(now)
            self._draw_chart()
            self._tables(now)
        if self._looks % SLOWER == 1:
            self._offered()
            self._text(self._clock, f"{clock(now)} UTC")
            if self._changed("money", self._view.profit[-1:]):
                self._money.run_chart_method("setOption", charts.money_data(self._view))

    def _grid(self, name: str, grid: Grid, element: ui.aggrid) -> None:
        changes = grid.changes(self._view, self._strategy)
        if changes is not None:
            element.run_grid_method("applyTransaction", changes)
        if name == "orders" and self._looks % SLOW == 1:
            many = len(self._view.open_orders(self._strategy))
            self._text(self._orders_title, f"Open orders ({many:,})" if many else "No open order")

    def _short(self, now: int) -> None:
        view, strategy = self._view, self._strategy
        health = view.health(now)
        self._text(self._title, f"Account {view.name}" + (f" · {view.label}" if view.label else ""))
        self._text(self._verdict, health.title)
        self._text(self._why, health.detail)
        if self._changed("level", health.level):
            self._health.classes(replace=f"health {health.level}")
        told, gained, worth = view.told(now, strategy), view.gained(strategy), view.worth()
        head, _, rest = told.did.partition(": ")
        self._text(self._did, head)
        self._text(self._did_more, rest or "nothing was traded yet")
        held = view.held(strategy)
        self._text(self._holds, count(len(held), "open position") if held else "No open position")
        self._text(
            self._holds_more, told.holds if held else f"and {count(len(view.open_orders(strategy)), 'open order')}"
        )
        self._text(self._made, signed(gained.amount, gained.currency))
        sign = "good" if gained.amount > 0 else "bad" if gained.amount < 0 else ""
        if self._changed("made", sign):
            self._made.classes(replace=f"big {sign}")
        self._text(self._made_more, told.made.partition(" since ")[2] and f"since {told.made.partition(' since ')[2]}")
        self._text(self._worth, money(worth.amount, worth.currency))
        apart = f", and {count(len(worth.apart), 'currency', 'currencies')} without a price" if worth.apart else ""
        self._text(self._worth_more, f"everything that it has, at present prices{apart}")

    def _draw_chart(self) -> None:
        view, candles = self._view, self._view.candles
        own = [(each.id, each.price) for each in view.open_orders(self._strategy) if each.symbol == candles.symbol]
        state = (self._at, self._strategy, candles.symbol, candles.frame, candles.version, len(view.fills), own)
        if self._changed("chart", state):
            self._chart.run_chart_method("setOption", charts.candle_data(view, candles, self._strategy))
        if self._changed("frame", candles.frame):
            for name, button in self._frames.items():
                button.props(f"aria-pressed={'true' if name == candles.frame else 'false'}")

    def _tables(self, now: int) -> None:
        view, strategy = self._view, self._strategy
        action = "Close" if self._trade else None
        self._html(self._positions, markup.table("positions", rows_of("positions", view, strategy), action))
        self._html(self._balances, markup.table("balances", rows_of("balances", view, strategy)))
        mine = view.open_orders(strategy)
        own = frozenset(
            (each.side, each.price) for each in mine if each.price is not None and each.symbol == view.candles.symbol
        )
        self._html(self._book, markup.book(*view.book, own))
        self._html(self._feed, markup.feed(list(view.feed)))
        self._html(self._figures, markup.figures(view.figures(now)))
        latest = next(reversed(view.orders.values()), None)
        order = view.orders.get(self._order) or latest
        if order is None:
            self._text(self._life_of, "No order yet. Press an order, a fill or an event to see its life.")
            return
        which = "Order" if order.id == self._order else "The latest: order"
        since = f", {ago(order.updated - order.created)} old" if order.updated > order.created else ""
        self._text(
            self._life_of, f"{which} {order.id}, {order.stage}{since}. Press an order, a fill or an event for another."
        )
        self._html(self._life, markup.life(view.lives.of(order)))

    def _offered(self) -> None:
        """The tabs and the markets, as far as they have become other ones."""
        tabs: list[tuple[int, str | None, str]] = []
        for at, follower in enumerate(self._followers):
            view = follower.view
            seen = {each.strategy for each in view.orders.values()} | {
                each.strategy for each in view.positions.values()
            }
            tabs.append((at, None, f"Account {view.name}"))
            tabs += [
                (at, each, f"{view.name}: {view.strategies[each]}") for each in sorted(view.strategies) if each in seen
            ]
        if self._changed("tabs", (tabs, self._at, self._strategy)):
            self._tabs.clear()
            with self._tabs:
                for at, strategy, name in tabs:
                    button = self._button(name, partial(self._tab_chosen, at, strategy))
                    button.props(f"aria-pressed={'true' if (at, strategy) == (self._at, self._strategy) else 'false'}")
        known = list(self._follower.exchange.markets or {}) if self._follower.exchange else []
        symbols = list(dict.fromkeys([*self._view.symbols(), *(known if len(known) <= MARKETS_MOST else ())]))
        charted = self._view.candles.symbol
        if charted and charted not in symbols:
            symbols.append(charted)
        if self._changed("markets", (sorted(symbols), charted)):
            self._markets.clear()
            with self._markets:
                for symbol in sorted(symbols):
                    option = TextElement(tag="option", text=symbol)
                    option.props["value"] = symbol
                    option.props["selected"] = symbol == charted
            if self._trade:
                self._ticket.market(charted)

    def _changed(self, what: str, value: Any) -> bool:
        if self._sent.get(what, self) == value:
            return False
        self._sent[what] = value
        return True

    def _text(self, element: TextElement, text: str) -> None:
        if element.text != text:
            element.set_text(text)

    def _html(self, element: ui.html, text: str) -> None:
        if element.content != text:
            element.set_content(text)

    # What a person does

    def _tab_chosen(self, at: int, strategy: str | None, _: Any) -> None:
        self._at, self._strategy = at, strategy
        self._order = ""
        for grid, element in ((self._orders, self._order_grid), (self._fills, self._fill_grid)):
            element.run_grid_method("setGridOption", "rowData", grid.all(self._view, strategy))
        self._looks = 0
        self._refresh()

    def _market_chosen(self, event: Any) -> None:
        symbol = str(event.args)
        if symbol in (self._follower.exchange.markets or {}):
            self._follower.chart(symbol, self._view.candles.frame)

    def _frame_chosen(self, frame: str, _: Any) -> None:
        if self._view.candles.symbol:
            self._follower.chart(self._view.candles.symbol, frame)

    def _filtered(self, event: Any) -> None:
        self._order_grid.run_grid_method("setGridOption", "quickFilterText", str(event.args))

    def _order_pressed(self, event: Any) -> None:
        self._order = str(event.args["data"]["id"])
        order = self._view.orders.get(self._order)
        if self._trade and event.args.get("colId") == CANCEL and order is not None and order.is_open:
            self._ask(actions.cancel(self._follower.exchange, order))

    def _fill_pressed(self, event: Any) -> None:
        fill = self._view.fills.get(str(event.args["data"]["id"]))
        if fill is not None:
            self._order = fill.order

    def _line_pressed(self, event: Any) -> None:
        self._order = str(event.args)

    def _close_pressed(self, event: Any) -> None:
        position = self._view.positions.get(str(event.args))
        if self._trade and position is not None:
            self._ask(actions.close(self._follower.exchange, position))

    def _cancel_all_pressed(self, _: Any) -> None:
        many = len(self._view.open_orders(self._strategy))
        if self._trade and many:
            self._ask(actions.cancel_all(self._follower.exchange, None, many, self._strategy))

    def _next_theme(self, _: Any) -> None:
        now: bool | None = {None: True, True: False, False: None}[self._dark.value]
        self._dark.value = now
        self._text(self._theme, f"Theme: {'auto' if now is None else 'dark' if now else 'light'}")

    def _ask(self, action: Action) -> None:
        """Do something once the person agrees; what comes of it stands in the feed."""
        view = self._view
        with (
            ui.dialog() as dialog,
            ui.element("div").classes("ask").props("role=alertdialog aria-modal=true aria-label=Question"),
        ):
            TextElement(tag="p", text=f"Account {view.name}: {action.question}")
            with ui.element("div").classes("row"):
                self._button("No", lambda _: dialog.submit(False)).props("autofocus")
                self._button("Yes", lambda _: dialog.submit(True)).classes("danger")

        async def answered() -> None:
            if await dialog:
                await self._do(action, view)
            dialog.delete()

        ui.timer(0, answered, once=True)

    async def _do(self, action: Action, view: AccountView) -> None:
        try:
            await action.run()
        except Exception as error:
            text = " ".join(str(error).split())
            view.note(self._now(), f"not done: {text}", "bad")
            ui.notify(text, type="negative", timeout=8000)
        else:
            view.note(self._now(), f"asked for on the page: {action.done}")
            ui.notify(action.done, type="positive")

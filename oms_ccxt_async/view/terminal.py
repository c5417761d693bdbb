"""`oms-ccxt watch`: one account, or several, on a terminal."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from rich.text import Text
from textual import on
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal, Vertical
from textual.events import Resize
from textual.screen import ModalScreen
from textual.widgets import Button, DataTable, Footer, Input, Label, Static, Tab, Tabs
from textual_plotext import PlotextPlot

from oms_ccxt_async.view import actions
from oms_ccxt_async.view.actions import Action
from oms_ccxt_async.view.candles import FRAMES
from oms_ccxt_async.view.follow import Follower
from oms_ccxt_async.view.model import AccountView
from oms_ccxt_async.view.tables import TABLES, arranged, rows_of
from oms_ccxt_async.view.words import clock, number

__all__ = ["Question", "WatchApp"]

REFRESH = 0.25
"""Seconds between two drawings."""
SHOWN = 200
"""Rows of a table that are drawn; a filter finds the others."""
WIDE = (140, 36)
"""From this size on everything is shown at once."""
PLOTTED = 300.0
"""Seconds of prices that are drawn."""
COLORS = {"good": "bright_green", "bad": "bright_red", "doubt": "yellow", "care": "yellow", "wait": "cyan"}
SIGNS = {"good": "●", "bad": "✖", "care": "▲", "wait": "…"}
FIGURES = "figures"


class Question(ModalScreen[bool]):
    """Asks before something is done."""

    BINDINGS: ClassVar[list[BindingType]] = [("y", "agree", "Yes"), ("n,escape", "refuse", "No")]

    def __init__(self, question: str) -> None:
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        with Vertical(id="question"):
            yield Label(Text(self._question))
            with Horizontal():
                yield Button("No (n)", id="no", variant="default")
                yield Button("Yes (y)", id="yes", variant="error")

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "yes")

    def action_agree(self) -> None:
        self.dismiss(True)

    def action_refuse(self) -> None:
        self.dismiss(False)


class WatchApp(App[None]):
    """The terminal view.

    Args:
        followers: of each account that is looked at.
        now: epoch milliseconds.
    """

    TITLE = "oms-ccxt watch"
    ENABLE_COMMAND_PALETTE = False
    CSS_PATH = "terminal.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "quit", "Quit"),
        Binding("c", "cancel", "Cancel"),
        Binding("x", "close", "Close"),
        Binding("slash", "filter", "Filter", key_display="/"),
        Binding("s", "sort", "Sort"),
        Binding("m", "market", "Market"),
        Binding("t", "frame", "Frame"),
        Binding("1", "pane('orders')", "Orders", show=False),
        Binding("2", "pane('fills')", "Fills", show=False),
        Binding("3", "pane('positions')", "Positions", show=False),
        Binding("4", "pane('balances')", "Balances", show=False),
        Binding("5", "pane('events')", "Events", show=False),
        Binding("6", "pane('figures')", "Driver", show=False),
        Binding("escape", "unfilter", show=False),
    ]

    def __init__(self, followers: Sequence[Follower], now: Callable[[], int]) -> None:
        super().__init__()
        self._followers = followers
        self._now = now
        self._at = 0
        self._strategy: str | None = None
        self._tabs: list[tuple[int, str | None]] = []
        self._pane = "orders"
        self._filter = ""
        self._sorts: dict[str, tuple[int, bool]] = {}
        self._drawn: dict[str, Any] = {}
        self._doing: set[asyncio.Task[None]] = set()

    @property
    def _follower(self) -> Follower:
        return self._followers[self._at]

    @property
    def view(self) -> AccountView:
        """The account that is shown."""
        return self._follower.view

    def compose(self) -> ComposeResult:
        yield Static(id="health")
        yield Tabs(id="tabs")
        yield Static(id="told")
        with Container(id="panes"):
            yield PlotextPlot(id="chart")
            yield Static(id="choice")
            for name in (*TABLES, FIGURES):
                table: DataTable[Text] = DataTable(id=name, classes="pane", cursor_type="row", zebra_stripes=True)
                table.border_title = TABLES[name].title if name in TABLES else "Driver"
                yield table
        yield Input(placeholder="Show only rows with these words", id="filter")
        yield Footer()

    def on_mount(self) -> None:
        for name in TABLES:
            self.query_one(f"#{name}", DataTable).add_columns(*(Text(each) for each in TABLES[name].columns))
        self.query_one("#figures", DataTable).add_columns("Figure", "Value", "Meaning")
        self.query_one("#chart", PlotextPlot).auto_theme = False  # the colours are those of `_draw_chart`
        self._show_panes()
        self._draw()
        self.set_interval(REFRESH, self._draw)
        self.query_one("#orders").focus()

    def on_resize(self, event: Resize) -> None:
        self.set_class(event.size.width >= WIDE[0] and event.size.height >= WIDE[1], "wide")
        self._drawn.clear()

    # Drawing

    def _draw(self) -> None:
        if len(self.screen_stack) != 1 or not self.query("#health"):
            return  # a question stands before it, or it is ending
        now = self._now()
        self._draw_tabs()
        health = self.view.health(now)
        line = Text()
        line.append(f" {SIGNS[health.level]} {health.title}  ", style=f"bold {COLORS[health.level]}")
        line.append(f"{health.detail}   ")
        line.append(f"{clock(now)} UTC", style="dim")
        self.query_one("#health", Static).update(line)
        told = self.view.told(now, self._strategy)
        text = Text()
        for name, sentence in (("Did", told.did), ("Holds", told.holds), ("Made", told.made)):
            text.append(f" {name:6}", style="bold")
            text.append(f"{sentence}\n")
        text.rstrip()
        self.query_one("#told", Static).update(text)
        for name in TABLES:
            self._draw_table(name)
        self._draw_figures(now)
        self._draw_chart(now)

    def _draw_tabs(self) -> None:
        wanted: list[tuple[int, str | None]] = []
        for at, follower in enumerate(self._followers):
            seen = {each.strategy for each in follower.view.orders.values()}
            seen |= {each.strategy for each in follower.view.positions.values()}
            wanted.append((at, None))
            wanted += [(at, each) for each in sorted(follower.view.strategies) if each in seen]
        there = len(self._tabs)
        self._tabs += [each for each in wanted if each not in self._tabs]  # none moves under somebody's hands
        names = [self._tab(*each) for each in self._tabs]
        if self._drawn.get("tabs") == names:
            return
        self._drawn["tabs"] = names
        tabs = self.query_one(Tabs)
        for at, name in enumerate(names):
            if at < there:
                tabs.query_one(f"#tab-{at}", Tab).label = name
            else:
                tabs.add_tab(Tab(name, id=f"tab-{at}"))

    def _tab(self, at: int, strategy: str | None) -> str:
        view = self._followers[at].view
        if strategy is None:
            return f"Account {view.name}" + (f" {view.label}" if view.label else "")
        return f"{view.name}: {view.strategies.get(strategy, strategy)}"

    def _draw_table(self, name: str) -> None:
        table = self.query_one(f"#{name}", DataTable)
        sort, backward = self._sorts.get(name, (None, False))
        rows = arranged(rows_of(name, self.view, self._strategy), self._filter, sort, backward)
        kind = TABLES[name]
        title = f"{kind.title} ({len(rows):,})" if rows else kind.empty
        if self._filter:
            title += f", with {self._filter!r}"
        shown = [(row.id, [(cell.text, cell.kind) for cell in row.cells]) for row in rows[:SHOWN]]
        if len(rows) > SHOWN:
            title += f", {SHOWN} shown"
        if self._drawn.get(name) == (title, shown):
            return
        self._drawn[name] = (title, shown)
        table.border_title = title
        under = self._selected(table)
        table.clear()
        for row_id, cells in shown:
            table.add_row(
                *(self._cell(kind.columns[at], kind.numeric, *cell) for at, cell in enumerate(cells)), key=row_id
            )
        if under is not None and under in {row_id for row_id, _ in shown}:
            table.move_cursor(row=table.get_row_index(under), animate=False)

    @staticmethod
    def _cell(column: str, numeric: frozenset[str], text: str, kind: str) -> Text:
        justify: Any = "right" if column in numeric else "left"
        return Text(text, style=COLORS.get(kind, ""), justify=justify)

    def _draw_figures(self, now: int) -> None:
        figures = self.view.figures(now)
        if self._drawn.get(FIGURES) != figures:
            self._drawn[FIGURES] = figures
            table = self.query_one("#figures", DataTable)
            row = table.cursor_row
            table.clear()
            for each in figures:
                table.add_row(*(Text(text) for text in each))
            table.move_cursor(row=row, animate=False)

    def _draw_chart(self, now: int) -> None:
        candles = self.view.candles
        fills = [each for each in self.view.latest_fills(self._strategy) if each.symbol == candles.symbol]
        state = (candles.symbol, candles.frame, candles.version, len(fills), self._strategy)
        if self._drawn.get("chart") == state:
            return
        self._drawn["chart"] = state
        widget = self.query_one("#chart", PlotextPlot)
        plot = widget.plt
        plot.clear_figure()
        plot.canvas_color("black")
        plot.axes_color("black")
        plot.ticks_color("gray")
        span = FRAMES[candles.frame] * 60 if candles.frame in FRAMES else 0
        bars = [bar for bar in candles.bars if bar[0] >= now - span][-400:] or candles.bars[-60:]
        widget.border_title = f"{candles.symbol} {number(bars[-1][4])}" if bars else "No market yet"
        widget.border_subtitle = f"{candles.frame}   ▲ bought   ▼ sold" if bars else ""
        if bars:
            begin = bars[0][0]
            plot.plot([_x(bar[0]) for bar in bars], [float(bar[4]) for bar in bars], marker="braille", color="cyan+")
            for side, marker, color in (("buy", "▲", "green+"), ("sell", "▼", "red+")):
                own = [each for each in fills if each.side == side and each.at >= begin]
                if own:
                    plot.scatter(
                        [_x(each.at) for each in own], [float(each.price) for each in own], marker=marker, color=color
                    )
            ticks = [bars[at][0] for at in sorted({0, len(bars) // 3, 2 * len(bars) // 3, len(bars) - 1})]
            plot.xticks([_x(at) for at in ticks], [clock(at) for at in ticks])
            low = min(float(bar[4]) for bar in bars)
            high = max(float(bar[4]) for bar in bars)
            prices = [low + (high - low) * part for part in (0, 0.5, 1)]
            plot.yticks(prices, [number(Decimal(f"{each:.6g}")) for each in prices])
        widget.refresh()

    def _show_panes(self) -> None:
        for name in (*TABLES, FIGURES):
            self.query_one(f"#{name}").set_class(name == self._pane, "current")
        choice = Text()
        for key, name in enumerate((*TABLES, FIGURES), 1):
            style = "reverse bold" if name == self._pane else "dim"
            choice.append(f" {key} {TABLES[name].title if name in TABLES else 'Driver'} ", style=style)
        self.query_one("#choice", Static).update(choice)

    # What a person does

    @on(Tabs.TabActivated)
    def _tab_chosen(self, event: Tabs.TabActivated) -> None:
        self._at, self._strategy = self._tabs[int(str(event.tab.id).removeprefix("tab-"))]
        self._drawn = {"tabs": self._drawn.get("tabs")}
        self._draw()

    @on(DataTable.HeaderSelected)
    def _header_chosen(self, event: DataTable.HeaderSelected) -> None:
        if event.data_table.id in TABLES:
            self._sort(str(event.data_table.id), event.column_index)

    @on(Input.Changed)
    def _filtered(self, event: Input.Changed) -> None:
        self._filter = event.value
        self._draw()

    @on(Input.Submitted)
    def _filter_done(self) -> None:
        self.query_one("#filter").remove_class("asked")
        self.query_one(f"#{self._pane}").focus()

    def action_filter(self) -> None:
        """Show only rows with some words."""
        entry = self.query_one("#filter", Input)
        entry.add_class("asked")
        entry.focus()

    def action_unfilter(self) -> None:
        """Show all rows again."""
        entry = self.query_one("#filter", Input)
        entry.value = ""
        self._filter_done()

    def action_pane(self, name: str) -> None:
        """Show one of the tables."""
        self._pane = name
        self._show_panes()
        self.query_one(f"#{name}").focus()

    def action_sort(self) -> None:
        """Sort by the next column."""
        name = self._focused()
        if name in TABLES:
            column, backward = self._sorts.get(name, (-1, True))
            self._sort(name, column if not backward else (column + 1) % len(TABLES[name].columns))

    def _sort(self, name: str, column: int) -> None:
        before, backward = self._sorts.get(name, (-1, True))
        self._sorts[name] = (column, before == column and not backward)
        self.notify(
            Text(f"by {TABLES[name].columns[column]}, {'down' if self._sorts[name][1] else 'up'}").plain, timeout=2
        )
        self._draw()

    def action_market(self) -> None:
        """Chart the next market."""
        symbols = self.view.symbols()
        if symbols:
            at = symbols.index(self.view.candles.symbol) + 1 if self.view.candles.symbol in symbols else 0
            self._follower.chart(symbols[at % len(symbols)], self.view.candles.frame)

    def action_frame(self) -> None:
        """Chart the next timeframe."""
        frames = list(FRAMES)
        if self.view.candles.symbol:
            frame = frames[(frames.index(self.view.candles.frame) + 1) % len(frames)]
            self._follower.chart(self.view.candles.symbol, frame)

    def action_cancel(self) -> None:
        """Cancel the order under the cursor, if the person agrees."""
        order = self.view.orders.get(self._selected(self.query_one("#orders", DataTable)) or "")
        if order is None or not order.is_open:
            self.notify("there is no order under the cursor", severity="warning")
        else:
            self._ask(actions.cancel(self._follower.exchange, order))

    def action_close(self) -> None:
        """Close the position under the cursor, if the person agrees."""
        position = self.view.positions.get(self._selected(self.query_one("#positions", DataTable)) or "")
        if position is None:
            self.notify("there is no position under the cursor", severity="warning")
        else:
            self._ask(actions.close(self._follower.exchange, position))

    def _ask(self, action: Action) -> None:
        def answered(agreed: bool | None) -> None:
            if agreed:
                task = asyncio.create_task(self._do(action))
                self._doing.add(task)
                task.add_done_callback(self._doing.discard)

        self.push_screen(Question(f"Account {self.view.name}: {action.question}"), answered)

    async def _do(self, action: Action) -> None:
        view = self.view
        try:
            await action.run()
        except Exception as error:
            text = " ".join(str(error).split())
            view.note(self._now(), f"not done: {text}", "bad")
            self.notify(text, severity="error", markup=False)
        else:
            view.note(self._now(), f"asked for here: {action.done}", "plain")
            self.notify(action.done, markup=False)

    def _focused(self) -> str:
        focused = self.focused
        return str(focused.id) if isinstance(focused, DataTable) else self._pane

    @staticmethod
    def _selected(table: DataTable[Any]) -> str | None:
        if not table.row_count:
            return None
        return table.coordinate_to_cell_key(table.cursor_coordinate).row_key.value


def _x(at: int) -> float:
    return at / 1000

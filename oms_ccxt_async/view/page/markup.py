"""The small tables of the page as HTML, in which everything that comes from elsewhere is escaped. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from markupsafe import Markup

from oms_ccxt_async.view.lives import Stage
from oms_ccxt_async.view.model import Line
from oms_ccxt_async.view.tables import TABLES, Row
from oms_ccxt_async.view.words import ago, clock, number

__all__ = ["book", "feed", "figures", "life", "table"]

LINES_SHOWN = 60


def table(name: str, rows: Sequence[Row], action: str | None = None) -> str:
    """One of the tables; each row begins with a button if there is something to do with it."""
    kind = TABLES[name]
    if not rows:
        return str(Markup('<p class="empty">{}</p>').format(kind.empty))
    heads = Markup("").join(
        Markup('<th scope="col" class="{}">{}</th>').format("num" if each in kind.numeric else "", each)
        for each in kind.columns
    )
    if action:
        heads = Markup('<th scope="col"><span class="unseen">{}</span></th>').format(action) + heads
    lines = []
    for row in rows:
        cells = Markup("").join(
            Markup('<td class="{} {}">{}</td>').format("num" if column in kind.numeric else "", cell.kind, cell.text)
            for column, cell in zip(kind.columns, row.cells, strict=True)
        )
        if action:
            what = f"{action} {row.cells[1].text} {row.cells[0].text}"
            button = Markup('<td><button type="button" class="act" data-id="{}" aria-label="{}">{}</button></td>')
            cells = button.format(row.id, what, action) + cells
        lines.append(Markup("<tr>{}</tr>").format(cells))
    return _table(kind.title, heads, lines)


def figures(rows: Iterable[tuple[str, str, str]]) -> str:
    """The driver's own figures; what each means is said when it is pointed at."""
    lines = [
        Markup('<tr title="{}"><th scope="row">{}</th><td class="num">{}</td></tr>').format(meaning, name, figure)
        for name, figure, meaning in rows
    ]
    return _table("The driver's own figures", Markup(""), lines)


def feed(lines: Sequence[Line]) -> str:
    """What happened, the latest first; a line about an order can be pressed."""
    if not lines:
        return '<p class="empty">Nothing happened yet</p>'
    items = []
    for line in lines[-LINES_SHOWN:][::-1]:
        text = Markup("{}").format(line.text)
        if line.order:
            text = Markup('<button type="button" class="link" data-id="{}">{}</button>').format(line.order, text)
        items.append(Markup('<li class="{}"><time>{}</time> {}</li>').format(line.kind, clock(line.at), text))
    return str(Markup('<ol class="feed">{}</ol>').format(Markup("").join(items)))


def life(stages: Sequence[Stage]) -> str:
    """An order's life as a timeline: each stage with the time since the one before."""
    items, before = [], None
    for stage in stages:
        later = "" if before is None else f"+{ago(max(0, stage.at - before))}"
        before = stage.at
        items.append(
            Markup('<li class="{}"><b>{}</b> <span>{}</span> <time>{}</time> <small>{}</small></li>').format(
                stage.kind, stage.what, stage.detail, clock(stage.at, millis=True), later
            )
        )
    return str(Markup('<ol class="life">{}</ol>').format(Markup("").join(items)))


def book(
    bids: Sequence[tuple[Decimal, Decimal]],
    asks: Sequence[tuple[Decimal, Decimal]],
    own: frozenset[tuple[str, Decimal]],
    rows: int = 9,
) -> str:
    """An order book, asks above bids, each with a bar of its size; own prices are marked.

    Args:
        bids, asks: price and amount, the best first.
        own: side and price of the open orders.
        rows: of each side.
    """
    if not bids and not asks:
        return '<p class="empty">No order book yet</p>'
    largest = max(amount for _, amount in (*bids[:rows], *asks[:rows])) or Decimal(1)
    lines = []
    for side, levels in (("sell", asks[:rows][::-1]), ("buy", bids[:rows])):
        for price, amount in levels:
            mine = Markup(' <span class="mine">yours</span>') if (side, price) in own else ""
            width = int(amount / largest * 100)
            row = Markup('<tr class="{}"><td class="num">{}{}</td><td class="num size" style="--size:{}%">{}</td></tr>')
            lines.append(row.format(side, number(price), mine, width, number(amount)))
        if side == "sell" and bids and asks:
            spread = number(asks[0][0] - bids[0][0])
            lines.append(Markup('<tr class="spread"><td colspan="2">spread {}</td></tr>').format(spread))
    heads = Markup('<th scope="col" class="num">Price</th><th scope="col" class="num">Amount</th>')
    return _table("Order book", heads, lines)


def _table(caption: str, heads: Markup, lines: Sequence[Markup]) -> str:
    head = Markup("<thead><tr>{}</tr></thead>").format(heads) if heads else Markup("")
    whole = Markup('<table><caption class="unseen">{}</caption>{}<tbody>{}</tbody></table>')
    return str(whole.format(caption, head, Markup("").join(lines)))

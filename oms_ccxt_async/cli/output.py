"""What the commands print: one JSON document, a table in a terminal, plain columns elsewhere."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import typer
from rich.table import Table

from oms_ccxt_async.cli.terminal import console

__all__ = ["encoded", "flat", "show_table", "word"]


def encoded(value: Any, indent: str | None = "  ", level: str = "\n") -> str:
    """JSON in which a Decimal has all its digits; what JSON has no number for is null.

    Args:
        indent: of each level; None for one line.
    """
    if isinstance(value, Mapping):
        inside = [
            f"{json.dumps(str(name))}: {encoded(each, indent, level + (indent or ''))}" for name, each in value.items()
        ]
        brackets = "{}"
    elif isinstance(value, list | tuple | set | frozenset):
        inside = [encoded(each, indent, level + (indent or "")) for each in value]
        brackets = "[]"
    elif isinstance(value, Decimal):
        return f"{value:f}" if value.is_finite() else "null"
    elif isinstance(value, float):
        return json.dumps(value) if math.isfinite(value) else "null"
    elif value is None or isinstance(value, bool | int | str):
        return json.dumps(value)
    else:
        return json.dumps(str(value))
    if not inside:
        return brackets
    if indent is None:
        return brackets[0] + ", ".join(inside) + brackets[1]
    return brackets[0] + level + indent + f",{level}{indent}".join(inside) + level + brackets[1]


def word(value: Any) -> str:
    """A value in a cell of a table; a dash for none."""
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}" if value.is_finite() else "-"
    if isinstance(value, float):
        return word(Decimal(repr(value)))
    if isinstance(value, Mapping | list | tuple):
        return encoded(value, None)
    return str(value)


def flat(value: Any) -> tuple[list[str], list[list[Any]]]:
    """Headings and rows of whatever a unified method returned: a row for each item of a list or of a dict of dicts,
    otherwise one for each key. What the exchange said (`info`) is left out, and so are columns that are empty."""
    if isinstance(value, Mapping) and (items := {k: v for k, v in value.items() if k != "info"}):
        if any(isinstance(each, Mapping) for each in items.values()):
            rows = [each for each in items.values() if isinstance(each, Mapping)]
            names = [name for name, each in items.items() if isinstance(each, Mapping)]
            headings, cells = _of_dicts(rows)
            return ["", *headings], [[name, *each] for name, each in zip(names, cells, strict=True)]
        return ["name", "value"], [[name, each] for name, each in items.items()]
    if isinstance(value, list) and value and all(isinstance(each, Mapping) for each in value):
        return _of_dicts(value)
    if isinstance(value, list) and value and all(isinstance(each, list) for each in value):
        width = max(len(each) for each in value)
        return [str(number) for number in range(width)], [[*each, *[None] * (width - len(each))] for each in value]
    return ["value"], [[each] for each in (value if isinstance(value, list) else [value])]


def _of_dicts(rows: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[list[Any]]]:
    names = dict.fromkeys(name for row in rows for name in row if name != "info")
    told = [name for name in names if any(row.get(name) not in (None, "", [], {}) for row in rows)]
    return told, [[row.get(name) for name in told] for row in rows]


def show_table(headings: Sequence[str], rows: Iterable[Sequence[Any]], empty: str = "") -> None:
    """Print rows: a table in a terminal; elsewhere columns that are two spaces apart, a dash for what is empty."""
    cells = [[" ".join(word(each).split()) for each in row] for row in rows]
    screen = console()
    if not cells:
        typer.echo(empty, err=not screen.is_terminal)
    elif screen.is_terminal:
        table = Table()
        for number, heading in enumerate(headings):
            numeric = all(_numeric(row[number]) for row in cells)
            table.add_column(heading, justify="right" if numeric else "left", overflow="fold")
        for row in cells:
            table.add_row(*(each.replace("[", r"\[") for each in row))
        screen.print(table)
    else:
        lines = [list(headings), *cells]
        widths = [max(len(line[number]) for line in lines) for number in range(len(headings))]
        for line in lines:
            typer.echo("  ".join(each.ljust(width) for each, width in zip(line, widths, strict=True)).rstrip())


def _numeric(text: str) -> bool:
    return text == "-" or text.lstrip("-").replace(".", "", 1).isdigit()

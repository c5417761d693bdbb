"""The programs of the collection: what each says about itself, and what became of it at an OMS.

A program is a file of `programs`. Its docstring says what it does. One that is written for an exchange of ccxt's own
says in comments under the docstring how it is run and what it must have done, by the OMS's records:

    as: which exchanges `oms-ccxt run` is given with `--as`, or `nothing`; for whom it is written, if it has no `for`
    for: the exchange that it is written for
    settings: a line of the file for `--config`
    json: a line of `config.json` in its directory
    args: its arguments
    account: of the OMS; 2 unless said otherwise, which is in netting mode
    market: what the market does when something has come about: `1 open: BTC/USDT 59000`, `2 fills: ...`, `5 reads: ...`
    orders, fills, positions: a line for each kind of them
    exit: its exit code, 0 unless said otherwise
    last: what stands in the last line that it prints
    refused: what stands in it if the driver refuses the program; no command has reached the OMS then
    sent: `nothing` where no request at all reached it
    legacy: why a legacy OMS cannot do what it is for; `legacy orders` and so on: what comes of it there

`python -m tests.dropin.collection` writes the table of docs/drop_in.md; with names of programs it runs them, and prints
what became of them as such comments.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from oms_ccxt_async.sandbox.rows import HELD, OPEN_STATUSES, Deal, Order, Position
from tests.faults.desk import COMMANDS, Profile
from tests.faults.plan import Cut, Fault, Trigger, on
from tests.oms_ccxt_async.elsewhere import Elsewhere, elsewhere

__all__ = ["FAULTS", "PROGRAMS", "Outcome", "Program", "books", "run", "table", "written_table"]

FOLDER = Path(__file__).with_name("programs")
DOCS = Path(__file__).parents[2] / "docs" / "drop_in.md"
BEGIN, END = "<!-- table: python -m tests.dropin.collection -->\n", "<!-- end of the table -->\n"
COMMAND = "from oms_ccxt_async.cli import main; main()"
BOOKS = ("orders", "fills", "positions")
PATIENCE = 100.0
"""How many seconds a program, or what moves the market for it, may take on a machine that is busy with other things."""
HEDGED = 1
"""The account in hedge mode."""

FAULTS: dict[str, tuple[Fault, Trigger, int]] = {
    "network_errors": (Cut("down", 0, "rst"), on("POST", "/ccxt/*/fetch_ticker"), 6),
    "resent_order": (Cut("down", 0, "rst"), COMMANDS, 1),
    "retry_by_reflex": (Cut("down", 0, "rst"), COMMANDS, 2),
    "retry_decorator": (Cut("down", 0, "rst"), on("POST", "/ccxt/*/fetch_ticker"), 8),
}
"""What is done on the way between a program and the OMS: to which requests, how often."""


@dataclass(frozen=True)
class Program:
    """A file of the collection.

    Attributes:
        about: the first sentence of its docstring.
        said: the comments under it, by their names.
    """

    path: Path
    about: str
    said: dict[str, list[str]]

    @classmethod
    def read(cls, path: Path) -> Program:
        """The program in a file."""
        source = path.read_text()
        about = (ast.get_docstring(ast.parse(source)) or "").partition("\n\n")[0].replace("\n", " ")
        said: dict[str, list[str]] = {}
        for line in source.partition('"""\n')[2].lstrip().splitlines():
            match = re.fullmatch(r"# ([a-z ]+): (.*)", line)
            if match is None:
                break
            said.setdefault(match[1], []).append(match[2])
        return cls(path, about, said)

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """Of the file, without its ending."""
        return self.path.stem

    def one(self, name: str, default: str = "") -> str:
        """A comment that stands there once."""
        return self.said.get(name, [default])[0]

    @property
    def is_foreign(self) -> bool:
        """Whether it is written for an exchange of ccxt's own, and knows of no OMS."""
        return "as" in self.said

    @property
    def exchange(self) -> str:
        """ccxt's id of the exchange that it is written for."""
        return self.one("for") or self.one("as", "oms").split(",")[0]

    @property
    def flavour(self) -> str:
        """Which of ccxt's classes it uses."""
        source = self.path.read_text()
        return "pro" if "ccxt.pro" in source else "async" if "async_support" in source else "sync"

    def told(self, name: str, profile: Profile) -> str:
        """A comment that stands there once, of a profile."""
        return self.one(f"{profile} {name}", self.one(name))

    def expected(self, profile: Profile) -> dict[str, list[str]]:
        """What the OMS's records must say."""
        return {
            name: sorted(each for each in self.said.get(f"{profile} {name}", self.said.get(name, [])) if each != "none")
            for name in BOOKS
        }


@dataclass(frozen=True)
class Outcome:
    """What became of a run.

    Attributes:
        code, printed: exit code, and everything that was printed.
        books: the orders, fills and positions of all accounts, as a program's comments have them.
        commands, requests: how many of them reached the OMS.
        hits: how many requests the fault on the way hit.
    """

    code: int
    printed: str
    books: dict[str, list[str]]
    commands: int
    requests: int
    hits: int

    @property
    def last(self) -> str:
        """The last line that was printed."""
        return (self.printed.splitlines() or [""])[-1]


PROGRAMS = [Program.read(path) for path in sorted(FOLDER.glob("*.py"))]


def run(program: Program, profile: Profile) -> Outcome:
    """Run a program with `oms-ccxt run`, in a process and on an OMS of its own, whose market moves as it says."""
    standing_in = [each for each in program.one("as").split(", ") if each != "nothing"]
    behind = program.exchange
    with tempfile.TemporaryDirectory() as folder, elsewhere(profile, exchange=behind) as oms:
        arguments = [part for each in standing_in for part in ("--as", each)]
        if "settings" in program.said:
            Path(folder, "oms.toml").write_text("\n".join(program.said["settings"]))
            arguments += ["--config", "oms.toml"]
        if "json" in program.said:
            Path(folder, "config.json").write_text("\n".join(program.said["json"]))
        fault, when, times = FAULTS.get(program.name, (Cut("down", 0), lambda _: False, 0))
        plan = oms.desk.proxy.plan(fault, when, times=times)
        environ = {
            **os.environ,
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "OMS_BASE_URL": oms.desk.proxy.url,
            "OMS_API_KEY": oms.desk.sandbox.keys["trader"],
            "OMS_ACCOUNT_ID": program.one("account", "2"),
        }
        with Path(folder, "printed").open("w+") as printed:
            process = subprocess.Popen(
                [sys.executable, "-c", COMMAND, "run", *arguments, str(program.path), *program.one("args").split()],
                cwd=folder,
                env=environ,
                stdout=printed,
                stderr=subprocess.STDOUT,
            )
            try:
                _move(oms, program, process)
                code = process.wait(PATIENCE)
            finally:
                process.kill()
                process.wait()
            printed.seek(0)
            text = printed.read()
        _settle(oms, program.expected(profile))
        requests = oms.do(lambda: list(oms.desk.proxy.requests))
        return Outcome(code, text, oms.do(books, oms), sum(map(COMMANDS, requests)), len(requests), len(plan.hits))


def _move(oms: Elsewhere, program: Program, process: subprocess.Popen[bytes]) -> None:
    """Let the market do what a program's comments say, while the program runs."""
    reads = 0
    for step in program.said.get("market", []):
        condition, moves = step.split(": ", 1)
        number, what = condition.split(" ")
        deadline = time.monotonic() + PATIENCE
        while process.poll() is None and oms.do(_count, oms, what) - (reads if what == "reads" else 0) < int(number):
            assert time.monotonic() < deadline, f"{program.name}: never {condition}"
            time.sleep(0.01)
        for move in moves.split(", "):
            symbol, price = move.split(" ")
            oms.do(oms.desk.sandbox.move, symbol, price)
        reads = oms.do(_count, oms, "reads")


def _count(oms: Elsewhere, what: str) -> int:
    storage = oms.desk.sandbox.oms.storage
    if what == "open":
        return sum(order.status in OPEN_STATUSES for order in storage.select(Order))
    if what == "orders":
        return len(storage.select(Order))
    if what == "fills":
        return len(storage.select(Deal))
    return sum(request.path.startswith("/ccxt/") for request in oms.desk.proxy.requests)


def _settle(oms: Elsewhere, expected: dict[str, list[str]], within: float = 3.0) -> None:
    """Give an OMS that looks for fills at intervals the time to find the last ones."""
    deadline = time.monotonic() + within
    while oms.do(books, oms) != expected and time.monotonic() < deadline:
        time.sleep(0.02)


def books(oms: Elsewhere) -> dict[str, list[str]]:
    """The OMS's records, as the comments have them; what is not of account 2 says so. Positions are what the account
    holds of a symbol in all, on each side in hedge mode: a legacy OMS makes a position of every fill that it finds."""
    storage = oms.desk.sandbox.oms.storage
    filled: Counter[int | None] = Counter()
    fills: Counter[str] = Counter()
    for deal in storage.select(Deal):
        filled[deal.order_id] += deal.qty  # type: ignore[assignment]
        fills[f"{_where(deal.account_id)}{deal.symbol} {deal.side} "] += deal.qty  # type: ignore[assignment]
    orders: Counter[str] = Counter()
    for order in storage.select(Order):
        price = f" at {_plain(order.price)}" if order.price is not None else ""
        state = "filled" if filled[order.id] == order.qty else "partly filled, " if filled[order.id] else ""
        if state != "filled":
            state += order.status.lower()
        what = f"{order.symbol} {order.side} {order.order_type} {_plain(order.qty)}{price} {state}"
        orders[_where(order.account_id) + what] += 1
    held: Counter[tuple[str, str]] = Counter()
    for each in storage.select(Position):
        if each.state in HELD:
            side = each.side if each.account_id == HEDGED else ""
            held[f"{_where(each.account_id)}{each.symbol}", side] += each.qty * (-1 if each.side == "sell" else 1)  # type: ignore[assignment]
    return {
        "orders": sorted(f"{count} {what}" if count > 1 else what for what, count in orders.items()),
        "fills": sorted(f"{what}{_plain(Decimal(quantity))}" for what, quantity in fills.items()),
        "positions": sorted(f"{what} {_signed(Decimal(net))}" for (what, _), net in held.items() if net),
    }


def _where(account_id: int) -> str:
    return "" if account_id == 2 else f"account {account_id}: "


def _signed(number: Decimal) -> str:
    return f"{'long' if number > 0 else 'short'} {_plain(abs(number))}"


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


def table() -> str:
    """What runs, what does not, and why, in Markdown."""
    return "".join(_lines())


def _lines() -> Iterator[str]:
    yield "| program | what it does | written for | on a full OMS | on a legacy OMS |\n|---|---|---|---|---|\n"
    for program in PROGRAMS:
        full = "**refused**: " + _cell(program.one("refused")) if "refused" in program.said else "runs"
        legacy = _cell(program.one("legacy")) or ("the same" if "refused" in program.said else "runs")
        name = program.name
        yield f"| `{name}` | {_cell(program.about)} | {program.exchange}, {program.flavour} | {full} | {legacy} |\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def written_table() -> str:
    """The table as it stands in the docs."""
    return DOCS.read_text().partition(BEGIN)[2].partition(END)[0]


def _main(names: list[str]) -> None:
    for program in PROGRAMS:
        for profile in ("full", "legacy"):
            if program.name in names and program.is_foreign:
                began = time.monotonic()
                outcome = run(program, profile)
                print(f"=== {program.name}, {profile}: exit {outcome.code} in {time.monotonic() - began:.1f} s")
                print(outcome.printed)
                differs = "" if outcome.books == program.expected(profile) else "  DIFFERS"
                print(f"# {outcome.commands} commands, {outcome.requests} requests{differs}")
                for name, lines in outcome.books.items():
                    print("".join(f"# {name}: {line}\n" for line in lines), end="")
    if not names:
        before, _, rest = DOCS.read_text().partition(BEGIN)
        DOCS.write_text(before + BEGIN + table() + END + rest.partition(END)[2])


if __name__ == "__main__":
    _main(sys.argv[1:])

"""All figures in one run, contenders in turn.

python -m tests.benchmarks             # writes docs/performance.md, and the ratios that the short form is held against
python -m tests.benchmarks --short     # fewer rounds; fails where a ratio has fallen back by more than 15 %
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import platform
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import ccxt

from tests.benchmarks import bench_import, bench_memory, bench_rest, bench_streaming
from tests.benchmarks.bench_rest import Rest
from tests.benchmarks.bench_streaming import Streams
from tests.benchmarks.bench_sync import Sync
from tests.benchmarks.figures import Fact, Figure, Goal, fallen_back, report

DOCUMENT = Path(__file__).parents[2] / "docs" / "performance.md"
KEPT = Path(__file__).parent / "kept.json"
ROUNDS, SHORT = 15, 7
TRIALS = 3
"""How often a ratio has to be worse than it was until that is believed."""
LOOK_UPS = 100
FLAT = 1_000_000


@dataclass(slots=True)
class Measure:
    """What is measured in each round."""

    figure: Figure
    costs: Callable[[], Mapping[str, float]]

    def round(self) -> None:
        """Let every contender have one turn."""
        self.figure = replace(self.figure, rounds=(*self.figure.rounds, self.costs()))

    def begin(self) -> None:
        """Forget what was measured, and let every contender warm up."""
        self.costs()
        self.figure = replace(self.figure, rounds=())


@contextlib.contextmanager
def measures(events: int, calls: int) -> Iterator[tuple[list[Measure], Rest]]:
    """Everything that takes turns, each with so many events or calls in a turn."""

    def measure(title: str, costs: Callable[[], Mapping[str, float]], **goals: float) -> Measure:
        rivals = [Goal(RIVALS[name], most) for name, most in goals.items()]
        return Measure(Figure(title, "us", "oms", (), rivals), costs)

    with (
        bench_rest.server() as oms,
        bench_streaming.server() as stream,
        asyncio.Runner() as runner,
        Rest(runner, oms, calls) as rest,
        Sync(oms, calls // 4) as one,
        Sync(oms, calls, threads=8) as many,
    ):
        order, fill = (Streams(runner, stream, kind, events) for kind in ("order", "deal"))
        yield (
            [
                measure("`fetch_order`", rest.costs, ccxt_class=0.75, aiohttp=1.45),
                measure("`fetch_order`, sync", one.costs, requests=0.5),
                measure("`fetch_order`, sync, 8 threads", many.costs),
                measure("order event", order.costs, ccxt_pro=1 / 4, websockets=3.0),
                measure("fill", fill.costs, ccxt_pro=1 / 2, websockets=3.0),
            ],
            rest,
        )


RIVALS = {
    "ccxt_class": "ccxt class",
    "aiohttp": "aiohttp + orjson",
    "requests": "requests",
    "ccxt_pro": "ccxt.pro",
    "websockets": "websockets + orjson",
}


def facts(rest: Rest, rounds: int) -> list[Fact]:
    """What is no ratio of two costs in time."""
    asked = rest.requests(LOOK_UPS)
    ours, theirs = (bench_memory.used()[name] for name in ("oms", "ccxt.pro"))
    early, late = bench_streaming.grown(FLAT)
    return [
        Fact(f"{LOOK_UPS} look-ups at once: {asked} request", "1 request", asked == 1),
        Fact(
            f"{bench_memory.ORDERS:,} open orders: {ours:.0f} MiB, in ccxt.pro's cache {theirs:.0f} MiB",
            "at most half",
            ours <= theirs / 2,
        ),
        Fact(
            f"{FLAT:,} events through three watchers: {early:.0f} MiB after a fifth, {late:.0f} MiB at the end",
            "flat",
            late <= early * 1.03,
        ),
        *(
            Fact(f"`{importing}`: {more:.0f} ms beyond `{base}`", "at most 50 ms", more <= 50)
            for (importing, base), more in zip(bench_import.PAIRS, bench_import.beyond(rounds), strict=True)
        ),
    ]


def written(figures: Sequence[Figure], known: Sequence[Fact]) -> None:
    """Write the document, and keep the ratios."""
    KEPT.write_text(json.dumps({each.title: each.kept() for each in figures if each.goals}, indent=2) + "\n")
    about = f"Python {platform.python_version()}, ccxt {ccxt.__version__}, {len(figures[0].rounds)} rounds"
    before, mark, _ = DOCUMENT.read_text().partition("<!-- measured -->\n")
    DOCUMENT.write_text(f"{before}{mark}\n{about}:\n\n{report(figures, known)}\n")


def fall_backs(ready: Sequence[Measure], kept: Mapping[str, Mapping[str, float]]) -> list[str]:
    """The ratios that are worse than they were each time that they are measured."""
    worse: list[str] = []
    ready = [measure for measure in ready if measure.figure.title in kept]
    for trial in range(TRIALS):
        for measure in ready:
            measure.begin()
        for _ in range(SHORT):
            for measure in ready:
                measure.round()
        ready = [measure for measure in ready if fallen_back(measure.figure, kept[measure.figure.title])]
        worse = [text for measure in ready for text in fallen_back(measure.figure, kept[measure.figure.title]).values()]
        for text in worse:
            print(f"{text} (trial {trial + 1})", flush=True)
        if not worse:
            break
    return worse


def main() -> int:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    if options.short:
        with measures(5_000, 60) as (ready, _):
            worse = fall_backs(ready, json.loads(KEPT.read_text()))
            for measure in ready:
                if kept := measure.figure.kept():
                    print(f"{measure.figure.title}: {', '.join(f'{ratio} x {rival}' for rival, ratio in kept.items())}")
        print("\n".join(worse) or "no ratio has fallen back by more than 15 %")
        return bool(worse)
    with measures(20_000, 200) as (ready, rest):
        for measure in ready:
            measure.begin()
        for done in range(options.rounds):
            print(f"round {done + 1} of {options.rounds}", flush=True)
            for measure in ready:
                measure.round()
        written([measure.figure for measure in ready], facts(rest, min(options.rounds, 9)))
    print(DOCUMENT.read_text())
    return 0


if __name__ == "__main__":
    sys.exit(main())

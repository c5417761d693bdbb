"""`python -m tests.simulation`: the disasters, played from their seeds, and what came of them as one table.

python -m tests.simulation                                    # what `make prove` does
python -m tests.simulation --scenario quotes --seed 17        # one line of it again
"""

from __future__ import annotations

from tests.simulation import clocks

clocks.install()  # before anything else keeps a clock

import argparse  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402
from collections.abc import Iterator  # noqa: E402

from tests.simulation.runner import Job, play  # noqa: E402
from tests.simulation.scenarios import SCENARIOS  # noqa: E402
from tests.simulation.table import Table  # noqa: E402


def main() -> int:
    """Play, print; 1 where a zero is not zero."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__.partition("\n")[0])
    parser.add_argument("--scenario", choices=SCENARIOS, help="only this one")
    parser.add_argument("--seed", type=int, help="only this one: even ones are of a full OMS, odd ones of a legacy one")
    parser.add_argument("--seeds", type=int, default=3_000, help="how many in all")
    parser.add_argument("--first", type=int, default=0, help="the first seed of each scenario")
    parser.add_argument("--minutes", type=float, help="begin no more seeds after so long")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many processes")
    parser.add_argument("--traces", action="store_true", help="print each seed's trace")
    parser.add_argument("--verbose", action="store_true", help="with --seed: print everything that arrives somewhere")
    arguments = parser.parse_args()
    names = [arguments.scenario] if arguments.scenario else list(SCENARIOS)
    each = max(1, arguments.seeds // len(names))
    seeds = range(arguments.first, arguments.first + each) if arguments.seed is None else [arguments.seed]
    table = Table(names)
    began = clocks.REAL_MONOTONIC()

    def jobs() -> Iterator[Job]:
        """Round after round of all scenarios, so that a run that is cut short has played each of them as often."""
        for seed in seeds:
            if arguments.minutes and clocks.REAL_MONOTONIC() - began > arguments.minutes * 60:
                return
            yield from (Job(name, seed) for name in names)

    for outcome in play(jobs(), arguments.jobs, verbose=arguments.verbose and arguments.seed is not None):
        table.add(outcome)
        if arguments.traces or arguments.seed is not None:
            print(f"{outcome.scenario} {outcome.seed} ({outcome.profile}): trace {outcome.trace}", flush=True)
        for kind, sentence in outcome.wrong:
            print(f'--scenario "{outcome.scenario}" --seed {outcome.seed}  {kind}: {sentence}', flush=True)
    print(table)
    asked = len(seeds) * len(names)
    short = f" of {asked}, as the time was over" if table.seeds < asked else ""
    print(f"{table.seeds} seeds{short} in {clocks.REAL_MONOTONIC() - began:.0f} s, {table.failed} of them failed")
    return 1 if table.failed else 0


if __name__ == "__main__":
    sys.exit(main())

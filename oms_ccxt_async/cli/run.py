"""`oms-ccxt run`: a program that was written for ccxt, in a Python whose ccxt has the OMS's classes in it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from oms_ccxt_async.cli.exchanges import unknown

__all__ = ["run"]

_IGNORING = {"E", "I", "S"}
"""Python's flags by which it reads neither PYTHONPATH nor what stands there."""


def run(program: Sequence[str], *, as_: Sequence[str], allow: Sequence[str], config: Path | None) -> NoReturn:
    """Become `python PROGRAM...`: arguments, exit code, signals, tracebacks and sys.path are Python's own.

    Args:
        program: what stands after `python` on a command line.
        as_: ids of exchanges that the OMS stands in for, beside those of the file.
        allow: ids of exchanges where the program may really trade, past the OMS.
        config: the file of accounts, as `docs/drop_in.md` describes it; None: the one that OMS_CCXT_CONFIG names.
    """
    if ignoring := _IGNORING & _flags(program):
        sys.exit(
            f"oms-ccxt run: python -{min(ignoring)} would start the program without the OMS, and its orders would go "
            "to the exchange itself; leave it out"
        )
    path = str(config.resolve()) if config else os.environ.get("OMS_CCXT_CONFIG")
    ids = ["oms", *as_]
    environ = dict(os.environ)
    if path:
        from oms_ccxt_async.dropin.accounts import read_accounts

        try:
            ids += [account.as_ for account in read_accounts(path)]
        except ValueError as error:
            sys.exit(f"oms-ccxt run: {error}")
        environ["OMS_CCXT_CONFIG"] = path
    for each in (*ids, *allow):
        if each != "oms" and (why := unknown(each)):
            print(f"oms-ccxt run: {why}", file=sys.stderr)
            sys.exit(2)
    if both := set(ids) & set(allow):
        sys.exit(f"oms-ccxt run: the OMS stands in for {min(both)}: to --allow it, too, makes no sense")
    environ["OMS_CCXT_AS"] = ",".join(dict.fromkeys(ids))
    environ["OMS_CCXT_ALLOW"] = ",".join(dict.fromkeys(allow))
    startup = str(Path(__file__).with_name("startup"))
    environ["PYTHONPATH"] = os.pathsep.join(filter(None, [startup, environ.get("PYTHONPATH")]))
    os.execve(sys.executable, [sys.executable, *program], environ)  # noqa: S606 - what the user asked for


def _flags(program: Sequence[str]) -> set[str]:
    """The one-letter flags of Python before its program."""
    flags: set[str] = set()
    words = iter(program)
    for word in words:
        if not word.startswith("-") or word in ("-", "--"):
            break
        if word == "--check-hash-based-pycs":
            next(words, None)
        if word.startswith("--"):
            continue
        for at, letter in enumerate(word[1:], 2):
            if letter in "cm":
                return flags
            if letter in "WX":  # the rest is what it takes, or the next word
                if at == len(word):
                    next(words, None)
                break
            flags.add(letter)
    return flags

"""What the docs say that the code says: options, commands, methods, errors, and llms.txt.

`python -m tests.docs.reference` (`make reference`) writes it between the marks of the pages; a test holds it there.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from pathlib import Path
from typing import Any, get_type_hints

import ccxt
import ccxt.async_support
import typer
from typer.cli import get_docs_for_click
from typer.main import get_command

from oms_ccxt_async import errors, evidence
from oms_ccxt_async.cli.app import app
from oms_ccxt_async.exchange import capabilities
from oms_ccxt_async.wire.gateway import PASSED_THROUGH
from oms_ccxt_async.wire.settings import Options
from oms_ccxt_pro import capabilities as streaming
from oms_ccxt_pro.exchange import oms

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs"
MARKED = re.compile(r"(<!-- python -m tests\.docs\.reference: (\w+) -->\n)(.*?)(<!-- end of \2 -->)", re.DOTALL)


def rows(head: str, cells: Iterator[tuple[str, ...]]) -> str:
    """A table in Markdown; `head` has its columns, apart by `|`."""
    line = "|".join("---" for _ in head.split("|"))
    return "".join([f"| {head} |\n|{line}|\n", *(f"| {' | '.join(each)} |\n" for each in cells)])


def plain(text: str) -> str:
    """A text that is one cell."""
    return " ".join(text.split()).replace("|", "\\|")


def meanings(shape: type) -> Iterator[tuple[list[str], str]]:
    """What the docstring of a dataclass says of its attributes: the names of each line, and what it says."""
    _, found, text = inspect.cleandoc(shape.__doc__ or "").partition("Attributes:\n")
    for entry in re.split(r"\n(?=    \w)", text) if found else []:
        names, _, meaning = entry.partition(":")
        yield [name.strip() for name in names.split(",")], plain(meaning)


def default(option: Field[Any]) -> str:
    """A default as the table has it: JSON's words, and none."""
    value = {} if option.default is MISSING else option.default
    return "none" if value is None else str(value).lower() if isinstance(value, bool) else f"{value}"


def described(shape: type, group: str = "") -> Iterator[tuple[str, ...]]:
    """Every field of a dataclass of options, with its groups' fields below it.

    Raises:
        LookupError: the docstring leaves one out, or has one that is none.
    """
    named, hints = {option.name: option for option in fields(shape)}, get_type_hints(shape)
    told = [name for names, _ in meanings(shape) for name in names]
    if sorted(told) != sorted(named):
        raise LookupError(f"the attributes in the docstring of {shape.__name__} are not its fields: {told}")
    for names, meaning in meanings(shape):
        shown = ", ".join(f'`{group}["{name}"]`' if group else f"`{name}`" for name in names)
        yield shown, ", ".join(default(named[name]) for name in names), meaning
        for name in names:
            if is_dataclass(hints[name]):
                yield from described(hints[name], name)


def options() -> str:
    """The options of the three classes."""
    return rows("option | default | meaning", described(Options))


def streams() -> str:
    """The options of the streams."""
    read: Any = oms._groups["ws"]  # a class method of the settings
    return rows("option | default | meaning", described(read.__self__))


def commands() -> str:
    """Every command with its arguments and options, as typer tells them."""
    command = get_command(app)
    text = get_docs_for_click(obj=command, ctx=typer.Context(command, info_name="oms-ccxt"), name="oms-ccxt")
    text = re.sub(r"^\* `--(help|install-completion|show-completion)`.*\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"\*\*Options\*\*:\n\n(?!\*)", "", text)
    text = re.sub(r"\*\*Commands\*\*:\n\n(\*.*\n)+\n?", "", text)
    return text.replace("```console\n$ ", "```text\n").partition("\n\n")[2].strip() + "\n"


def by_gateway() -> dict[str, str]:
    """The unified methods that the exchange behind the account answers, and when there is an answer."""
    always = capabilities.OMS_METHODS | streaming.STREAMS
    asked = [*map(capabilities.camel_case, PASSED_THROUGH), "fetchBalance", "fetchL2OrderBook"]
    found = {name: "always" if name in always else "where ccxt's class for it has it" for name in asked}
    for name, needed in streaming.of_exchange.__globals__["_OF_EXCHANGE"].items():
        found[name] = f"where ccxt's class for it has {' or '.join(f'`{each}`' for each in needed)}"
    found |= {name: "always" for name in streaming.STREAMS if name.removesuffix("Ws") in found}
    return found


def by_oms() -> dict[str, str]:
    """The unified methods that the OMS answers, and which classes have them."""
    known = capabilities.OMS_METHODS | {name: each for name, each in streaming.STREAMS.items() if name != "ws"}
    return {
        name: "all three" if name in capabilities.OMS_METHODS else "pro, sync"
        for name in known
        if name not in by_gateway()
    }


def absent() -> list[str]:
    """What ccxt's `has` names and no class of ours does."""
    has: Mapping[str, Any] = ccxt.async_support.Exchange().has
    ours = by_oms() | by_gateway()
    return sorted(name for name in has if name not in ours and re.search("[a-z][A-Z][a-z]", name))


def oms_methods() -> str:
    """What the OMS answers."""
    return rows("method | classes", ((f"`{name}`", classes) for name, classes in sorted(by_oms().items())))


def gateway_methods() -> str:
    """What the exchange behind the account answers."""
    pro = streaming.STREAMS | streaming.of_exchange({})
    cells = ((f"`{name}`", when, "pro, sync" if name in pro else "all three") for name, when in by_gateway().items())
    return rows("method | there | classes", iter(sorted(cells)))


def absent_methods() -> str:
    """What is not there."""
    return ", ".join(f"`{name}`" for name in absent()) + ".\n"


def exceptions() -> str:
    """Every class of exception with what it means."""
    classes = [getattr(errors, name) for name in errors.__all__]
    found = [each for each in classes if inspect.isclass(each) and issubclass(each, errors.OmsError)]
    order = sorted((each for each in found if each is not errors.OmsError), key=lambda each: each.__name__)
    cells = ((f"`{each.__name__}`", kin(each), plain((each.__doc__ or "").split("\n\n")[0])) for each in order)
    return rows("exception | is a | it means", cells)


def kin(error: type) -> str:
    """The branch of ccxt's tree that programs catch it by."""
    branches = (ccxt.ExchangeError, ccxt.NetworkError, ccxt.OperationFailed, ccxt.BaseError)
    return f"`ccxt.{next(each.__name__ for each in branches if issubclass(error, each))}`"


def ruled(rule: evidence.Rule) -> tuple[str, str, str]:
    """How one kind of answer is raised, in cells."""
    return f"`{rule.error.__name__}`", rule.fate.value, plain(rule.hint)


def codes() -> str:
    """The OMS's codes."""
    return rows(
        "the OMS's code | exception | the request was | what to do",
        ((f"`{code}`", *ruled(rule)) for code, rule in sorted(evidence.CODES.items())),
    )


def statuses() -> str:
    """Statuses where the body says nothing."""
    return rows(
        "status | exception | the request was | what to do",
        ((str(status), *ruled(rule)) for status, rule in sorted(evidence.BY_STATUS.items())),
    )


def words() -> str:
    """What the exchange said, by the class that ccxt's table has for it."""
    hints: Mapping[type[ccxt.BaseError], str] = evidence._HINTS
    return rows(
        "exception | what to do",
        ((f"`{error.__name__}`", plain(hint)) for error, hint in sorted(hints.items(), key=lambda each: str(each[0]))),
    )


PARTS: dict[str, Callable[[], str]] = {
    part.__name__: part
    for part in (
        absent_methods,
        codes,
        commands,
        exceptions,
        gateway_methods,
        oms_methods,
        options,
        statuses,
        streams,
        words,
    )
}


def written(text: str) -> str:
    """A page with its made parts made anew."""
    return MARKED.sub(lambda part: f"{part[1]}{PARTS[part[2]]()}{part[4]}", text)


def marked_pages() -> dict[Path, str]:
    """The pages with made parts, as they should be."""
    pages = {path: path.read_text() for path in sorted(DOCS.rglob("*.md"))}
    return {path: written(text) for path, text in pages.items() if MARKED.search(text)}


if __name__ == "__main__":
    for path, text in marked_pages().items():
        path.write_text(text)

"""What is written of the code into the docs is what the code says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from oms_ccxt_async import oms
from oms_ccxt_async.instrumentation.prometheus import PrometheusHook
from oms_ccxt_async.wire.settings import ENVIRONMENT
from tests.docs import reference
from tests.docs.reference import DOCS, PARTS, ROOT


@pytest.mark.parametrize("page", reference.marked_pages(), ids=lambda path: path.name)
def test_is_as_the_code_says(page: Path) -> None:
    """The made parts of a page are those that `make reference` writes."""
    assert page.read_text() == reference.marked_pages()[page]


def test_every_part_is_somewhere() -> None:
    """No part is made that no page has."""
    marked = [part for path in reference.marked_pages() for _, part, *_ in reference.MARKED.findall(path.read_text())]
    assert sorted(marked) == sorted(PARTS)


def test_an_option_without_a_meaning_is_told() -> None:
    """A field that the docstring does not describe is an error, and so is a description of nothing."""

    @dataclass
    class Half:
        """A group.

        Attributes:
            told: what it is.
        """

        told: int = 1
        forgotten: int = 2

    with pytest.raises(LookupError, match="Half"):
        list(reference.described(Half))


def test_who_answers_is_what_has_says() -> None:
    """Of every method that `has` knows before the account is, the tables know the answerer; no method has two."""
    ours, theirs = reference.by_oms(), reference.by_gateway()
    assert not set(ours) & set(theirs)
    assert not set(reference.absent()) & (set(ours) | set(theirs))
    exchange = oms()
    known = {name for name, value in exchange.has.items() if value and re.search("[a-z][A-Z]", name)}
    assert known <= set(ours) | set(theirs) | {"publicAPI", "privateAPI"}


def driver_source() -> str:
    """The driver's code, without the sandbox and the command line."""
    rooms = sorted(Path(ROOT / "oms_ccxt_async").rglob("*.py"))
    return "".join(room.read_text() for room in rooms if not {"sandbox", "cli"} & set(room.parts))


def test_environment() -> None:
    """Every environment variable that the driver and its commands read is described, and no other one."""
    text = (DOCS / "reference/configuration.md").read_text()
    read = set(re.findall(r'"(OMS_[A-Z_]+)"', driver_source()))
    assert set(re.findall(r"OMS_[A-Z_]+\b", text)) == read | set(re.findall(r"env var: (\w+)", reference.commands()))
    assert all(f'`options["{name}"]` | `{variable}`' in text for name, variable in ENVIRONMENT.items())


@pytest.mark.parametrize("page", ["docs/production.md", "docs/operations.md"])
def test_metrics(page: str) -> None:
    """Every metric that a page names is one of the hook's."""
    registry = CollectorRegistry()
    PrometheusHook(registry)
    known = {name for metric in registry.collect() for name in (metric.name, f"{metric.name}_total")}
    named = set(re.findall(r"oms_ccxt_(?!async|pro\b)\w+", (ROOT / page).read_text()))
    assert {re.sub("_(bucket|count|sum)$", "", name) for name in named} - known == set()


def test_words_of_troubleshooting() -> None:
    """What stands there as seen is what the driver says."""
    text = (DOCS / "troubleshooting.md").read_text()
    source = driver_source()
    seen = re.findall(r"^\| `([a-z][^`]+ [^`]+)` \|", text, re.MULTILINE)
    assert len(seen) >= 10
    assert [words for words in seen if words not in re.sub(r'"\s*\n\s*f?"', "", source)] == []

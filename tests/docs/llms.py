"""docs/llms.txt, for programs that read: every page with what it is about. `python -m tests.docs.llms` writes it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def about(path: Path) -> tuple[str, str]:
    """A page's title, and its first sentence."""
    text = re.sub(r"<!--.*?-->\n?", "", path.read_text(), flags=re.DOTALL)
    title, _, rest = text.partition("\n")
    prose = re.sub(r"^```.*?^```", "", rest, flags=re.DOTALL | re.MULTILINE)
    paragraphs = [each for each in re.split(r"\n\s*\n", prose.strip()) if re.match(r"[A-Z`\[]", each)]
    first = " ".join(paragraphs[0].split()) if paragraphs else ""
    sentence = re.match(r".*?\.(?= |$)", first)
    plain = re.sub(r"\[(.*?)\]\(.*?\)", r"\1", sentence[0] if sentence else first)
    return title.removeprefix("# ").replace("`", ""), plain.rstrip(":.") + "."


def lines() -> Iterator[str]:
    """Section by section of the navigation, the pages that stand in docs/."""
    yield "# oms-ccxt\n\n> A CCXT driver for trading desks that run their own order management system (OMS).\n"
    nav = (ROOT / "mkdocs.yml").read_text().partition("\nnav:\n")[2]
    for section in re.split(r"\n  - (?=\w)", "\n" + nav):
        title, _, entries = section.strip().partition(":")
        pages = [ROOT / "docs" / name for name in re.findall(r"- ([\w/]+\.md)", entries)]
        there = [page for page in pages if page.exists()]
        if there:
            yield f"\n## {title}\n\n"
        for page in there:
            name, sentence = about(page)
            yield f"- [{name}]({page.relative_to(ROOT / 'docs').as_posix()}): {sentence}\n"


def text() -> str:
    """The whole file."""
    return "".join(lines())


if __name__ == "__main__":
    (ROOT / "docs/llms.txt").write_text(text())

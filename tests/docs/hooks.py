"""What mkdocs is told beyond mkdocs.yml: pages of the repository's root, the examples, and each page as it is written.

Links between Markdown files are those of the repository, where a person without the site follows them. In the site a
file of the root is a page (`CHANGELOG.md` is `changelog.md`, the README is the front page), an example is one, too.
"""

from __future__ import annotations

import json
import posixpath
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from tests.docs.llms import ROOT

LINK = re.compile(r"(?<=\]\()(?!\w+:)([^)#\s]+)(?=[)#])")
WHOLE = re.compile(r"(?<!!)\[([^\]]+)\]\((?!\w+:|#)([^)#\s]+)(?:#[^)]*)?\)")


def pages() -> dict[str, Path]:
    """What the site has beside docs/: the page, and the file of the repository that it is made of."""
    root = {path.name.lower(): path for path in ROOT.glob("*.md") if path.name != "README.md"}
    examples = {path.relative_to(ROOT).with_suffix(".md").as_posix(): path for path in examples_of(ROOT)}
    return {"index.md": ROOT / "README.md", "examples/index.md": ROOT / "examples/README.md", **root, **examples}


def examples_of(root: Path) -> list[Path]:
    """The examples: programs, notebooks, and what they are configured with."""
    return sorted(path for kind in ("py", "ipynb", "json") for path in root.glob(f"examples/**/*.{kind}"))


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """The navigation, with the examples."""
    there = pages()

    def kept(entries: list[Any]) -> Iterator[Any]:
        for entry in entries:
            if isinstance(entry, dict):
                [(title, value)] = entry.items()
                if value == "examples/":
                    value = [page for page in there if page.startswith("examples/")]
                yield {title: list(kept(value)) if isinstance(value, list) else value}
            else:
                yield entry

    config.nav = list(kept(config.nav or []))
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """The files of the site, with those that do not stand in docs/."""
    for page, path in pages().items():
        files.append(File.generated(config, page, content=content_of(path)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """A page with links to pages of the site where they are links to files of the repository."""
    here = source_of(page.file.src_uri)
    there = {path: name for name, path in pages().items()}

    def lead(link: re.Match[str]) -> str:
        target = Path(posixpath.normpath(here.parent / link[1]))
        name = there.get(target)
        if name is None:
            if not target.is_relative_to(ROOT / "docs"):
                return link[1]
            name = target.relative_to(ROOT / "docs").as_posix()
        return posixpath.relpath(name, posixpath.dirname(page.file.src_uri) or ".")

    def kept(link: re.Match[str]) -> str:
        """A link, or the text of one to a file of the repository that is no page."""
        target = Path(posixpath.normpath(here.parent / link[2]))
        outside = target not in there and not target.is_relative_to(ROOT / "docs")
        return link[1] if outside and target.exists() else link[0]

    return LINK.sub(lead, WHOLE.sub(kept, markdown))


def on_post_build(config: MkDocsConfig) -> None:
    """Beside every page stands its Markdown, for programs that read (llms.txt names them)."""
    for path in (ROOT / "docs").rglob("*.md"):
        target = Path(config.site_dir) / path.relative_to(ROOT / "docs")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)


def source_of(page: str) -> Path:
    """The file of the repository that a page is made of."""
    return pages().get(page, ROOT / "docs" / page)


def content_of(path: Path) -> str:
    """A file of the repository as Markdown."""
    text = path.read_text()
    if path.suffix in (".py", ".json"):
        language = {".py": "python"}.get(path.suffix, "json")
        return f"# {path.name}\n\n```{language}\n{text}```\n"
    if path.suffix == ".ipynb":
        cells = json.loads(text)["cells"]
        return "\n\n".join(
            "".join(cell["source"]) if cell["cell_type"] == "markdown" else f"```python\n{''.join(cell['source'])}\n```"
            for cell in cells
        )
    return text

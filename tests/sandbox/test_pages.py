"""The pages for people."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import aiohttp
import pytest

from oms_ccxt_async.sandbox import Sandbox
from oms_ccxt_async.sandbox.pages import docs_page, home_page


class Links(HTMLParser):
    """Collects the tags of a page, what they lead to, and the ids to which they may lead."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.targets: list[str] = []
        self.ids: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.append(tag)
        self.targets += [value or "" for name, value in attrs if name in ("href", "src", "action")]
        self.ids += [value or "" for name, value in attrs if name == "id"]


@pytest.mark.parametrize("profile", ["full", "legacy"])
async def test_pages_need_nothing_from_elsewhere(profile: str) -> None:
    """`/` and `/docs` are whole as they are: no script, no address but the server's own, links that lead somewhere."""
    async with Sandbox(profile=profile, volatility=0) as sandbox, aiohttp.ClientSession(sandbox.url) as session:  # type: ignore[arg-type]
        for path in ("/", "/docs"):
            async with session.get(path) as response:
                assert (response.status, response.content_type) == (200, "text/html")
                page = await response.text()
            links = Links(page)
            assert not {"script", "iframe", "img", "form"} & set(links.tags)
            for target in links.targets:
                assert target.startswith(("/", "#", "data:,")), target
                assert not target.startswith("#") or target[1:] in links.ids
            for target in {each for each in links.targets if each.startswith("/")}:
                async with session.get(target) as response:
                    assert response.status == 200
            assert not re.search(r"url\(|@import|//(?!127)", page.replace(f"{sandbox.url}", ""))
            assert not any(key in page for key in sandbox.keys.values())


async def test_docs_have_every_endpoint() -> None:
    """Each path of the OpenAPI document stands on the page with its verb."""
    async with Sandbox(volatility=0) as sandbox, aiohttp.ClientSession(sandbox.url) as session:
        async with session.get("/openapi.json") as response:
            schema = await response.json()
        async with session.get("/docs") as response:
            page = await response.text()
    for path, verbs in schema["paths"].items():
        for verb in verbs:
            assert f'<span class="verb">{verb.upper()}</span> <code>{path}</code>' in page


def test_nothing_is_taken_for_html() -> None:
    """A name with HTML in it is shown, not obeyed; the page says which OMS it is."""
    bad = '"><script>x</script>'
    schema = {"paths": {bad: {"get": {"description": bad}}}, "components": {"schemas": {bad: {"type": bad}}}}
    assert "<script" not in docs_page(schema)
    assert "<script" not in home_page(f"http://{bad}", full=False)
    assert "legacy OMS" in home_page("http://x", full=False)

"""The two pages for people, `/` and `/docs`: HTML without scripts, that needs nothing from elsewhere."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from typing import Any

__all__ = ["docs_page", "home_page"]

STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8882; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
code, pre { font: 14px/1.45 ui-monospace, monospace; background: var(--soft); border-radius: 4px; padding: .1em .3em; }
pre { padding: .7em 1em; overflow-x: auto; }
details { border: 1px solid var(--line); border-radius: 6px; margin: .4rem 0; padding: .3rem .8rem; }
summary { cursor: pointer; overflow-wrap: anywhere; }
.verb { display: inline-block; min-width: 4.2em; font-weight: 700; }
table { border-collapse: collapse; } td, th { text-align: left; padding: .15rem 1rem .15rem 0; vertical-align: top; }
"""


def home_page(url: str, *, full: bool) -> str:
    """What this server is and where to go from here.

    Args:
        url: the server's own address, as the browser has it.
        full: whether it is a full OMS.
    """
    what = "a full OMS" if full else "a legacy OMS, without the extensions of the contract"
    exports = f"export OMS_BASE_URL={url}\nexport OMS_API_KEY=...     # one of the keys that it printed\n"
    exports += "export OMS_ACCOUNT_ID=2"
    body = f"""
<h1>The oms-ccxt sandbox</h1>
<p>This is {what} on paper money: an order management system with a simulated exchange behind it, for trying out
programs that trade. It is run by <code>oms-ccxt sandbox</code>, and is meant for programs. For people there are:</p>
<ul>
<li><a href="/docs">/docs</a>: every endpoint, with its parameters and shapes (<a href="/openapi.json">as JSON</a>)</li>
<li><a href="/healthz">/healthz</a>: whether it is well, and what it can do</li>
<li><code>oms-ccxt dashboard --open</code>: a page with chart, orders, fills, positions and profit of an account</li>
<li><code>oms-ccxt watch</code>: the same on a terminal</li>
</ul>
<p>Both commands, and every program, are pointed here by three variables:</p>
<pre>{escape(exports)}</pre>
"""
    return _page("oms-ccxt sandbox", body)


def docs_page(schema: Mapping[str, Any]) -> str:
    """Every endpoint of an OpenAPI document."""
    parts = [
        "<h1>Endpoints of this OMS</h1>",
        "<p>The key goes into the header <code>x-api-key</code>. The same as JSON: "
        '<a href="/openapi.json">/openapi.json</a>.</p>',
    ]
    for path, verbs in schema.get("paths", {}).items():
        for verb, operation in verbs.items():
            parts.append(_endpoint(path, verb, operation))
    parts.append("<h2>Shapes</h2>")
    for name, shape in sorted(schema.get("components", {}).get("schemas", {}).items()):
        text = escape(json.dumps(shape, indent=2))
        anchor = escape(name, quote=True)
        parts.append(f'<details id="{anchor}"><summary>{escape(name)}</summary><pre>{text}</pre></details>')
    return _page("oms-ccxt sandbox: endpoints", "\n".join(parts))


def _endpoint(path: str, verb: str, operation: Mapping[str, Any]) -> str:
    head = f'<span class="verb">{escape(verb.upper())}</span> <code>{escape(path)}</code>'
    said = escape(str(operation.get("description") or operation.get("summary") or ""))
    rows = ""
    for each in operation.get("parameters", ()):
        need = "required" if each.get("required") else ""
        kind = _kind(each.get("schema", {}))
        rows += f"<tr><td><code>{escape(each['name'])}</code></td><td>{escape(each['in'])}</td>"
        rows += f"<td>{kind}</td><td>{need}</td></tr>"
    table = f"<table><tr><th>Parameter</th><th>in</th><th>type</th><th></th></tr>{rows}</table>" if rows else ""
    shapes = ""
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    if body:
        shapes += f"<p>Body: {_kind(body)}</p>"
    good = operation.get("responses", {}).get("200", {}).get("content", {}).get("application/json", {}).get("schema")
    if good:
        shapes += f"<p>Answer: {_kind(good)}</p>"
    return f"<details><summary>{head}</summary><p>{said}</p>{table}{shapes}</details>"


def _kind(schema: Mapping[str, Any]) -> str:
    """A schema in a few words; shapes with a name are links."""
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        return f'<a href="#{escape(name, quote=True)}">{escape(name)}</a>'
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return " or ".join(_kind(each) for each in schema[several])
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    return escape(str(schema.get("type", "anything")))


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f"<style>{STYLE}</style></head><body><main>{body}</main></body></html>"
    )

"""/docs: the API reference as one plain page, made from the OpenAPI document.

FastAPI's own pages load scripts from another host, which this service asks of nobody's browser; this one needs neither
script nor network. What may not live here: anything but turning the document into HTML.
"""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Iterable, Iterator
from typing import Any

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1d2733; }
h2 { border-bottom: 1px solid #c9d1d9; margin-top: 2.5rem; }
h3 { margin: 1.8rem 0 .3rem; }
code { background: #f2f4f7; padding: .1rem .3rem; border-radius: .2rem; }
table { border-collapse: collapse; width: 100%; }
code, td, p, h3 { overflow-wrap: anywhere; }
nav ul { padding-left: 1.2rem; }
@media (min-width: 60rem) { nav ul { columns: 2; } }
@media (max-width: 40rem) {
  tr { display: block; padding: .3rem 0; border-bottom: 1px solid #c9d1d9; }
  td { display: block; border: 0; padding: .05rem 0; }
  th { display: none; }
}
a { color: #0b5d8a; }
td, th { text-align: left; vertical-align: top; padding: .25rem .6rem .25rem 0; border-bottom: 1px solid #e4e8ec; }
@media (prefers-color-scheme: dark) {
  :root { color-scheme: dark; }
  body { background: #10161c; color: #e8edf2; }
  a { color: #7cc4ec; }
  code { background: #18212a; }
  h2, td, th { border-color: #36434f; }
}
"""
POLICY = (
    f"default-src 'none'; style-src 'sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The content security policy of these pages: this one style, by its hash, and nothing else."""

FIRST = ("uploads", "activities", "history", "athletes", "triage", "webhooks", "events", "sync services", "operation")
"""The tags in the order in which somebody who begins needs them."""


def escaped(text: object) -> str:
    """Text for HTML."""
    return html.escape(str(text))


def page(title: str, body: str) -> str:
    """A whole page."""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escaped(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body>{body}</body></html>'
    )


def html_page(document: dict[str, Any]) -> str:
    """The reference of an OpenAPI document: what there is, the routes by tag, then schemas."""
    info = document["info"]
    head = (
        f"<h1>{escaped(info['title'])} {escaped(info['version'])}</h1><p>{escaped(info.get('description', ''))}</p>"
        '<p>For programs: <a href="/openapi.json">openapi.json</a></p>'
    )
    tags: dict[str, list[str]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            tags.setdefault(operation.get("tags", ["other"])[0], []).append(_operation(method, path, operation))
    parts = [head, _contents(document, tags)]
    parts += [f'<h2 id="{_anchor(tag)}">{escaped(tag)}</h2>{"".join(tags[tag])}' for tag in _in_order(tags)]
    schemas = document.get("components", {}).get("schemas", {})
    parts += ['<h2 id="schemas">Schemas</h2>', *(_schema(name, schema) for name, schema in sorted(schemas.items()))]
    return page(f"{info['title']} API", "".join(parts))


def _in_order(tags: Iterable[str]) -> list[str]:
    """What people come for first, then the others as they stand."""
    return sorted(tags, key=lambda tag: FIRST.index(tag) if tag in FIRST else len(FIRST))


def _anchor(tag: str) -> str:
    return f"tag-{escaped(tag.replace(' ', '-'))}"


def _contents(document: dict[str, Any], tags: Iterable[str]) -> str:
    links: dict[str, list[str]] = {tag: [] for tag in tags}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            link = f'<a href="#{escaped(operation["operationId"])}"><code>{method.upper()} {escaped(path)}</code></a>'
            links[operation.get("tags", ["other"])[0]].append(f"<li>{link}</li>")
    listed = "".join(
        f'<p><a href="#{_anchor(tag)}">{escaped(tag)}</a></p><ul>{"".join(links[tag])}</ul>' for tag in _in_order(links)
    )
    return f'<nav aria-label="Contents"><h2>Contents</h2>{listed}<p><a href="#schemas">Schemas</a></p></nav>'


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    rows = "".join(_parameters(operation))
    table = f"<table><tr><th>parameter</th><th>in</th><th>type</th><th></th></tr>{rows}</table>" if rows else ""
    return (
        f'<h3 id="{escaped(operation["operationId"])}"><code>{method.upper()} {escaped(path)}</code></h3>'
        f"<p>{escaped(operation.get('description', ''))}</p>{table}{_bodies(operation)}{_answers(operation)}"
    )


def _parameters(operation: dict[str, Any]) -> Iterator[str]:
    for one in operation.get("parameters", ()):
        description = one.get("description") or one["schema"].get("description", "")
        yield _row(
            f"<code>{escaped(one['name'])}</code>", escaped(one["in"]), _type(one["schema"]), escaped(description)
        )


def _bodies(operation: dict[str, Any]) -> str:
    content = operation.get("requestBody", {}).get("content", {})
    return "".join(f"<p>Body: {escaped(kind)} {_type(spec.get('schema', {}))}</p>" for kind, spec in content.items())


def _answers(operation: dict[str, Any]) -> str:
    lines = []
    for status, answer in operation["responses"].items():
        kinds = [f"{escaped(kind)} {_type(spec.get('schema', {}))}" for kind, spec in answer.get("content", {}).items()]
        lines.append(_row(escaped(status), escaped(answer["description"]), ", ".join(kinds)))
    return f"<table>{''.join(lines)}</table>"


def _row(*cells: str) -> str:
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _schema(name: str, schema: dict[str, Any]) -> str:
    rows = "".join(
        _row(f"<code>{escaped(field)}</code>", _type(spec), escaped(spec.get("description", "")))
        for field, spec in schema.get("properties", {}).items()
    )
    return (
        f'<h3 id="schema-{escaped(name)}">{escaped(name)}</h3><p>{escaped(schema.get("description", ""))}</p>'
        f"<table>{rows}</table>"
    )


def _type(schema: dict[str, Any]) -> str:
    """A schema in a few words: a link to a named one, else its type, bounds and words."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f'<a href="#schema-{escaped(name)}">{escaped(name)}</a>'
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    if "enum" in schema:
        return " | ".join(f"<code>{escaped(word)}</code>" for word in schema["enum"])
    bounds = [
        f"{sign} {schema[name]}"
        for name, sign in (("minimum", "≥"), ("exclusiveMinimum", "&gt;"), ("maximum", "≤"), ("maxLength", "length ≤"))
        if name in schema
    ]
    return escaped(schema.get("type", "any")) + (f" ({', '.join(bounds)})" if bounds else "")

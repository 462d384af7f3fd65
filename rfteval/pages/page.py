"""The skeleton of every page: head, style, scripts, and a policy under which nothing else can run or be fetched.

The policy names the page's own style and script by their hashes and allows pictures only as data. A script may not
turn text into markup either (trusted types), so that even a slip of ours cannot run what a model wrote.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from markupsafe import Markup

from rfteval.pages.embedding import json_pieces

if TYPE_CHECKING:
    from jinja2 import Environment

STYLES = ("base.css",)
_HALF = re.compile("[\ud800-\udfff]")  # half a surrogate pair, which no encoding has a place for

_BLOCKS = "<!-- data -->"  # where the data goes; no text can hold this, being escaped


def render_page(
    *,
    title: str,
    body: Markup,
    blocks: Mapping[str, object] | None = None,
    scripts: Sequence[str] = (),
    styles: Sequence[str] = STYLES,
    forms: bool = False,
) -> str:
    """As `page_pieces`, in one text."""
    return "".join(page_pieces(title=title, body=body, blocks=blocks, scripts=scripts, styles=styles, forms=forms))


def page_pieces(
    *,
    title: str,
    body: Markup,
    blocks: Mapping[str, object] | None = None,
    scripts: Sequence[str] = (),
    styles: Sequence[str] = STYLES,
    forms: bool = False,
) -> Iterator[str]:
    """A whole page, in parts. `blocks` are embedded as JSON under their names; `scripts` and `styles` name our files.

    `forms` lets a form be sent to where the page came from.
    """
    style = static(*styles)
    script = _closed(static(*scripts)) if scripts else ""
    page = render(
        "page.html",
        title=title,
        policy=policy(style, script, forms=forms),
        style=Markup(style),
        script=Markup(script),
        body=body,
        blocks=Markup(_BLOCKS),
    )
    before, _, after = _HALF.sub("\ufffd", page).partition(_BLOCKS)
    # The data is most of a page, and is put into it here: every step it took would be another copy of it.
    yield before
    for name, value in (blocks or {}).items():
        yield from json_pieces(name, value)
    yield after


def policy(style: str, script: str, *, forms: bool) -> str:
    """The content security policy of a page with this style and script."""
    rules = (
        "default-src 'none'",
        "img-src data:",
        f"style-src {_source(style)}",
        f"script-src {_source(script)}" if script else "script-src 'none'",
        "base-uri 'none'",
        f"form-action {chr(39)}{'self' if forms else 'none'}{chr(39)}",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
    return "; ".join(rules)


def render(name: str, **values: object) -> Markup:
    """A template of ours with `values`, each of them escaped unless it is markup already."""
    return Markup(_environment().get_template(name).render(**values))


def static(*names: str) -> str:
    """Our static files, one after the other."""
    folder = resources.files("rfteval.pages") / "static"
    return "".join((folder / name).read_text(encoding="utf-8") for name in names)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    from rfteval.pages.charts import share_bar
    from rfteval.pages.wording import count, percent, points, share

    environment = Environment(
        loader=PackageLoader("rfteval.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(percent=percent, share=share, count=count, points=points)
    environment.globals.update(share_bar=share_bar)
    return environment


def _closed(script: str) -> str:
    """The scripts in a scope of their own: nothing of them is reachable by name from the page."""
    return f'(() => {{\n"use strict";\n{script}}})();\n'


def _source(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"

"""Data inside a page: a JSON block that no text can break out of, written for scripts and read back by us. Pure."""

from __future__ import annotations

import json
import re

from markupsafe import Markup, escape

# "<" could end the element or open a comment, ">" and "&" go with it; the two line separators end a line in scripts of
# before 2019; half a surrogate pair has no encoding. Inside JSON all of them only stand in strings, where \u is read.
_UNSAFE = re.compile("[<>&\u2028\u2029\ud800-\udfff]")


def json_block(name: str, value: object) -> Markup:
    """`value` as a script element that is data, not code, with the id "data-NAME". Raises ValueError for a NaN."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    safe = _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    return Markup(f"{_opening(name)}{safe}</script>")


def read_block(page: str, name: str) -> object:
    """The value of the block `name` in a page of ours. Raises ValueError where there is none, or it is damaged."""
    _, opening, rest = page.partition(_opening(name))
    text, closing, _ = rest.partition("</script>")
    if not (opening and closing):
        raise ValueError(f"no block {name!r}")
    return json.loads(text)


def _opening(name: str) -> str:
    return f'<script type="application/json" id="data-{escape(name)}">'

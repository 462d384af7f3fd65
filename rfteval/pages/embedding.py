"""Data inside a page: a JSON block that no text can break out of, written for scripts and read back by us. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping

from markupsafe import escape

# "<" could end the element or open a comment, ">" and "&" go with it; the two line separators end a line in scripts of
# before 2019; half a surrogate pair has no encoding. Inside JSON all of them only stand in strings, where \u is read.
# What is beyond 16 bits is escaped for us: one such character makes a text of Python four bytes wide throughout.
_UNSAFE = re.compile("[<>&\u2028\u2029\ud800-\udfff\U00010000-\U0010ffff]")


def json_block(name: str, value: object) -> str:
    """`value` as a script element that is data, not code, with the id "data-NAME". Raises ValueError for a NaN."""
    return "".join(json_pieces(name, value))


def json_pieces(name: str, value: object) -> Iterator[str]:
    """As `json_block`, in parts. An iterator inside a mapping is written as a list, and read as it is written."""
    yield _opening(name)
    yield from _pieces(value)
    yield "</script>"


def _pieces(value: object) -> Iterator[str]:
    """The JSON in parts: of a mapping, the entries of its lists and mappings one by one, so that no part is large."""
    if not isinstance(value, Mapping):
        yield _safe(value)
        return
    opened = "{"
    for key, inner in value.items():
        yield f"{opened}{_safe(str(key))}:"
        opened = ","
        if isinstance(inner, (list, Iterator)):
            yield from _listed("[", map(_safe, inner), "]")
        elif isinstance(inner, Mapping):
            yield from _listed("{", (f"{_safe(str(name))}:{_safe(each)}" for name, each in inner.items()), "}")
        else:
            yield _safe(inner)
    yield "}" if value else "{}"


def _listed(before: str, parts: Iterable[str], after: str) -> Iterator[str]:
    yield before
    for number, part in enumerate(parts):
        if number:
            yield ","
        yield part
    yield after


def _safe(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return _UNSAFE.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[place : place + 2].hex()}" for place in range(0, len(units), 2))


def read_block(page: str, name: str) -> object:
    """The value of the block `name` in a page of ours. Raises ValueError where there is none, or it is damaged."""
    _, opening, rest = page.partition(_opening(name))
    text, closing, _ = rest.partition("</script>")
    if not (opening and closing):
        raise ValueError(f"no block {name!r}")
    return json.loads(text)


def _opening(name: str) -> str:
    return f'<script type="application/json" id="data-{escape(name)}">'

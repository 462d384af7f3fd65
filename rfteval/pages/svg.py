"""Elements of SVG and HTML as markup: escaped, with short numbers. Pure."""

from __future__ import annotations

from markupsafe import Markup, escape


def element(tag: str, *children: Markup | str, **attributes: object) -> Markup:
    """An element. `class_` is class, other underscores are hyphens; an attribute that is None is left out."""
    written = "".join(
        f' {_name(name)}="{escape(_value(value))}"' for name, value in attributes.items() if value is not None
    )
    inner = Markup("").join(children)
    return Markup(f"<{tag}{written}>{inner}</{tag}>")


def drawing(width: float, height: float, *children: Markup, label: str, **attributes: object) -> Markup:
    """An SVG picture that a screen reader announces as `label`, in a box of `width` by `height` units."""
    settings = {"class_": "chart", "role": "img", "aria_label": label, **attributes}
    return element("svg", *children, viewBox=f"0 0 {number(width)} {number(height)}", **settings)


def number(value: float) -> str:
    """At most two decimals, and no trailing zeros."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _name(name: str) -> str:
    return name if name == "viewBox" or name == "preserveAspectRatio" else name.rstrip("_").replace("_", "-")


def _value(value: object) -> str:
    return number(value) if isinstance(value, float) else str(value)

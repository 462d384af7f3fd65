"""The page of one run: headline, anatomy, groups, options, lengths, every sample, and what it was made with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import quote

from rfteval.images import file_bytes
from rfteval.pages.gallery import BLOCK, Gallery, build_gallery, gallery_of, pictures_of
from rfteval.pages.page import page_pieces, render
from rfteval.pages.panels.control import control
from rfteval.pages.panels.facts import facts
from rfteval.pages.panels.groups import groups
from rfteval.pages.panels.head import run_head
from rfteval.pages.panels.lengths import lengths, repeats
from rfteval.pages.panels.options import options
from rfteval.pages.panels.overview import overview
from rfteval.pages.panels.panel import Panel
from rfteval.report.files import PAGE_FILE
from rfteval.stored_run import StoredRun
from rfteval.types import Image

SCRIPTS = ("dom.js", "sample.js", "gallery.js", "run.js")
STYLES = ("base.css", "gallery.css")


def run_page(run: StoredRun, images: Mapping[str, Image] | None = None) -> str:
    """As `run_page_pieces`, in one text."""
    return "".join(run_page_pieces(run, images))


def run_page_pieces(run: StoredRun, images: Mapping[str, Image] | None = None) -> Iterator[str]:
    """The whole page in parts; `images` are pictures by digest, beside those that the run knows as files.

    Where a page of the run is there already, pictures that are nowhere else are taken from it.
    """
    known = {**run.pictures(), **(images or {})}
    at_hand = {digest for digest, image in known.items() if file_bytes(image)}
    gallery = build_gallery(run, known, {} if pictures_of(run) <= at_hand else _kept(run))
    made = (overview(run), control(run), groups(run, _link), options(run), lengths(run), repeats(run))
    panels = [panel for panel in (*made, _samples(gallery), facts(run)) if panel is not None]
    head = run_head(run)
    body = render("run.html", head=head, panels=panels, footer=_footer(run))
    yield from page_pieces(
        title=f"{head['benchmark']} {head['split']}: {head['model']}",
        body=body,
        blocks={
            BLOCK: gallery.data,
            "groups": {key: list(groups) for key, groups in run.report["breakdowns"].items()},
        },
        scripts=SCRIPTS,
        styles=STYLES,
    )


def _kept(run: StoredRun) -> Mapping[str, str]:
    try:
        return gallery_of((run.directory / PAGE_FILE).read_text(encoding="utf-8")).pictures
    except (OSError, ValueError):
        return {}


def _samples(gallery: Gallery) -> Panel:
    notes = []
    if gallery.left_out:
        notes.append(f"{gallery.left_out:,} responses did not fit on this page; those unscored or wrong come first.")
    if gallery.pictures_left_out:
        notes.append(f"{gallery.pictures_left_out:,} pictures did not fit on this page.")
    return Panel(id="samples", title="Samples", lead=" ".join(notes), body=render("samples.html"))


def _link(key: str, value: str) -> str:
    """The address that shows the samples of a group."""
    return f"#tag={quote(f'{key}:{value}', safe='', errors='replace')}"


def _footer(run: StoredRun) -> str:
    version = run.facts.get("versions", {}).get("rfteval")
    return f"Made by rfteval{f' {version}' if version else ''} from the files beside it; it fetches nothing."

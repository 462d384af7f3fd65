"""The pages that a run leaves beside its report."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from rfteval.asking import image_digest
from rfteval.export.markdown import report_markdown
from rfteval.pages.run_page import run_page_pieces
from rfteval.report.files import MARKDOWN_FILE, PAGE_FILE
from rfteval.stored_run import read_run
from rfteval.types import Image
from rfteval.whole_file import write_whole


def write_pages(directory: Path, images: Iterable[Image] = ()) -> None:
    """Write report.html and report.md of the finished run in `directory`, from what is stored there.

    `images` are pictures that are not files, so that a run has only their digests. Raises InputFileError and
    OutputError.
    """
    run = read_run(directory)
    inside = {image_digest(image): image for image in images if image.path is None}
    write_whole(directory / MARKDOWN_FILE, report_markdown(run.report, run.facts, run.comparison))
    write_whole(directory / PAGE_FILE, run_page_pieces(run, inside))

"""A contact sheet: pictures with their questions and answers, many on one page, for a person to look over."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from PIL import Image, ImageDraw, ImageFont

from benchmarks.synthetic.question import Problem

CAPTION_LINES = 8
LINE_HEIGHT = 12
MARGIN = 8


def contact_sheet(problems: Iterable[Problem], *, columns: int = 6, enlarge: int = 2) -> Image.Image:
    """One page with all `problems`: each picture `enlarge` times as large, its question, options and answer below.

    Raises ValueError where there are none.
    """
    shown = list(problems)
    if not shown:
        raise ValueError("there are no problems to show")
    side = max(problem.picture.width for problem in shown) * enlarge
    width, height = side + MARGIN, side + CAPTION_LINES * LINE_HEIGHT + MARGIN
    rows = -(-len(shown) // columns)
    page = Image.new("RGB", (width * min(columns, len(shown)) + MARGIN, height * rows + MARGIN), (190, 190, 190))
    draw = ImageDraw.Draw(page)
    font = ImageFont.load_default_imagefont()
    for index, problem in enumerate(shown):
        left, top = MARGIN + width * (index % columns), MARGIN + height * (index // columns)
        large = problem.picture.resize((side, side), Image.Resampling.NEAREST)
        page.paste(large, (left, top))
        caption = _caption(problem, side // 6)
        draw.multiline_text((left, top + side + 2), caption, font=font, fill=(0, 0, 0), spacing=1)
    return page


def _caption(problem: Problem, characters: int) -> str:
    options = " ".join(f"({chr(ord('A') + index)}) {text}" for index, text in enumerate(problem.choices))
    unit = f" (Unit: {problem.unit})" if problem.unit else ""
    lines = textwrap.wrap(f"{problem.level} {problem.question}{unit}", characters)
    lines += textwrap.wrap(options, characters)
    lines += textwrap.wrap(f"= {problem.final} <- {problem.trace}", characters)
    return "\n".join(lines[:CAPTION_LINES])

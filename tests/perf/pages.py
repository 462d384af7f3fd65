"""What a page of 1000 samples with pictures costs: bytes, CPU time to write it, and time to open in a real browser.

Run by `make perf`. The pictures are drawn here, each another one: flat like charts, and noisy like photographs, which
compress badly, as PNG (the worst there is) and as JPEG (as photographs usually are). Opening is measured by the
browser itself (performance timing): from the start of the navigation to the end of the load event, after which the
page has been drawn and can be used.
"""

from __future__ import annotations

import argparse
import io
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from PIL import Image as Picture
from PIL import ImageDraw, ImageFilter

from rfteval.pages.write import write_pages
from rfteval.types import Image
from tests.chromium import browser_path, browsing
from tests.rfteval.pages.stored import record, store
from tests.rfteval.small_benchmark import benchmark, sample

SIZE_BAR_MB = 20.0
OPEN_BAR_S = 2.0
SAID = "the angle of a triangle is therefore equal to its height times half of what we found before so"
OPENED = """(async () => {
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const [entry] = performance.getEntriesByType("navigation");
  return { loaded: entry.loadEventEnd, drawn: performance.now(), cards: document.querySelectorAll(".card").length };
})()"""


SORTS: Mapping[str, tuple[bool, dict[str, Any]]] = {  # name → whether the pictures are noisy, and how they are encoded
    "like charts, PNG": (False, {"format": "PNG", "compress_level": 1}),
    "like photographs, PNG": (True, {"format": "PNG", "compress_level": 1}),
    "like photographs, JPEG": (True, {"format": "JPEG", "quality": 90}),
}


def pictures(count: int, sort: str) -> Iterator[bytes]:
    """Files of 800 x 600 pixels, every one another."""
    noisy, encoding = SORTS[sort]
    drawn = random.Random(7)
    for _ in range(count):
        picture = Picture.new("RGB", (800, 600), "white")
        if noisy:
            grain = Picture.frombytes("RGB", (200, 150), drawn.randbytes(200 * 150 * 3))
            picture = grain.filter(ImageFilter.GaussianBlur(1)).resize((800, 600))
        pen = ImageDraw.Draw(picture)
        for _ in range(12):
            left, top = drawn.randrange(700), drawn.randrange(500)
            color = tuple(drawn.randrange(256) for _ in range(3))
            pen.rectangle((left, top, left + drawn.randrange(20, 100), top + drawn.randrange(20, 100)), fill=color)
        buffer = io.BytesIO()
        picture.save(buffer, **encoding)
        yield buffer.getvalue()


def make_run(folder: Path, count: int, sort: str, words: int) -> tuple[Path, list[Image]]:
    """A stored run of `count` samples with a picture each, and responses of about `words` words."""
    drawn, vocabulary = random.Random(3), SAID.split()
    images = [Image(data=data) for data in pictures(count, sort)]
    samples = [sample(number, images=(images[number],)) for number in range(count)]
    records = []
    for number, each in enumerate(samples):
        said = " ".join(drawn.choice(vocabulary) for _ in range(drawn.randrange(words // 2, words * 3 // 2)))
        records.append(record(each, f"<think>{said}</think>The answer is {number}."))
    store(folder, samples, records, benchmark=benchmark(count))
    return folder, images


def opening_s(page: Path, repeats: int) -> list[tuple[float, float, int]]:
    """(seconds until loaded, seconds until drawn, cards drawn) of each opening; none without a browser."""
    executable = browser_path()
    if executable is None:
        return []
    found = []
    for _ in range(repeats):  # a fresh browser each time, so that nothing is compiled or cached before
        with browsing(executable) as tab:
            tab.resize(1280)
            tab.open(page.as_uri())
            timing = tab.evaluate(OPENED)
            found.append((timing["loaded"] / 1000, timing["drawn"] / 1000, timing["cards"]))
    return found


def measure(count: int, sort: str, words: int, repeats: int) -> bool:
    """Print one row of measurements; whether both bars are met (or what could not be measured)."""
    with tempfile.TemporaryDirectory(prefix="rfteval-perf-") as name:
        folder, images = make_run(Path(name), count, sort, words)
        started, wall = time.process_time(), time.perf_counter()
        write_pages(folder, images)
        cpu_s, wall_s = time.process_time() - started, time.perf_counter() - wall
        page = folder / "report.html"
        size_mb = page.stat().st_size / 1e6
        opened = opening_s(page, repeats)
    print(f"{count} samples, pictures {sort}, responses of about {words} words:")
    met = size_mb < SIZE_BAR_MB
    print(f"  size {size_mb:.1f} MB; bar {SIZE_BAR_MB:.0f} MB: {'met' if met else 'MISSED'}")
    print(f"  written in {cpu_s:.1f} s of CPU, {wall_s:.1f} s of wall time")
    if not opened:
        print("  opening: not measured, there is no Chromium here")
        return met
    drawn = [each[1] for each in opened]
    median = statistics.median(drawn)
    print(
        f"  opened and drawn in {median:.2f} s ({min(drawn):.2f} to {max(drawn):.2f}, n={repeats}; loaded after "
        f"{statistics.median(each[0] for each in opened):.2f} s, {opened[0][2]} cards drawn); "
        f"bar {OPEN_BAR_S:.0f} s: {'met' if median < OPEN_BAR_S else 'MISSED'}"
    )
    return met and median < OPEN_BAR_S


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--words", type=int, default=400, help="about as many in each response")
    parser.add_argument("--repeats", type=int, default=5, help="openings, each in a fresh browser")
    options = parser.parse_args()
    met = [measure(options.samples, sort, options.words, options.repeats) for sort in SORTS]
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())

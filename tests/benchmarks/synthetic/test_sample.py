"""The packaged sample split: made by the committed script from its seeds, small, balanced; and the contact sheet."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from benchmarks.mathvista import MATHVISTA, PACKAGED
from benchmarks.synthetic.build_sample import COUNT, FORMS, sample_problems, write
from benchmarks.synthetic.generator import FAMILIES
from benchmarks.synthetic.preview import contact_sheet
from benchmarks.synthetic.responder import SCRIPTS
from rfteval.benchmark import LoadRequest

REMEDY = (
    "run `python -m benchmarks.synthetic.build_sample` and commit what it writes, or undo the change of the generator"
)


@pytest.fixture(scope="module")
def rebuilt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    write(folder)
    return folder


@pytest.mark.parametrize("name", ["sample.jsonl", "replay.jsonl"])
def test_the_packaged_lines_are_what_the_script_writes(name: str, rebuilt: Path) -> None:
    assert (PACKAGED / name).read_bytes() == (rebuilt / name).read_bytes(), REMEDY


def test_the_packaged_pictures_are_what_the_script_draws(rebuilt: Path) -> None:
    """Pixel by pixel; the bytes of a PNG depend on the library that packs it."""
    names = sorted(path.name for path in (PACKAGED / "images").iterdir())
    assert names == sorted(path.name for path in (rebuilt / "images").iterdir())
    for name in names:
        with Image.open(PACKAGED / "images" / name) as old, Image.open(rebuilt / "images" / name) as new:
            assert old.convert("RGB").tobytes() == new.convert("RGB").tobytes(), f"{name}: {REMEDY}"


def test_it_is_small() -> None:
    assert sum(path.stat().st_size for path in PACKAGED.rglob("*") if path.is_file()) < 1_500_000


def test_forms_families_and_scripts_have_their_shares() -> None:
    found = [problem for _, problem in sample_problems()]
    assert len(found) == COUNT
    assert Counter(problem.form for problem in found) == FORMS
    families = Counter(problem.family.name for problem in found)
    assert families.keys() == {family.name for family in FAMILIES} and min(families.values()) >= 9
    assert len({problem.picture.tobytes() for problem in found}) == COUNT
    rows = [json.loads(line) for line in (PACKAGED / "replay.jsonl").read_text().splitlines()]
    scripts = Counter(row["script"] for row in rows)
    assert scripts == {script: round(share * COUNT / 100) for script, share in SCRIPTS.items()}


def test_every_sample_has_its_picture() -> None:
    samples = MATHVISTA.load(LoadRequest(split="sample"))
    for sample in samples:
        path = sample.images[0].path
        assert path is not None
        with Image.open(path) as picture:
            assert picture.size == (96, 96)
        assert str(sample.tags["source"]).startswith("synthetic ")


def test_the_contact_sheet_shows_every_picture() -> None:
    found = [problem for _, problem in sample_problems()][:7]
    page = contact_sheet(found, columns=3, enlarge=1)
    assert page.width > 3 * 96 and page.height > 3 * 96
    for index, problem in enumerate(found):
        left = 8 + (96 + 8) * (index % 3)
        top = 8 + (page.height - 8) // 3 * (index // 3)
        assert page.crop((left, top, left + 96, top + 96)).tobytes() == problem.picture.tobytes()
    with pytest.raises(ValueError, match="no problems"):
        contact_sheet([])

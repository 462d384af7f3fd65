"""Published rules that read a letter, a yes or a no, or braces: what they make of responses, quirks included, and the
scores that MME, SEED-Bench and ZeroBench are known by.

The expected verdicts follow from the scripts that each verifier's docstring names, read by hand.
"""

from __future__ import annotations

import pytest

from benchmarks.mme import SUBTASKS
from benchmarks.mme import headline as mme_headline
from benchmarks.seed_bench import headline as seed_headline
from benchmarks.zerobench import headline as zerobench_headline
from reward_service.limits import Budget
from reward_service.types import Reference, Verdict
from reward_service.verifiers import registry
from rfteval.metrics import Item
from rfteval.types import Sample


def judge(name: str, text: str, gold: str, **parameters: object) -> Verdict:
    verifier = registry.get(name)
    chosen = registry.parameters_for(verifier, parameters)
    return registry.run(verifier, text, Reference(answer=gold), chosen, Budget())


def sample(name: str, **tags: str) -> Sample:
    return Sample(id=name, question="?", reference=Reference(answer="A"), tags=tags)


def item(name: str, score: float | None, index: int = 0) -> Item:
    status = "TIMEOUT" if score is None else "CORRECT" if score else "INCORRECT"
    return Item(sample_id=name, index=index, status=status, score=score, reason="")


@pytest.mark.parametrize(
    ("response", "letter", "step"),
    [
        ("I pick D, so \\boxed{C}. The answer is B.", "C", "boxed"),
        ("\\boxed{C.} The answer is B.", "B", "phrase"),
        ("The answer is option B rather than C", "B", "phrase"),
        ("The answer is B. No: The correct answer is D.", "D", "phrase"),
        ("The correct answer is D. No: The answer is B.", "B", "phrase"),  # both phrases hold "answer is"
        (
            "Best option: D. The best answer is B",
            "B",
            "phrase",
        ),  # cut behind "The best answer is" before "Best option:"
        ("The answer is A triangle: C", "A", "phrase"),  # the article
        ("the answer is b", "", "none"),
        ("A first line\nthen C and D\nno letter here", "C", "last_line"),
        ("F", "", "none"),
        ("", "", "none"),
    ],
)
def test_mm_iq(response: str, letter: str, step: str) -> None:
    verdict = judge("mm_iq_official", response, "C")
    assert (verdict.extracted or "", verdict.rule) == (letter, f"mm_iq.{step}")
    assert verdict.score == float(letter == "C")


def test_mm_iq_before_boxes_counted() -> None:
    assert judge("mm_iq_official", "\\boxed{C}. The answer is B.", "B", boxed=False).correct


@pytest.mark.parametrize(
    ("response", "meant"),
    [
        *(("Yes", "yes"), ("no.", "no"), (" Y ", "yes"), ("n", "no"), ("Yes, there is.", "yes"), ("k", "other")),
        *(("not sure", "no"), ("None", "no"), ("I know", "other"), ("Well, yes", "other"), ("yesno", "yes")),
    ],
)
def test_mme(response: str, meant: str) -> None:
    for gold in ("Yes", "No"):
        verdict = judge("mme_official", response, gold)
        assert verdict.extracted == meant and verdict.correct == (meant == gold.lower())
        assert ("other" in verdict.flags) == (meant == "other")


@pytest.mark.parametrize(
    ("response", "letter"), [("B", "B"), (" B. Two", "B"), ("The answer is B", "T"), ("b", "b"), ("(B)", "("), ("", "")]
)
def test_seed_bench(response: str, letter: str) -> None:
    verdict = judge("seed_bench_first_letter", response, "B")
    assert (verdict.extracted or "") == letter and verdict.correct == (letter == "B")


@pytest.mark.parametrize(
    ("response", "letter", "step"),
    [
        ("B", "B", "box"),  # two characters or fewer are a box of their own
        ("Answer: \\boxed{B}", "B", "box"),
        ("Answer: \\boxed{ \\text{B} }", "B", "box"),  # the first closing brace ends the box
        ("\\boxed{C}, or rather \\boxed{\\text{B}}", "B", "box"),
        ("\\boxed{AB}\nThe answer is A.", "A", "sentence"),
        ("\\boxed{B.} The answer is: B", "B", "sentence"),
        ("So it is (D).", "D", "sentence"),
        ("C\nbecause of the dots", "C", "sentence"),
        ("Answer: b. It turns.", "B", "sentence"),
        ("The answer is option C, as it turns.", "", "undecided"),
        ("Answer: \\boxed{$LETTER}", "", "undecided"),
        ("I cannot tell", "", "undecided"),
    ],
)
def test_visulogic(response: str, letter: str, step: str) -> None:
    verdict = judge("visulogic_official", response, "B")
    assert (verdict.extracted or "", verdict.rule) == (letter, f"visulogic.{step}")
    assert verdict.score == float(letter == "B")


@pytest.mark.parametrize(
    ("response", "gold", "right"),
    [
        ("{11.90}", "11.90", True),
        ("{1} and at last { Paris }", "paris", True),
        ("{11.9}", "11.90", False),
        ("11.90", "11.90", False),  # no braces
        ("\\boxed{11.90}", "11.90", True),  # a box is braces too
        ("\\text{ {7} }", "7", True),  # the innermost pair
    ],
)
def test_zerobench(response: str, gold: str, right: bool) -> None:
    verdict = judge("zerobench_official", response, gold)
    assert verdict.status.scored and verdict.correct == right, verdict


def test_zerobench_as_vlmevalkit_finds_the_answer_anywhere_in_the_braces() -> None:
    lucky = judge("zerobench_official", "{11.90}", "1", match="part")
    assert lucky.correct and lucky.flags == ("part",)
    assert not judge("zerobench_official", "{11.90}", "1").correct
    assert judge("zerobench_official", "Paris", "paris", braces="optional").correct


@pytest.mark.parametrize("name", ["mm_iq_official", "seed_bench_first_letter", "visulogic_official"])
def test_a_reference_that_is_no_letter_is_no_wrong_answer(name: str) -> None:
    assert not judge(name, "B", "11.90").status.scored


@pytest.mark.parametrize("name", ["mme_official", "zerobench_official"])
def test_an_empty_reference_is_no_wrong_answer(name: str) -> None:
    assert not judge(name, "yes {1}", " ").status.scored


def test_mme_adds_accuracy_and_pairs_and_sums_subtasks() -> None:
    """Two pictures a subtask; in "count" three of four answers are right: 75 + 50 of 200."""
    names = [name for each in SUBTASKS.values() for name in each]
    samples, items = {}, []
    for name in names:
        for picture in "12":
            for question in "ab":
                key = f"{name}-{picture}-{question}"
                samples[key] = sample(key, category=name, pair=f"{name}/{picture}")
                items.append(item(key, 0.0 if key == "count-2-b" else 1.0))
    metrics = {metric.name: metric.value for metric in mme_headline(items, samples)}
    assert metrics["count"] == 125 and metrics["existence"] == 200
    assert metrics["perception"] == 1925 and metrics["cognition"] == 800
    assert metrics["perception + cognition"] == 2725


def test_mme_counts_no_pair_with_an_unscored_half_and_sums_no_part_without_all_its_subtasks() -> None:
    samples = {key: sample(key, category="OCR", pair="OCR/1") for key in "ab"}
    metrics = {metric.name: metric for metric in mme_headline([item("a", 1.0), item("b", None)], samples)}
    assert metrics["OCR"].value is None and metrics["OCR"].samples == 0
    assert metrics["perception"].value is None and "10 of 10" in metrics["perception"].note


def test_seed_bench_tells_pictures_from_videos() -> None:
    samples = {key: sample(key, data_type="video" if key == "c" else "image") for key in "abc"}
    metrics = seed_headline([item("a", 1.0), item("b", 0.0), item("c", None)], samples)
    assert [(metric.name, metric.value, metric.samples) for metric in metrics] == [
        *(("seed_gen_all", 50, 2), ("seed_gen_image", 50, 2), ("seed_gen_video", None, 0)),
    ]


def test_zerobench_draws_five() -> None:
    """One question with 6 responses of which 1 is right: 5 of 6 draws of five hold it, none is all right."""
    samples = {"1": sample("1"), "2": sample("2")}
    items = [item("1", float(index == 0), index) for index in range(6)] + [item("2", 1.0)]
    one, five, every = zerobench_headline(items, samples)
    assert one.value == pytest.approx(100 * (1 / 6 + 1) / 2) and one.samples == 2
    assert five.value == pytest.approx(100 * 5 / 6) and five.samples == 1
    assert every.value == 0 and every.samples == 1
    assert all(metric.value is None for metric in zerobench_headline([item("2", 1.0)], samples)[1:])

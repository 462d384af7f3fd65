"""Agreement with labelled responses of real models, where the measurement data is at hand.

The bars are floors: GSM8K solutions must all agree; MathVista's and MATH-Vision's labels are a little noisy.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reward_service.verify import verify

pytestmark = pytest.mark.data


def disagreements(file: Path, every: int) -> tuple[int, int]:
    """(rows looked at, rows judged otherwise than labelled) of every n-th free-form row without a policy question."""
    seen = wrong = 0
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines()):
        if number % every:
            continue
        row = json.loads(line)
        if row.get("choices") or row.get("policy") or row["kind"] != "full_response":
            continue
        seen += 1
        verdict = verify(row["response"], row["gold"], question=row.get("question"))
        wrong += verdict.correct != row.get("label_fixed", row["label"])
    return seen, wrong


@pytest.mark.parametrize(
    ("name", "every", "allowed"), [("gsm8k_6b", 3, 0.0), ("mathvista_free", 5, 0.005), ("mathv_cot", 9, 0.005)]
)
def test_free_form_responses_agree_with_their_labels(shared_data: Path, name: str, every: int, allowed: float) -> None:
    seen, wrong = disagreements(shared_data / "verifier" / f"{name}.jsonl", every)
    assert seen > 200
    assert wrong <= allowed * seen

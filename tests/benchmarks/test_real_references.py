"""Every eighth real reference of MATH-Vision and MathVista, said as a model says it, is right by our rules, and the
next one's is not. The others were checked once, and the exceptions below are all there are.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.mathvision import MATHVISION
from benchmarks.mathvista import MATHVISTA
from reward_service.limits import Budget
from reward_service.types import Verdict
from reward_service.verifiers import registry
from rfteval.benchmark import Benchmark, LoadRequest
from rfteval.labels import gold_label
from rfteval.types import Sample
from tests.benchmarks.case import usual

# "8\sqrt{3}{squareinches}" in a sentence; options that are called "(b)" and have another letter of their own.
EXCEPTIONS = {"3007", "3008", "168", "849"}


def judged(benchmark: Benchmark, sample: Sample, said: str) -> Verdict:
    component = benchmark.profiles["rules"].components(sample)[0]
    verifier = registry.resolve(component.verifier, sample.reference)
    parameters = registry.parameters_for(verifier, component.parameters)
    return registry.run(verifier, said, sample.reference, parameters, Budget())


@pytest.mark.data
@pytest.mark.parametrize(
    ("benchmark", "split", "count"),
    [(MATHVISION, "test", 3040), (MATHVISTA, "testmini", 1000)],
    ids=["mathvision", "mathvista"],
)
def test_real_references(shared_data: Path, benchmark: Benchmark, split: str, count: int) -> None:
    samples = list(benchmark.load(LoadRequest(split=split, data=str(shared_data / benchmark.name))))
    assert len(samples) == count
    for sample, other in list(zip(samples[::8], samples[1::8], strict=True)):
        for said in usual(sample):
            assert judged(benchmark, sample, said).correct or sample.id in EXCEPTIONS, (sample.id, said)
        alike = {sample.reference.answer.strip().lower(), str(gold_label(sample.reference)).lower()}
        if other.reference.answer.strip().lower() not in alike:  # "A" is another's text, and this one's label
            wrong = judged(benchmark, sample, usual(other)[1])
            assert wrong.status.scored and not wrong.correct, (sample.id, wrong)

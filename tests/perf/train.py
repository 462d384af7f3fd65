"""The trainer beside TRL's GRPOTrainer: one tiny model, the same prompts, group size and lengths, a verifier of 50 ms.

Run by hand: `python tests/perf/train.py`. Each side is a process of its own, so that peak memory is its own. CPU time
is compared, since wall time says more about a busy machine; ratios are what counts.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
GROUP, PROMPTS, LONGEST, STEPS, WARMUP = 8, 2, 96, 8, 2
BETA = 0.04
CHECK_S = 0.05
BARS = {"update_ms_per_token": 0.6, "padding": 1.2, "exposed_share": 0.02, "peak_mib": 1.0}

VERIFIER = """
import time
from dataclasses import dataclass
from reward_service.types import Status, Verdict
from reward_service.verifiers.registry import Verifier

@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing:
    pass

def check(text, reference, parameters, budget):
    time.sleep({seconds})
    share = sum(letter in "abcdefghijklm" for letter in text) / max(len(text), 1)
    return Verdict(status=Status.PARTIAL, score=share, extracted="", rule="slow")

SLOW = Verifier(name="slow", version="1", summary="Takes its time.", parameters=Nothing, check=check)
"""


def make_model(folder: Path) -> None:
    """A Llama of 4.8 M parameters over the tests' tokenizer of characters."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    from tests.training import tiny

    tokenizer = tiny.tokenizer()
    torch.manual_seed(0)
    LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=256,
            intermediate_size=704,
            num_hidden_layers=6,
            num_attention_heads=8,
            num_key_value_heads=8,
            max_position_embeddings=512,
            bos_token_id=1,
            eos_token_id=2,
            pad_token_id=0,
            tie_word_embeddings=True,
        )
    ).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def questions() -> list[str]:
    """Of different lengths, as questions are."""
    return [f"What is {number} plus {number * number}{', please' * (number % 4)}?" for number in range(64)]


def run_trl(folder: Path) -> dict[str, float]:
    """TRL's trainer, with the times of its phases taken around its own methods."""
    from datasets import Dataset
    from transformers import AutoTokenizer
    from trl import GRPOConfig, GRPOTrainer

    rows: list[dict[str, float]] = []
    exposed: list[float] = []

    class Timed(GRPOTrainer):  # type: ignore[misc]
        def training_step(self, *arguments: Any, **named: Any) -> Any:
            started, began = time.process_time(), time.monotonic()
            self.prepared_s = 0.0
            exposed.append(0.0)
            result = super().training_step(*arguments, **named)
            cpu_s = time.process_time() - started - self.prepared_s
            rows.append({"update_cpu_s": cpu_s, "step_s": time.monotonic() - began, **self.counted})
            return result

        def _prepare_inputs(self, inputs: Any) -> Any:
            started = time.process_time()
            result = super()._prepare_inputs(inputs)
            self.prepared_s += time.process_time() - started
            tokens = result["completion_mask"].sum() + result["prompt_mask"].sum()
            positions = result["completion_mask"].numel() + result["prompt_mask"].numel()
            self.counted = {
                "tokens": float(result["completion_mask"].sum()),
                "useful": float(tokens),
                "positions": float(positions),
            }
            return result

    def reward(completions: list[Any], **columns: Any) -> list[float]:
        began = time.monotonic()
        scores = []
        for completion in completions:
            text = completion if isinstance(completion, str) else completion[-1]["content"]
            time.sleep(CHECK_S)
            scores.append(sum(letter in "abcdefghijklm" for letter in text) / max(len(text), 1))
        exposed[-1] += time.monotonic() - began
        return scores

    trainer = Timed(
        model=str(folder),
        reward_funcs=reward,
        args=GRPOConfig(
            output_dir=str(folder / "trl"),
            per_device_train_batch_size=GROUP * PROMPTS,
            num_generations=GROUP,
            max_completion_length=LONGEST,
            max_steps=STEPS + WARMUP,
            beta=BETA,
            learning_rate=1e-5,
            temperature=1.0,
            loss_type="grpo",
            scale_rewards="group",
            gradient_checkpointing=False,
            bf16=False,
            use_cpu=True,
            report_to="none",
            save_strategy="no",
            logging_steps=1000,
            disable_tqdm=True,
            seed=0,
        ),
        train_dataset=Dataset.from_list([{"prompt": [{"role": "user", "content": text}]} for text in questions()]),
        processing_class=AutoTokenizer.from_pretrained(str(folder), padding_side="left"),
    )
    trainer.train()
    for row, seconds in zip(rows, exposed, strict=True):
        row["exposed_s"] = seconds
    return summary(rows[WARMUP:])


def run_ours(folder: Path, layout: str) -> dict[str, float]:
    """Our loop with the same numbers; the verifier of 50 ms runs in the private reward server."""
    from training import config, update
    from training.train import train

    install_verifier(folder)
    (folder / "questions.jsonl").write_text(
        "".join(json.dumps({"question": text, "answer": "1"}) + "\n" for text in questions())
    )
    cpu: list[float] = []
    original = update.Learner._step

    def timed(self: Any, *arguments: Any, **named: Any) -> None:
        started = time.process_time()
        original(self, *arguments, **named)
        cpu.append(time.process_time() - started)

    update.Learner._step = timed  # type: ignore[method-assign]
    out = folder / f"ours-{layout}"
    settings = config.parse(
        {
            "out": str(out),
            "steps": STEPS + WARMUP,
            "model": {"path": str(folder)},
            "data": {"file": str(folder / "questions.jsonl")},
            "algorithm": "grpo",
            "rollout": {"group_size": GROUP, "prompts_per_step": PROMPTS, "max_tokens": LONGEST},
            "reward": {"components": [{"verifier": "slow"}]},
            "kl": {"beta": BETA},
            "loss": {"clip_high": 0.2},
            "optimizer": {"lr": 1e-5},
            "batch": {"layout": layout, "tokens": 1024},
            "checkpoint": {"every": 0},
            "tracking": {"with": []},
        }
    )
    with contextlib.redirect_stderr(sys.stdout):
        train(settings)
    rows = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    rows = [row for row in rows if row["step"] > 0]
    return summary(
        [
            {
                "update_cpu_s": seconds,
                "step_s": row["time/step_s"],
                "tokens": row["batch/trained_tokens"],
                "useful": row["batch/positions"] / row["batch/padding"],
                "positions": row["batch/positions"],
                "exposed_s": row["time/verifier_s"],
            }
            for seconds, row in zip(cpu, rows, strict=True)
        ][WARMUP:]
    )


def install_verifier(folder: Path) -> None:
    """As an installer would leave it, for this process and the server that it starts."""
    place = folder / "installed"
    (place / "slow_verifier-1.dist-info").mkdir(parents=True)
    (place / "slow_verifier.py").write_text(VERIFIER.format(seconds=CHECK_S))
    (place / "slow_verifier-1.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: slow-verifier\nVersion: 1\n"
    )
    (place / "slow_verifier-1.dist-info" / "entry_points.txt").write_text(
        "[rfteval.verifiers]\nslow = slow_verifier:SLOW\n"
    )
    os.environ["PYTHONPATH"] = os.pathsep.join([str(place), str(ROOT)])
    sys.path.insert(0, str(place))


def summary(rows: list[dict[str, float]]) -> dict[str, float]:
    """Sums over the measured steps, as what is compared."""
    total = {name: sum(row[name] for row in rows) for name in rows[0]}
    return {
        "update_ms_per_token": 1000 * total["update_cpu_s"] / total["tokens"],
        "padding": total["positions"] / total["useful"],
        "exposed_share": total["exposed_s"] / total["step_s"],
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "tokens": total["tokens"],
    }


def in_a_process(side: str, folder: Path) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, __file__, "--side", side, "--folder", str(folder)],
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT), "TOKENIZERS_PARALLELISM": "false"},
    )
    if done.returncode:
        raise SystemExit(f"{side} failed:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", choices=["trl", "padded", "shared_prompt"])
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--repeats", type=int, default=1)
    arguments = parser.parse_args()
    if arguments.side is not None:
        found = run_trl(arguments.folder) if arguments.side == "trl" else run_ours(arguments.folder, arguments.side)
        print(json.dumps(found))
        return
    found: dict[str, list[dict[str, float]]] = {"trl": [], "padded": [], "shared_prompt": []}
    for _ in range(arguments.repeats):
        for side, results in found.items():
            with tempfile.TemporaryDirectory() as folder:
                make_model(Path(folder))
                results.append(in_a_process(side, Path(folder)))
    names = ("update_ms_per_token", "padding", "exposed_share", "peak_mib", "tokens")
    print(f"{'':22}" + "".join(f"{side:>16}" for side in found) + f"{'ratio':>9}{'bar':>7}")
    for name in names:
        middle = {side: statistics.median(each[name] for each in results) for side, results in found.items()}
        relative = name in ("update_ms_per_token", "peak_mib")
        ours = middle["shared_prompt"] / (middle["trl"] if relative else 1)
        bar = f"{BARS[name]:7.2f}" if name in BARS else ""
        print(f"{name:22}" + "".join(f"{value:16.3f}" for value in middle.values()) + f"{ours:9.3f}{bar}")


if __name__ == "__main__":
    main()

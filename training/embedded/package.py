"""Put a trained folder into the package: `python -m training.embedded.package RUN/model thinker`.

Weights are stored as fp16, half the size; the configuration asks for float32, in which they are computed.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from rfteval.models import embedded

KEPT = (
    *("chat_template.jinja", "config.json", "generation_config.json", "processor_config.json"),
    *("tokenizer.json", "tokenizer_config.json"),
)


def package(source: Path, target: Path) -> int:
    """Copy the transformers folder `source` to `target` with fp16 weights; the number of bytes written."""
    target.mkdir(parents=True, exist_ok=True)
    for name in KEPT:
        shutil.copyfile(source / name, target / name)
    config = json.loads((target / "config.json").read_text(encoding="utf-8"))
    for part in (config, config["text_config"], config["vision_config"]):
        part["dtype"] = "float32"
    (target / "config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    weights = {
        name: one.to(torch.float16).contiguous() for name, one in load_file(source / "model.safetensors").items()
    }
    save_file(weights, target / "model.safetensors", metadata={"format": "pt"})
    (target / "model.safetensors").chmod(0o644)
    return sum(path.stat().st_size for path in target.iterdir())


if __name__ == "__main__":
    folder = Path(embedded.__file__).parent / sys.argv[2]
    print(f"{package(Path(sys.argv[1]), folder)} bytes in {folder}")

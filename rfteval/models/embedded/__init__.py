"""The vision-language models that come with the package: where their folders are. Loads nothing.

`thinker` reasons between <think> tags before it answers. `base` answers in mixed styles, mostly without reasoning, and
is where reinforcement fine-tuning starts. Both read small synthetic pictures only; see docs/embedded-model.md.
"""

from __future__ import annotations

from pathlib import Path

from rfteval.errors import ModelError, unknown_name

NAMES = ("thinker", "base")


def path(name: str) -> Path:
    """The transformers folder of an embedded model.

    Raises UnknownNameError with close names, ModelError where the package was installed without its weights.
    """
    if name not in NAMES:
        raise unknown_name("embedded model", name, NAMES)
    folder = Path(__file__).parent / name
    if not (folder / "model.safetensors").is_file():
        raise ModelError(f"the embedded model {name!r} is not in {folder}; reinstall the package with its data")
    return folder

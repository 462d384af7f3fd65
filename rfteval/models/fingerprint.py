"""Which weights a folder holds, told in a moment: a run never goes on with others under the same name."""

from __future__ import annotations

import hashlib
from pathlib import Path

from rfteval.errors import ModelError
from rfteval.models.backend import ModelRequest

_BLOCK = 1 << 16
_BLOCKS = 16  # of each file, evenly spread; training moves every weight, so that few of them show it
_SUFFIXES = {".safetensors", ".bin", ".json", ".jinja", ".model", ".txt", ".gguf"}


def fingerprint(folder: Path) -> str:
    """A hash of the names, the sizes and some blocks of the files that make a model. Raises ModelError."""
    hasher = hashlib.sha256()
    try:
        files = sorted(path for path in folder.iterdir() if path.suffix in _SUFFIXES and path.is_file())
        for path in files:
            size = path.stat().st_size
            hasher.update(repr((path.name, size)).encode())
            with path.open("rb") as handle:
                for number in range(_BLOCKS):
                    handle.seek(size * number // _BLOCKS)
                    hasher.update(handle.read(_BLOCK))
    except OSError as error:
        raise ModelError(f"cannot read {error.filename or folder}: {error.strerror}") from None
    if not files:
        raise ModelError(f"{folder} is no model's folder: it has no weights and no config.json")
    return hasher.hexdigest()[:16]


def identity_of(request: ModelRequest, backend: str) -> dict[str, object]:
    """The model's name, which weights a folder holds, and the options that responses depend on. Raises ModelError."""
    folder = Path(request.name).expanduser()
    return {
        "model": request.label,
        "backend": backend,
        **({"weights": fingerprint(folder)} if folder.is_dir() else {}),
        **({"model_options": dict(request.deciding)} if request.deciding else {}),
    }

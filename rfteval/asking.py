"""What a run asks, made ready and written down: prompts with their digests, and samples.jsonl beside the journal.

A digest covers every word and every pixel file of a prompt, so a journal's record is only ever taken for an answer to
the very prompt that would be asked now. Pictures are hashed, not copied.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rfteval.errors import JournalError, OutputError
from rfteval.types import Image, ImagePart, Prompt, Record, Sample, Sampling, TextPart

SAMPLES_FILE = "samples.jsonl"
UNREADABLE = "unreadable"  # stands for the hash of a picture that is not there; the model says so in its response


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One sample with the prompt it is asked with, that prompt's digest, and those of all pictures in both."""

    sample: Sample
    prompt: Prompt
    sha256: str
    pictures: Mapping[Image, str] = field(default_factory=dict)


def ready(pairs: Iterable[tuple[Sample, Prompt]]) -> list[Asked]:
    """The pairs with their digests. Every picture is read once."""
    known: dict[Image, str] = {}
    asked = []
    for sample, prompt in pairs:
        shown = (part.image for message in prompt.messages for part in message.parts if isinstance(part, ImagePart))
        pictures = {image: digest_of(image, known) for image in (*sample.images, *shown)}
        digest = prompt_digest(prompt, pictures)
        asked.append(Asked(sample=sample, prompt=prompt, sha256=digest, pictures=pictures))
    return asked


def prompt_digest(prompt: Prompt, pictures: Mapping[Image, str]) -> str:
    """SHA-256 over roles, texts and the contents of pictures, in order, and options; `pictures` has their digests."""
    hasher = hashlib.sha256()
    for message in prompt.messages:
        for part in message.parts:
            if isinstance(part, TextPart):
                hasher.update(repr((message.role, "text", part.text)).encode())
            else:
                hasher.update(repr((message.role, "image", pictures[part.image])).encode())
    if prompt.options:
        hasher.update(repr(("options", prompt.options)).encode())
    return hasher.hexdigest()


def digest_of(image: Image, known: dict[Image, str]) -> str:
    """The digest of a picture, taken once and kept in `known`."""
    if image not in known and image.frame is not None:
        video = digest_of(Image(path=image.path), known)  # read once for all of its frames
        known[image] = hashlib.sha256(repr((video, image.frame)).encode()).hexdigest()
    elif image not in known:
        known[image] = image_digest(image)
    return known[image]


def image_digest(image: Image) -> str:
    """SHA-256 of the encoded picture, or UNREADABLE; of a video's frame, of the video's file."""
    if image.stored is not None:
        return hashlib.sha256(image.stored).hexdigest() if isinstance(image.stored, bytes) else image.stored.sha256
    try:
        with Path(str(image.path)).open("rb") as handle:
            return hashlib.file_digest(handle, "sha256").hexdigest()
    except OSError:
        return UNREADABLE


def pending(asked: Sequence[Asked], held: Mapping[tuple[str, int], Record], sampling: Sampling) -> list[Prompt]:
    """The prompts with the indices that `held` lacks; those with none are left out.

    Raises JournalError where a held record answers another prompt than the one that would be asked now.
    """
    wanted = []
    for each in asked:
        lacking = []
        for index in range(sampling.samples):
            record = held.get((each.sample.id, index))
            if record is None:
                lacking.append(index)
            elif record.prompt_sha256 not in ("", each.sha256):
                raise JournalError(
                    f"the journal's response to sample {each.sample.id!r} was given to another prompt (its text "
                    "or a picture has changed since); use another --out, or --fresh to move it aside and start over"
                )
        if lacking:
            wanted.append(dataclasses.replace(each.prompt, indices=tuple(lacking)))
    return wanted


def write_samples(path: Path, asked: Iterable[Asked], samples: Iterable[Sample]) -> None:
    """Write what was asked, a line for a sample: question, reference, tags, pictures by hash, and the prompt.

    `samples` are written without a prompt where nothing was `asked` (stored responses). Raises OutputError.
    """
    known: dict[Image, str] = {}
    rows = [_row(each.sample, each, known) for each in asked] or [_row(sample, None, known) for sample in samples]
    part = path.with_name(path.name + ".part")
    try:
        with part.open("w", encoding="utf-8") as handle:
            handle.writelines(json.dumps(row, separators=(",", ":")) + "\n" for row in rows)
            handle.flush()
            os.fsync(handle.fileno())
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise OutputError(f"cannot write {path}: {error.strerror}; make room and run the same command again") from None


def _row(sample: Sample, asked: Asked | None, known: dict[Image, str]) -> dict[str, object]:
    reference: dict[str, object] = {name: getattr(sample.reference, name) for name in sample.reference.__slots__}
    reference["choices"] = [{"label": each.label, "text": each.text} for each in sample.reference.choices] or ()
    pictures = {} if asked is None else asked.pictures
    digests = [pictures.get(image) or digest_of(image, known) for image in sample.images]
    row: dict[str, object] = {
        "id": sample.id,
        "row_sha256": hashlib.sha256(repr((sample.id, sample.question, sample.reference)).encode()).hexdigest(),
        "question": sample.question,
        "reference": {name: value for name, value in reference.items() if value not in ("", (), None)},
        "tags": dict(sample.tags),
        "images": [
            {"sha256": digest, "path": image.path} for image, digest in zip(sample.images, digests, strict=True)
        ],
    }
    if asked is not None:
        row["prompt_sha256"] = asked.sha256
        row["prompt"] = [
            {
                "role": message.role,
                "parts": [
                    {"text": part.text}
                    if isinstance(part, TextPart)
                    else {"image_sha256": pictures.get(part.image) or digest_of(part.image, known)}
                    for part in message.parts
                ],
            }
            for message in asked.prompt.messages
        ]
        row |= {"options": list(asked.prompt.options)} if asked.prompt.options else {}
    return row

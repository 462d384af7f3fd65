"""The samples and responses of a run as the data that a page's script shows: bounded, and only texts and numbers. Pure
but for the pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rfteval.anatomy import TRAITS, anatomise
from rfteval.labels import gold_label, picked_label
from rfteval.metrics import Item, first_verdict
from rfteval.pages.embedding import read_block
from rfteval.pages.pictures import Pictures, is_picture, thumbnails
from rfteval.pages.texts import fair_share, pieces, shortened
from rfteval.stored_run import StoredRun, StoredSample
from rfteval.types import Image, Record

BLOCK = "gallery"  # the name of the data in a page
MOST_ITEMS = 10_000
RESPONSES_BUDGET = 5_000_000  # characters of all responses of a page
PROMPTS_BUDGET = 3_000_000  # characters of all prompts, questions and options

Entry = tuple[StoredSample, Item, Record | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gallery:
    """`data` is what the script reads, made as it is written, once; `left_out` items and pictures did not fit."""

    data: Mapping[str, object]
    left_out: int
    pictures_left_out: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredGallery:
    """What a page of a run holds of its samples, as `build_gallery` made it."""

    samples: list[dict[str, Any]]
    items: list[dict[str, Any]]
    pictures: dict[str, str]


def gallery_of(page: str) -> StoredGallery:
    """The gallery in a page of ours. Raises ValueError where it is no such page, or damaged."""
    value = read_block(page, BLOCK)
    if not isinstance(value, dict) or value.keys() != {"samples", "items", "pictures"}:
        raise ValueError("its gallery has other fields than this version writes")
    pictures = {str(digest): address for digest, address in value["pictures"].items() if is_picture(address)}
    return StoredGallery(samples=list(value["samples"]), items=list(value["items"]), pictures=pictures)


def build_gallery(run: StoredRun, images: Mapping[str, Image], kept: Mapping[str, str] | None = None) -> Gallery:
    """What the page of `run` shows of its samples; `images` are its pictures by digest, `kept` as data addresses.

    Where there is too much for one page, what is unscored comes first, then what is wrong.
    """
    entries = run.items()
    chosen = _chosen(entries)
    samples = list({id(each): each for each, _, _ in chosen}.values())
    place = {id(each): number for number, each in enumerate(samples)}
    pictures = thumbnails(_wanted(chosen), images)
    lengths = [len(record.response.text) if record else 0 for _, _, record in chosen]
    most = fair_share(lengths, RESPONSES_BUDGET)
    prompt_most = fair_share([len(text) for each in samples for text in _texts(each)], PROMPTS_BUDGET)
    official = (run.report.get("official") or {}).get("field")
    return Gallery(
        data={
            "samples": (_sample(each, pictures, prompt_most) for each in samples),
            "items": (_item(entry, place[id(entry[0])], most, official) for entry in chosen),
            "pictures": {**_needed(samples, kept or {}), **pictures.shown},
        },
        left_out=len(entries) - len(chosen),
        pictures_left_out=pictures.left_out,
    )


def pictures_of(run: StoredRun) -> set[str]:
    """The digests of every picture that a run's samples and prompts have."""
    return {digest for each in run.samples for digest in (*each.pictures, *_asked_pictures(each))}


def _needed(samples: Sequence[StoredSample], kept: Mapping[str, str]) -> dict[str, str]:
    digests = {digest for each in samples for digest in (*each.pictures, *_asked_pictures(each))}
    return {digest: address for digest, address in kept.items() if digest in digests}


def _chosen(entries: Sequence[Entry]) -> list[Entry]:
    if len(entries) <= MOST_ITEMS:
        return list(entries)
    first = sorted(range(len(entries)), key=lambda number: (_urgency(entries[number][1]), number))[:MOST_ITEMS]
    return [entries[number] for number in sorted(first)]


def _urgency(item: Item) -> float:
    """Unscored before wrong before right."""
    return -1.0 if item.score is None else item.score


def _wanted(entries: Sequence[Entry]) -> list[str]:
    """Digests of pictures, the most wanted first."""
    ordered = sorted(entries, key=lambda entry: _urgency(entry[1]))
    return [digest for each, _, _ in ordered for digest in dict.fromkeys((*each.pictures, *_asked_pictures(each)))]


def _asked_pictures(each: StoredSample) -> list[str]:
    return [value for _, parts in each.prompt for kind, value in parts if kind == "picture"]


def _texts(each: StoredSample) -> list[str]:
    """Every text that is shown of a sample."""
    prompt = [value for _, parts in each.prompt for kind, value in parts if kind == "text"]
    return [*prompt, each.sample.question, *(choice.text for choice in each.sample.reference.choices)]


def _sample(each: StoredSample, pictures: Pictures, most: int) -> dict[str, object]:
    reference = each.sample.reference
    answer = " or ".join((reference.answer, *reference.alternatives))
    row: dict[str, object] = {
        "id": each.sample.id,
        "question": shortened(each.sample.question, most),
        "answer": answer[:2_000],
        "unit": reference.unit,
        "gold": gold_label(reference),
        "choices": [[choice.label, shortened(choice.text, most)] for choice in reference.choices],
        "tags": {key: [value] if isinstance(value, str) else list(value) for key, value in each.sample.tags.items()},
        "pictures": list(each.pictures),
        "prompt": [
            [
                role,
                [
                    ["picture", value] if kind == "picture" else ["text", shortened(value, most)]
                    for kind, value in parts
                ],
            ]
            for role, parts in each.prompt
        ],
    }
    unreadable = {d: pictures.unreadable[d] for d in row["pictures"] if d in pictures.unreadable}  # type: ignore[attr-defined]
    return {**row, "unreadable": unreadable} if unreadable else row


def _item(entry: Entry, sample: int, most: int, official: str | None) -> dict[str, object]:
    each, item, record = entry
    found = anatomise(item, record, each.sample)
    row: dict[str, object] = {
        "sample": sample,
        "index": item.index,
        "status": item.status,
        "score": item.score,
        "extracted": None if item.extracted is None else item.extracted[:2_000],
        "picked": picked_label(each.sample.reference, item.extracted),
        "reason": item.reason[:2_000],
        "traits": [name for name in TRAITS if getattr(found, name)],
    }
    if record is None:
        return {**row, "response": []}
    verdict, response = first_verdict(record), record.response
    verdicts = record.scored.verdicts if record.scored is not None else ()
    row |= {
        "response": pieces(response.text, item.extracted, verdict.extraction_rule if verdict else "", most),
        "length": len(response.text),
        "finish": response.finish_reason,
        "tokens": response.response_tokens,
    }
    if verdict is not None:
        row |= {
            "rule": verdict.rule,
            "found": verdict.extraction_rule,
            "verifier": f"{verdict.verifier} {verdict.version} {verdict.digest}",
            "flags": list(verdict.flags),
        }
    if record.judged is not None:
        row["judged"] = [record.judged.status.name, record.judged.reason[:500]]
    if len(verdicts) > 1:
        row["others"] = [[v.verifier, v.status.name, v.score, v.reason[:500]] for v in verdicts[1:]]
    stored = response.extras.get(official) if official else None
    if isinstance(stored, bool):
        row["official"] = stored
    return row

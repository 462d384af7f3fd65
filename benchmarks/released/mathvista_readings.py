"""Rows on which our rule and the stored extraction differ, as read by hand; the kinds: rfteval.verification.release.

"contradicted" is meant literally: the response says "The answer is (A) 55°." and the extraction is B. Rows that no
longer differ are not used.
"""

from __future__ import annotations

_BY_KIND = {
    "bard": {"unstated": "134", "open": "549 747 897"},
    "chatgpt": {"unstated": "611"},
    "chatgpt_2shot_solution": {"contradicted": "669", "unstated": "280 777 916", "open": "338", "ours": "373 677 705"},
    "gpt4_2shot_solution": {
        "unstated": "34 182 185 314 327 423 652 710 843 974 982",
        "form": "675 783",
        "ours": "20 545",
    },
    "idefics_9b_instruct": {
        "contradicted": "33 59 64 95 141 143 150 155 164 172 185 250 260 270 271 279 318 355 364 373 396 450 469 476 "
        "582 586 635 643 668 697 713 756 768 854 903 916",
        "cut": "189 729",
        "open": "54 229 257 397",
        "ours": "123",
    },
    "llava_llama2_13b": {
        "contradicted": "30 79 119 150 164 229 272 276 291 356 373 483 513 643 697 708 748 817 849 897",
        "unstated": "589 752 778",
        "open": "768 829",
        "ours": "80",
    },
    "llavar": {
        "contradicted": "141 229 272 291 715 853 854 930",
        "unstated": "26 54 66 147 154 354 357 402 419 423 491 589 597 610 627 840 843",
        "cut": "917",
        "open": "449 547 751 771 836",
        "ours": "18 104 509 685 692 738 754 781 785 908 932",
    },
    "minigpt4_llama2": {
        "contradicted": "235 272 281 644",
        "unstated": "230 373 516 527 532",
        "open": "978",
        "ours": "509 711",
    },
}
# Run → sample → kind.
READINGS = {
    run: {sample: kind for kind, samples in kinds.items() for sample in samples.split()}
    for run, kinds in _BY_KIND.items()
}

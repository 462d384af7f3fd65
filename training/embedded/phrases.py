"""A tokenizer whose tokens are the phrases that a dataset is written in, over single bytes for everything else.

Prompts and responses of a generated dataset repeat few phrases between varying words and digits. Each phrase becomes
one token, so that a question with its reasoning is some thirty tokens long instead of hundreds, and training is that
much faster. Digits are always single tokens, and the varying words are the same tokens wherever they stand.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

PAD, END, USER, ASSISTANT = "<pad>", "<end_of_utterance>", "<|user|>", "<|assistant|>"
IMAGE, IMAGE_EDGE, WHOLE_IMAGE = "<image>", "<fake_token_around_image>", "<global-img>"
SPECIAL = (PAD, END, USER, ASSISTANT, IMAGE, IMAGE_EDGE, WHOLE_IMAGE)

# Not special: they are part of what the model says, and must survive `skip_special_tokens`.
TAGS = ("<think>", "</think>", "<answer>", "</answer>")

CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|assistant|>' if message['role'] == 'assistant' else '<|user|>' }}"
    "{% if message['content'] is string %}{{ message['content'] }}"
    "{% else %}{% for part in message['content'] %}"
    "{{ '<image>' if part['type'] == 'image' else part['text'] }}"
    "{% endfor %}{% endif %}<end_of_utterance>"
    "{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def phrases_of(texts: Iterable[str], words: Sequence[str], whole: Sequence[str]) -> Counter[str]:
    """How often each phrase occurs: the text between digits, single capital letters, `words`, tags and `whole`.

    `whole` are regular expressions of texts that are one phrase with everything in them; they are counted too.
    """
    known = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    varying = re.compile(rf"</?think>|</?answer>|-(?=\d)|\d|(?<![A-Za-z])(?:[A-Z](?![A-Za-z])|(?:{known})(?=s?\b))")
    kept = re.compile("|".join(f"(?:{pattern})" for pattern in whole)) if whole else None
    found: Counter[str] = Counter()
    for text in texts:
        pieces = [text]
        if kept is not None:
            found.update(kept.findall(text))
            pieces = kept.split(text)
        found.update(part for piece in pieces for part in varying.split(piece) if part)
    return found


def build(texts: Iterable[str], words: Sequence[str], whole: Sequence[str], vocabulary: int) -> PreTrainedTokenizerFast:
    """A byte-level tokenizer of exactly `vocabulary` tokens; rare phrases are left out where there are too many."""
    texts = list(texts)
    room = vocabulary - 256 - len(SPECIAL) - len(TAGS)
    counted = phrases_of(texts, words, whole)
    ranked = sorted(counted, key=lambda phrase: (-counted[phrase] * (len(phrase.encode()) - 1), phrase))
    worth = [phrase for phrase in ranked if len(phrase) > 1]
    phrases = list(dict.fromkeys([*(word for word in words if len(word) > 1), *worth]))[:room]

    tokenizer = Tokenizer(models.BPE(byte_fallback=False))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary - len(SPECIAL) - len(TAGS) - len(phrases),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in SPECIAL])
    tokenizer.add_tokens([AddedToken(token, special=False, normalized=False) for token in (*TAGS, *phrases)])
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer,
        pad_token=PAD,
        eos_token=END,
        additional_special_tokens=[USER, ASSISTANT, IMAGE, IMAGE_EDGE, WHOLE_IMAGE],
        clean_up_tokenization_spaces=False,
        padding_side="left",
        model_max_length=2048,
        chat_template=CHAT_TEMPLATE,
    )

"""Tiny models with random weights and a tokenizer of characters: the trainer's code on real architectures, at once."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import torch
from PIL import Image as Pillow
from tokenizers import Tokenizer, decoders, pre_tokenizers
from tokenizers.models import BPE

from reward_service.types import Reference
from rfteval.types import Image, ImagePart, Message, Prompt, Sample, TextPart

SPECIAL = ("<pad>", "<s>", "</s>", "<image>", "<fake_token_around_image>", "<global-img>", "<end_of_utterance>")
TEMPLATE = (
    "{% for message in messages %}{{ message['role'] }}: {% if message['content'] is string %}{{ message['content'] }}"
    "{% else %}{% for part in message['content'] %}{% if part['type'] == 'image' %}<image>{% else %}{{ part['text'] }}"
    "{% endif %}{% endfor %}{% endif %}</s>{% endfor %}{% if add_generation_prompt %}a:{% endif %}"
)
SIDE = 32


def tokenizer() -> Any:
    """Printable ASCII, one token a character."""
    from transformers import PreTrainedTokenizerFast

    letters = [chr(code) for code in range(33, 127)] + ["Ġ", "Ċ"]
    vocabulary = {token: number for number, token in enumerate([*SPECIAL, *letters])}
    model = Tokenizer(BPE(vocab=vocabulary, merges=[], unk_token="<pad>"))
    model.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)  # type: ignore[assignment]
    model.decoder = decoders.ByteLevel()  # type: ignore[assignment]
    made = PreTrainedTokenizerFast(
        tokenizer_object=model,
        bos_token="<s>",
        eos_token="</s>",
        pad_token="<pad>",
        additional_special_tokens=list(SPECIAL[3:]),
    )
    made.chat_template = TEMPLATE
    return made


def save_text_model(folder: Path, seed: int = 0) -> Path:
    """A Llama with two layers."""
    from transformers import LlamaConfig, LlamaForCausalLM

    made = tokenizer()
    torch.manual_seed(seed)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(made),
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=512,
            bos_token_id=1,
            eos_token_id=2,
            pad_token_id=0,
        )
    )
    model.save_pretrained(folder)
    made.save_pretrained(folder)
    return folder


def save_picture_model(folder: Path, seed: int = 0) -> Path:
    """An Idefics3 with two layers each for pictures and text; 4 tokens a picture."""
    from transformers import Idefics3Config, Idefics3ForConditionalGeneration, Idefics3Processor
    from transformers.models.idefics3.image_processing_pil_idefics3 import Idefics3ImageProcessorPil

    made = tokenizer()
    torch.manual_seed(seed)
    config = Idefics3Config(
        vision_config={
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "image_size": SIDE,
            "patch_size": 8,
        },
        text_config={
            "model_type": "llama",
            "vocab_size": len(made),
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "bos_token_id": 1,
            "eos_token_id": 2,
            "pad_token_id": 0,
        },
        image_token_id=made.convert_tokens_to_ids("<image>"),
        scale_factor=2,
        pad_token_id=0,
        tie_word_embeddings=False,
    )
    model = Idefics3ForConditionalGeneration(config)
    model.generation_config.eos_token_id = 2
    model.generation_config.pad_token_id = 0
    model.save_pretrained(folder)
    pictures = Idefics3ImageProcessorPil(
        do_image_splitting=False, size={"longest_edge": SIDE}, max_image_size={"longest_edge": SIDE}
    )
    Idefics3Processor(pictures, made, image_seq_len=4, chat_template=TEMPLATE).save_pretrained(folder)
    return folder


def text_sample(number: int, answer: str = "7") -> Sample:
    """A question whose answer is a number."""
    return Sample(
        id=f"t{number}",
        question=f"What is {number} plus {int(answer) - number}?",
        reference=Reference(answer=answer, kind="number"),
        tags={"level": str(number % 3)},
    )


def picture_sample(number: int, answer: str = "7") -> Sample:
    """As `text_sample`, with a picture of one colour."""
    buffer = io.BytesIO()
    Pillow.new("RGB", (SIDE, SIDE), (40 * number % 256, 90, 200 - 20 * number % 200)).save(buffer, "PNG")
    plain = text_sample(number, answer)
    return Sample(
        id=f"p{number}",
        question=plain.question,
        reference=plain.reference,
        images=(Image(data=buffer.getvalue()),),
        tags=plain.tags,
    )


def prompt_of(sample: Sample) -> Prompt:
    """Pictures, then the question."""
    parts = (*(ImagePart(image=image) for image in sample.images), TextPart(text=sample.question))
    return Prompt(sample_id=sample.id, messages=(Message(role="user", parts=parts),))

"""Tiny models with random weights in the architectures that matter, made on the spot. What they say is noise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
import transformers
from tokenizers import Tokenizer, decoders, pre_tokenizers, trainers
from tokenizers import models as token_models
from transformers.models.idefics3.configuration_idefics3 import Idefics3VisionConfig
from transformers.models.idefics3.image_processing_pil_idefics3 import Idefics3ImageProcessorPil

SPECIAL = (
    *("<pad>", "<end>", "<user>", "<assistant>", "<image>", "<fake_token_around_image>", "<global-img>"),
    *("<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>"),
)
TEXTS = ["what is shown in the picture", "the answer is", "think about the chart and the table", "<think>", "</think>"]
HEAD = "{% for m in messages %}<{{ m['role'] if m['role'] == 'assistant' else 'user' }}>"
TAIL = (
    "<end>{% endfor %}{% if add_generation_prompt %}<assistant>"
    "{% if enable_thinking is defined and enable_thinking %}<think>{% endif %}{% endif %}"
)
PARTS = (
    "{% for p in m['content'] %}{% if p['type'] == 'image' %}PICTURE{% else %}{{ p['text'] }}{% endif %}{% endfor %}"
)
TEXT_TEMPLATE = HEAD + "{{ m['content'] }}" + TAIL
IDEFICS_TEMPLATE = HEAD + PARTS.replace("PICTURE", "<image>") + TAIL
QWEN_TEMPLATE = HEAD + PARTS.replace("PICTURE", "<|vision_start|><|image_pad|><|vision_end|>") + TAIL


def tokenizer(template: str | None) -> Any:
    """A byte-level tokenizer of 400 tokens."""
    made = Tokenizer(token_models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)  # type: ignore[assignment]
    made.decoder = decoders.ByteLevel()  # type: ignore[assignment]
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=list(SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    made.train_from_iterator(TEXTS * 20, trainer)
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=made,
        pad_token="<pad>",
        eos_token="<end>",
        additional_special_tokens=list(SPECIAL[2:]),
        chat_template=template,
        padding_side="left",
        model_max_length=256,
    )


def text_settings(words: Any, **more: object) -> dict[str, object]:
    """Settings of a language model of two layers; wide weights, so that its choices are clear-cut."""
    return {
        "vocab_size": len(words),
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "head_dim": 32,
        "max_position_embeddings": 256,
        "bos_token_id": None,
        "eos_token_id": words.eos_token_id,
        "pad_token_id": words.pad_token_id,
        "initializer_range": 0.2,
        "tie_word_embeddings": False,
        **more,
    }


def save(model: Any, words: Any, processor: Any, folder: Path) -> Path:
    """Write a model with what reads its prompts."""
    model.generation_config.eos_token_id = words.eos_token_id
    model.generation_config.pad_token_id = words.pad_token_id
    model.save_pretrained(folder)
    (words if processor is None else processor).save_pretrained(folder)
    return folder


def idefics(folder: Path, *, seed: int = 0) -> Path:
    """Idefics3, the architecture of the embedded model: 4 tokens a picture of 32 pixels a side."""
    words = tokenizer(IDEFICS_TEMPLATE)
    torch.manual_seed(seed)
    config = transformers.Idefics3Config(
        text_config=transformers.LlamaConfig(**text_settings(words)),
        vision_config=Idefics3VisionConfig(
            hidden_size=64,
            intermediate_size=64,
            num_hidden_layers=1,
            num_attention_heads=2,
            image_size=32,
            patch_size=8,
            initializer_range=0.2,
        ),
        scale_factor=2,
        image_token_id=words.convert_tokens_to_ids("<image>"),
        tie_word_embeddings=False,
        pad_token_id=words.pad_token_id,
        eos_token_id=words.eos_token_id,
    )
    sides = {"longest_edge": 32}
    pictures = Idefics3ImageProcessorPil(do_image_splitting=False, size=sides, max_image_size=sides)
    processor = transformers.Idefics3Processor(pictures, words, image_seq_len=4, chat_template=IDEFICS_TEMPLATE)
    return save(transformers.Idefics3ForConditionalGeneration(config), words, processor, folder)


def qwen(folder: Path) -> Path:
    """Qwen2.5-VL, whose positions have three dimensions. Its processor is not saved whole: that needs torchvision."""
    words = tokenizer(QWEN_TEMPLATE)
    torch.manual_seed(1)
    config = transformers.Qwen2_5_VLConfig(
        text_config=text_settings(words, rope_parameters={"rope_type": "default", "mrope_section": [4, 6, 6]}),
        vision_config={
            "depth": 1,
            "hidden_size": 64,
            "intermediate_size": 64,
            "num_heads": 2,
            "out_hidden_size": 64,
            "patch_size": 14,
            "spatial_merge_size": 2,
            "window_size": 56,
            "fullatt_block_indexes": [0],
            "initializer_range": 0.2,
        },
        image_token_id=words.convert_tokens_to_ids("<|image_pad|>"),
        video_token_id=words.convert_tokens_to_ids("<|video_pad|>"),
        vision_start_token_id=words.convert_tokens_to_ids("<|vision_start|>"),
        vision_end_token_id=words.convert_tokens_to_ids("<|vision_end|>"),
    )
    from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

    save(transformers.Qwen2_5_VLForConditionalGeneration(config), words, None, folder)
    limits = {"shortest_edge": 28 * 28, "longest_edge": 28 * 28 * 16}
    Qwen2VLImageProcessorPil(size=limits).save_pretrained(folder)
    return folder


def llama(folder: Path, template: str | None = TEXT_TEMPLATE) -> Path:
    """A language model that takes no pictures."""
    words = tokenizer(template)
    torch.manual_seed(2)
    return save(transformers.LlamaForCausalLM(transformers.LlamaConfig(**text_settings(words))), words, None, folder)

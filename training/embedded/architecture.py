"""A small vision-language model in the Idefics3 architecture, with random weights, and its processor."""

from __future__ import annotations

import torch
from torch import Tensor
from transformers import (
    Idefics3Config,
    Idefics3ForConditionalGeneration,
    Idefics3Processor,
    LlamaConfig,
    PreTrainedTokenizerFast,
)
from transformers.models.idefics3.configuration_idefics3 import Idefics3VisionConfig
from transformers.models.idefics3.image_processing_pil_idefics3 import Idefics3ImageProcessorPil

from training.embedded.phrases import CHAT_TEMPLATE, IMAGE
from training.embedded.sizes import Architecture

# Paper is about 0 for the model: a patch without ink then says nothing, and a change of the first layer changes little.
# Not exactly white, since a picture of zeros would be taken for padding.
PAPER = 0.95
LENGTH_OF_PLACE = 6.0


def build_model(shape: Architecture, tokenizer: PreTrainedTokenizerFast, seed: int) -> Idefics3ForConditionalGeneration:
    """The model with random weights that follow from `seed`."""
    text = LlamaConfig(
        vocab_size=shape.vocabulary,
        hidden_size=shape.width,
        intermediate_size=shape.inner,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.key_heads,
        head_dim=shape.width // shape.heads,
        max_position_embeddings=shape.positions,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    vision = Idefics3VisionConfig(
        hidden_size=shape.vision_width,
        intermediate_size=shape.vision_inner,
        num_hidden_layers=shape.vision_layers,
        num_attention_heads=shape.vision_heads,
        image_size=shape.image,
        patch_size=shape.patch,
    )
    config = Idefics3Config(  # type: ignore[call-arg] # of every model, not declared for this one
        text_config=text,
        vision_config=vision,
        scale_factor=shape.scale,
        image_token_id=int(tokenizer.convert_tokens_to_ids(IMAGE)),  # type: ignore[arg-type]
        tie_word_embeddings=True,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=None,
    )
    torch.manual_seed(seed)
    model = Idefics3ForConditionalGeneration(config)  # type: ignore[no-untyped-call]
    with torch.no_grad():
        model.model.vision_model.embeddings.position_embedding.weight += rows_and_columns(shape, seed)
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    return model


def rows_and_columns(shape: Architecture, seed: int) -> Tensor:
    """(patches, width): one direction for every row of patches and one for every column, all at right angles.

    Places learned one by one are short beside what a patch with ink says, and for long do not tell what lies in one row
    or column, which is what charts and tables are about.
    """
    side = shape.image // shape.patch
    directions = torch.linalg.qr(
        torch.randn(shape.vision_width, 2 * side, generator=torch.Generator().manual_seed(seed))
    )
    rows, columns = directions.Q.T.split(side)
    places: Tensor = LENGTH_OF_PLACE * (rows[:, None] + columns[None]).flatten(0, 1)
    return places


def build_processor(shape: Architecture, tokenizer: PreTrainedTokenizerFast) -> Idefics3Processor:
    """The processor: pictures of any size become one square of the model's size, never split into tiles."""
    pictures = Idefics3ImageProcessorPil(
        do_image_splitting=False,
        size={"longest_edge": shape.image},
        max_image_size={"longest_edge": shape.image},
        image_mean=[PAPER] * 3,
        image_std=[0.5] * 3,
    )
    return Idefics3Processor(pictures, tokenizer, image_seq_len=shape.image_tokens, chat_template=CHAT_TEMPLATE)

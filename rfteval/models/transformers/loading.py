"""A folder or hub id → a model with its processor, ready to generate; or a ModelError that says what to do."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers.models.auto.modeling_auto import MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES

from rfteval.errors import ModelError
from rfteval.models.reasoning import THINK_END
from rfteval.models.transformers import qwen
from rfteval.models.transformers.processing import Processing

_NO_END = 1 << 30  # the context of a model that states none


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A model in memory. `eos` are the tokens that end a response, `closing` those that end its reasoning."""

    model: Any
    processing: Processing
    eos: frozenset[int]
    closing: tuple[int, ...]

    def moved(self, value: torch.Tensor) -> torch.Tensor:
        """`value` where the model begins, pictures in its number type."""
        value = value.to(self.model.device)
        return value.to(self.model.dtype) if value.is_floating_point() else value


def load(name: str, options: Mapping[str, object]) -> Loaded:
    """The model `name` with `options` of the backend `transformers`. Raises ModelError."""
    with _quiet():
        return _load(name, options)


def _load(name: str, options: Mapping[str, object]) -> Loaded:
    where = str(Path(name).expanduser()) if Path(name).expanduser().is_dir() else name
    source = {key: options[key] for key in ("revision", "trust_remote_code") if key in options}
    with _told(name):
        config = transformers.AutoConfig.from_pretrained(where, **source)
    if config.is_encoder_decoder:
        raise ModelError(
            f"{name} is an encoder-decoder model, which this backend does not run; serve it, and use openai:"
        )
    processing = load_processing(name, config if takes_pictures(config) else None, options)
    with _told(name):
        model = _model(where, processing.takes_pictures, source, options)
        if "adapter" in options:
            model = _adapted(model, str(options["adapter"]))
    tokenizer = processing.tokenizer
    ends = model.generation_config.eos_token_id
    listed = ends if isinstance(ends, list) else [ends]
    return Loaded(
        model=model.eval(),
        processing=processing,
        eos=frozenset(end for end in (*listed, tokenizer.eos_token_id) if end is not None),
        closing=tuple(tokenizer.encode(THINK_END, add_special_tokens=False)),
    )


def load_processing(name: str, config: Any | None, options: Mapping[str, object]) -> Processing:
    """Tokenizer, chat template and, with a vision-language model's `config`, picture processor. Raises ModelError."""
    where = str(Path(name).expanduser()) if Path(name).expanduser().is_dir() else name
    source = {key: options[key] for key in ("revision", "trust_remote_code") if key in options}
    processor = None
    if config is None:
        with _told(name):
            tokenizer = transformers.AutoTokenizer.from_pretrained(where, **source)
    else:
        processor = _processor(name, where, config, source, options)
        tokenizer = processor.tokenizer
    tokenizer.padding_side = "left"
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    template = options.get("chat_template")
    holder = tokenizer if processor is None or isinstance(processor, qwen.QwenProcessor) else processor
    if template is not None:
        try:
            holder.chat_template = Path(str(template)).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ModelError(f"cannot read the chat template {template}: {error}") from None
    if holder.chat_template is None:
        raise ModelError(
            f"{name} has no chat template, so that it is not said how to ask it; give one as --model-option "
            "chat_template=FILE, or use the variant that was tuned to answer"
        )
    context = options.get("context") or _context(config, where, source)
    most_images = options.get("max_images")
    assert isinstance(context, int) and (most_images is None or isinstance(most_images, int))
    return Processing(tokenizer, processor, context=context, most_images=most_images)


def takes_pictures(config: Any) -> bool:
    """Whether the model that a configuration describes reads pictures."""
    remote = getattr(config, "auto_map", None) or {}
    return config.model_type in MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES or "AutoModelForImageTextToText" in remote


def _model(where: str, pictures: bool, source: Mapping[str, object], options: Mapping[str, object]) -> Any:
    device = _device(options)
    wanted = options.get("dtype", "auto")
    # A processor has no arithmetic for the half-size numbers that weights are stored in, or a slow one.
    dtype = "float32" if wanted == "auto" and device == "cpu" else wanted
    arguments: dict[str, object] = {"dtype": dtype, **source}
    if "attention" in options:
        arguments["attn_implementation"] = options["attention"]
    if "device_map" in options:
        arguments["device_map"] = options["device_map"]
    kind: Any = transformers.AutoModelForImageTextToText if pictures else transformers.AutoModelForCausalLM
    model = kind.from_pretrained(where, **arguments)
    return model if "device_map" in options else model.to(device)


def _device(options: Mapping[str, object]) -> str:
    if "device" in options:
        return str(options["device"])
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _adapted(model: Any, adapter: str) -> Any:
    """The model with a LoRA adapter beside its weights, as it was trained; merging would round."""
    from peft import PeftModel

    return PeftModel.from_pretrained(model, adapter)


def _processor(name: str, where: str, config: Any, source: Mapping[str, object], options: Mapping[str, object]) -> Any:
    limits = {key: options[key] for key in ("min_pixels", "max_pixels") if key in options}
    automatic: Any = transformers  # these two are not typed
    try:
        processor = automatic.AutoProcessor.from_pretrained(where, **source, **limits)
    except ImportError as error:
        if config.model_type not in qwen.FAMILY:
            raise ModelError(f"the processor of {name} needs a package that is not here: {_line(error)}") from None
        with _told(name):
            pictures = automatic.AutoImageProcessor.from_pretrained(where, **source, **limits)
            tokenizer = transformers.AutoTokenizer.from_pretrained(where, **source)
        return qwen.QwenProcessor(pictures, tokenizer, config.image_token_id)
    except Exception as error:  # of any type, as in _told
        raise ModelError(f"{_no_processor(name)} ({_line(error)})") from None
    if getattr(processor, "image_processor", None) is None:  # a tokenizer alone is what is found where there is none
        raise ModelError(_no_processor(name))
    return processor


def _no_processor(name: str) -> str:
    return (
        f"{name} takes pictures and has no processor that can be loaded; copy preprocessor_config.json, "
        "processor_config.json and the tokenizer's files from the model that it was made from into its folder"
    )


def _context(config: Any | None, where: str, source: Mapping[str, object]) -> int:
    config = transformers.AutoConfig.from_pretrained(where, **source) if config is None else config
    stated = getattr(config.get_text_config(decoder=True), "max_position_embeddings", None)
    return stated if isinstance(stated, int) and stated > 0 else _NO_END


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Loading draws bars and warns of what no one here can change; what goes wrong is raised."""
    logging: Any = transformers.utils.logging  # not typed
    before, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(before)
        if bars:
            logging.enable_progress_bar()


@contextlib.contextmanager
def _told(name: str) -> Iterator[None]:
    """Whatever goes wrong inside becomes a ModelError."""
    try:
        yield
    except (ModelError, KeyboardInterrupt):
        raise
    except torch.OutOfMemoryError:
        raise ModelError(
            f"{name} does not fit into memory; use --model-option dtype=bfloat16 or device_map=auto"
        ) from None
    except Exception as error:  # the libraries raise OSError, ValueError, RuntimeError, KeyError, ... for a bad folder
        raise ModelError(
            f"cannot load {name}: {_line(error)}; check that it is a hub id within reach, or a folder with "
            "config.json, weights and tokenizer"
        ) from error


def _line(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"

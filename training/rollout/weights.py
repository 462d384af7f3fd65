"""The policy's weights as another engine takes them: under the names of a checkpoint, adapters added."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from training.policy import Policy


@torch.no_grad()
def checkpoint_weights(policy: Policy) -> dict[str, Tensor]:
    """Tensors by the names that `save_pretrained` would write, where they are and not copied.

    With adapters each adapted layer is a new tensor: its weights plus what the adapter adds, for the time being.
    Weights that are tied come under each of their names.
    """
    from transformers.core_model_loading import revert_weight_conversion

    model = policy.inner
    adapted: dict[str, Any] = {
        f"{name}.weight": module for name, module in model.named_modules() if hasattr(module, "get_delta_weight")
    }
    weights: dict[str, Tensor] = {}
    for name, tensor in model.state_dict().items():
        if ".lora_" in name:
            continue
        plain = name.replace(".base_layer.", ".")
        layer = adapted.get(plain)
        if layer is not None:
            for adapter in layer.active_adapters:
                tensor = tensor + layer.get_delta_weight(adapter).to(tensor.dtype)
        weights[plain] = tensor
    return dict(revert_weight_conversion(model, weights))

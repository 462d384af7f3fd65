"""The algorithms of the trainer as pure functions of tensors: no model, no files, no clock, no hidden randomness.

One topic a file. `docs/algorithms.md` maps each name of a configuration to its paper, its function and its departures.

Shapes are in the names: `_P` prompts of a batch, `_G` responses to one prompt (the group), `_N` = P·G responses,
`_T` tokens of a response, `_S` steps of a response. Masks are boolean and true where a value counts.
"""

"""Equality of two answers, one kind of answer a module.

Every module exports `compare(gold, answer, context) -> Outcome | None`; None means "the reference is not of this
kind, ask the next one", so the reference alone decides which kind settles it.
"""

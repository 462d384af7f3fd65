"""Verifiers that look at how an answer was reached: its steps, and signs of reward hacking."""

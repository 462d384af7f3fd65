"""Verdicts by another model over an OpenAI-compatible endpoint: an optional LLM judge and a process reward model.

Endpoints are named in the server's configuration, never in a request: a caller cannot make the server open an address.
"""

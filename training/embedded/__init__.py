"""How the embedded model is made: its tokenizer and its architecture, before any training."""

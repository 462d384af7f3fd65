"""The kinds of pictures, one a file; each exports one `Family`."""

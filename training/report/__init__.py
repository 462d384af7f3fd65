"""The page of a training run, made from the files in its folder alone."""

"""`rfteval why`: the gap between two runs' scores, divided among what differs by swapping one thing at a time."""

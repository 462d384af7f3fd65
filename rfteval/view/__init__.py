"""A folder of runs in the browser: a list of them, their pages, and two of them side by side; on this machine only."""

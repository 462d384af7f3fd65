"""Self-contained HTML pages: one file, no network, safe to open whatever a model wrote.

`page` is the skeleton, `charts` and `svg` draw, `embedding` puts data into a page. They know nothing of runs, so that
other reports can look alike.
"""

"""What has to be said of several benchmarks alike."""

UNPINNED = (
    "read at the hub's main revision, since no commit of it could be looked up when this was written: keep a snapshot "
    "where the same rows are to be read next year"
)
NO_OUTPUTS = "the authors released no outputs, so the rule was checked on written cases only"

"""A server's log: one line an event, as text for a person or as JSON for a collector. No text of any item gets here."""

from __future__ import annotations

import json
import logging
import sys

_FIELDS = "fields"


def configure(*, level: str, as_json: bool) -> None:
    """Send our own log to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if as_json else TextFormatter("%(asctime)s %(levelname)s %(message)s"))
    logger = logging.getLogger("reward_service")
    logger.handlers = [handler]
    logger.setLevel(level.upper())
    logger.propagate = False


def event(logger: logging.Logger, level: int, message: str, **fields: object) -> None:
    """Log `message` with named values beside it."""
    if logger.isEnabledFor(level):
        logger.log(level, message, extra={_FIELDS: fields})


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, message, and the event's own fields."""

    def format(self, record: logging.LogRecord) -> str:
        """logging's hook."""
        entry: dict[str, object] = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S") + f".{int(record.msecs):03}",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, _FIELDS, {}),
        }
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry, default=str)


class TextFormatter(logging.Formatter):
    """The message with the event's fields as name=value."""

    def format(self, record: logging.LogRecord) -> str:
        """logging's hook."""
        fields = getattr(record, _FIELDS, {})
        return " ".join([super().format(record), *(f"{name}={value}" for name, value in fields.items())])

"""The page docs/training-settings.md, made from the settings themselves: `python -m training.settings_page > FILE`."""

from __future__ import annotations

from training.config import fields

HEAD = """# Settings of a training run

Made from `training/settings.py` by `python -m training.settings_page`; a test holds it to that. `[]` marks an entry of
a list. What each part does is in [training.md](training.md).

| setting | default | meaning |
|---|---|---|
"""


def page() -> str:
    """The whole page."""
    rows = [f"| `{name}` | {_cell(default)} | {_cell(meaning)} |" for name, default, meaning in fields()]
    return HEAD + "\n".join(rows) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    print(page(), end="")

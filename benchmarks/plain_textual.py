"""The smallest Textual app, to compare with: one Static."""

from textual.app import App, ComposeResult
from textual.widgets import Static


class OneStatic(App[None]):
    """Shows one line."""

    def compose(self) -> ComposeResult:
        """The line."""
        yield Static("one static")


if __name__ == "__main__":
    OneStatic().run()

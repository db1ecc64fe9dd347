"""A plain Textual screen, to compare a key press with: one Static that fills it, whose every line changes at a key."""

from textual import events
from textual.app import App, ComposeResult
from textual.widgets import Static


class EveryLine(App[None]):
    """Shows how many keys were pressed, on every line."""

    CSS = "Static { width: 100%; height: 100%; }"

    def __init__(self) -> None:
        super().__init__()
        self.pressed = 0

    def compose(self) -> ComposeResult:
        """The lines."""
        yield Static(self.lines())

    def lines(self) -> str:
        """As many lines as there are rows, each as wide as the screen."""
        return "\n".join(f"line {row} {self.pressed} ".ljust(self.size.width, "·") for row in range(self.size.height))

    def on_key(self, _: events.Key) -> None:
        """Change every line."""
        self.pressed += 1
        self.query_one(Static).update(self.lines())


if __name__ == "__main__":
    EveryLine().run()

"""From numbers to lines of text: pure functions that know no session and no widget."""

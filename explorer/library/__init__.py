"""What the library shows (`entries`), how far lessons were followed (`bookmarks`), what a class answered (`marks`)."""

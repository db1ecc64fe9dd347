"""What the library shows (`entries`), and how far each lesson was followed (`bookmarks`)."""

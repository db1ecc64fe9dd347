"""What the library shows, and how far each lesson was followed."""

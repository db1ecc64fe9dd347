"""What surrounds the program: exit statuses, streams, limits, free memory, progress, the key file."""

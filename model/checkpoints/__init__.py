"""Files that other programs wrote: one short file a family, with its names in ours."""

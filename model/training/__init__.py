"""Where weights come from: examples, batches of them, Adam, the loop, and the moments that are kept."""

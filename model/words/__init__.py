"""What each step is called and why it exists, apart from the mathematics."""

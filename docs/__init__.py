"""The pages of the documentation, and what makes their tables (`tables`) and pictures (`picture`)."""

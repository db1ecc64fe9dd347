"""Widgets: each is given what it shows and says what happened; none reaches for the app or its siblings."""

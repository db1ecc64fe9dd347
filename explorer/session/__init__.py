"""What a person does, without a screen: opening a run, going from place to place, editing, following a lesson."""

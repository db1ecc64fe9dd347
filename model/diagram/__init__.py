"""A run as a diagram: towers of boxes, read off what each step was made from. Nothing here asks a config.

boxes           what a diagram is made of
naming_boxes    which steps are one box, and what it is called
ways            boxes in the order of their arrows: one after the other, and side by side
reading_off     from a trace to its diagram
"""

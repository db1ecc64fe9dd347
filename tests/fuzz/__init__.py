"""Files that nobody would write: every reader is given mutated ones, and may read them or refuse them in words.

`python -m tests.fuzz [READER ...] --count N --seed S` tries as many as one likes; the suite some, with fixed seeds.
"""

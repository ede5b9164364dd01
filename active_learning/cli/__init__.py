"""The command `active-learning`: its options, what it prints for them, and how it ends.

Not here: any computing.
"""

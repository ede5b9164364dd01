"""The command: its options, what each asks for, and how it ends.

Not here: any computing.
"""

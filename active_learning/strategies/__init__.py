"""Query rules: which rows of the pool to label next, one by one or in batches, and their registry.

Not here: the loop that calls them (study).
"""

"""A user's file: from bytes to cells and labels, and back byte for byte.

Not here: what columns mean to a classifier (features).
"""

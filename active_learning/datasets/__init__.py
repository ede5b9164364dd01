"""Data sets: by name, from openml.org, and how one is split into seed, pool and test.

Not here: a user's own table (tables, features).
"""

"""Columns as numbers: parsed cells, dates, categories, texts and vectors.

Not here: how a file is read (tables).
"""

"""Sentences and tables made from numbers.

Not here: the numbers (statistics) and the pictures (plots).
"""

"""Figures: their style, the results and the illustrations.

Not here: computing; a plot draws what it is given.
"""

"""How many more labels a target takes, when to stop, and how such forecasts fared.

Not here: savings against random (statistics).
"""

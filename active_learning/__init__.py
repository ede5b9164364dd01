"""The rooms behind al_helpers, which is their door and the map of them.

A room is one file that is read in five minutes, and imports only from the rooms below it; tests/test_house.py
holds the order. Nothing heavy is imported here, so that `active-learning --help` answers at once.
"""

__version__ = "1.0.0"

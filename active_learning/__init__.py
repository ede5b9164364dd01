"""The code behind `al_helpers`: wings that import only from those below them.

From the ground up: `datasets`, `strategies`, `statistics` and `tables`; `models` and `features`; `study`;
`labelling` and `report`; `forecast`; `plots`; `notebook`; `cli`. A contract in pyproject.toml holds that.
Nothing heavy is imported here, so that `active-learning --help` answers at once.
"""

__version__ = "1.0.0"

"""Keep a fixed sample of a cosmic-ray session: 300 places of the source, and one mutant of each.

    python tests/sample_mutants.py SESSION [SEED [FIRST LAST]]

All places are as likely, though an operator such as `+` has eleven mutants and a comparison nine. The
sample depends on the source and the seed alone; FIRST and LAST keep a part of it, for a run in parts.
"""

import random
import sys
from collections import defaultdict

from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import WorkItem

SIZE = 300


def draw(mutations, seed, size=SIZE):
    """Draw places without replacement, and for each one of its mutations."""
    places = defaultdict(list)
    for one in mutations:
        places[one.module_path.as_posix(), one.start_pos, one.end_pos].append(one)
    rng = random.Random(seed)
    drawn = rng.sample(sorted(places), min(size, len(places)))
    return [
        rng.choice(sorted(places[place], key=lambda m: (m.operator_name, m.occurrence))) for place in drawn
    ]


def main(session, seed=0, first=1, last=SIZE):
    with use_db(session, WorkDB.Mode.open) as database:
        sample = draw([item.mutations[0] for item in database.work_items], int(seed))
        print(f"{len(sample)} of {database.num_work_items} mutants")
        database.clear()
        database.add_work_items(
            WorkItem.single(f"{i:03}", one) for i, one in enumerate(sample, 1) if int(first) <= i <= int(last)
        )


if __name__ == "__main__":
    main(*sys.argv[1:])

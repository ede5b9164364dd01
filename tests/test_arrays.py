"""Claims about rows of numbers: picking them."""

import pandas as pd

from active_learning._arrays import take


def test_take_picks_a_frame_by_position_not_by_its_index():
    frame = pd.DataFrame({"a": [10, 20, 30]}, index=[2, 0, 1])
    assert list(take(frame, [0, 2])["a"]) == [10, 30]

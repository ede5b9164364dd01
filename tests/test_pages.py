"""Claims about the calls that start the notebooks."""

import pytest

import al_helpers as al
from active_learning.notebook import ParameterError
from active_learning.pages import FIGURES, DigitsPage

CALLS = [al.first_loop, al.appendix, al.past_projects]


@pytest.mark.parametrize("call", CALLS)
def test_figures_are_written_for_the_committed_page_alone(call):
    assert call().figures == FIGURES
    names = [name for name, value in call.__kwdefaults__.items() if isinstance(value, int)]
    for name in names:
        assert call(**{name: call.__kwdefaults__[name] + 3}).figures is None


def test_what_a_study_of_digits_found_does_not_decide_where_its_figures_go():
    assert DigitsPage(histories={}).figures == FIGURES
    for name in ("target", "batch", "budget", "splits", "seed"):
        assert DigitsPage(**{name: 0.5}).figures is None


@pytest.mark.parametrize("call", CALLS)
def test_a_bad_parameter_is_one_sentence(call):
    for name, value in call.__kwdefaults__.items():
        if isinstance(value, int):
            with pytest.raises(ParameterError, match=f"{name} must be") as caught:
                call(**{name: -1})
            assert "\n" not in str(caught.value)


def test_an_unknown_data_set_is_named_at_once():
    with pytest.raises(ParameterError, match="digit"):
        al.past_projects(data="digit")

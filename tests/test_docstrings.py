"""Public functions and classes have numpydoc docstrings, whose examples run."""

import doctest
import inspect
import sys

import pytest
from numpydoc.validate import validate

import al_helpers as al

CHECKS = {  # as numpydoc.validate names them
    "GL01": "the text starts after the quotes or on the next line",
    "GL06": "no unknown section",
    "GL07": "sections are in numpydoc's order",
    "GL08": "there is a docstring",
    "SS01": "there is a summary",
    "SS03": "the summary ends with a period",
    "PR01": "every parameter is documented",
    "PR02": "no other parameter is",
    "PR03": "parameters are in the order of the signature",
    "PR10": "there is a space before the colon of a parameter",
    "RT01": "what is returned is documented",
    "EX01": "there is an example",
}
PUBLIC = [name for name, value in vars(al).items() if inspect.isfunction(value) or inspect.isclass(value)]
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_docstring_passes_numpydocs_checks(name):
    errors = validate(f"al_helpers.{name}")["errors"]
    assert [(code, message) for code, message in errors if code in CHECKS] == []


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_example_runs_and_shows_what_it_says(name):
    public = getattr(al, name)
    module = sys.modules[public.__module__]
    examples = doctest.DocTestParser().get_doctest(
        inspect.getdoc(public) or "", {**vars(module)}, name, module.__file__, 0
    )
    failed, tried = doctest.DocTestRunner(optionflags=FLAGS).run(examples)
    assert tried > 0 and failed == 0

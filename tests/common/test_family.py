"""A method's family is the file of its loss, and nothing else is taken."""

import sys
from types import ModuleType

import pytest
from pydantic import TypeAdapter, ValidationError

from jepatlas.common.base.parameters import InputError
from jepatlas.common.learning.family import Family, check_family, families
from jepatlas.objectives import checks, decorrelation, prediction
from jepatlas.objectives.checks import check_pair
from jepatlas.objectives.decorrelation import vicreg
from jepatlas.objectives.prediction import paired_distance


def method(**names):
    """The class of a method in a module of its own, which has these names."""
    module = ModuleType("jepatlas_test_method")
    sys.modules[module.__name__] = module
    vars(module).update(names)
    return type("Method", (), {"__module__": module.__name__})


@pytest.fixture(autouse=True)
def _clean():
    yield
    sys.modules.pop("jepatlas_test_method", None)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ({"paired_distance": paired_distance}, ["prediction"]),
        ({"any": prediction}, ["prediction"]),
        ({"paired_distance": paired_distance, "check_pair": check_pair}, ["prediction"]),
        ({"a": paired_distance, "b": vicreg}, ["decorrelation", "prediction"]),
        ({"a": decorrelation, "b": checks}, ["decorrelation"]),
        ({"number": 1, "text": "jepatlas.objectives.prediction"}, []),
    ],
)
def test_families_are_where_names_come_from(names, expected):
    assert families(method(**names)) == expected


def test_the_right_family_passes():
    check_family(method(loss=vicreg), "decorrelation", "mixture.methods.mine")


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ({"loss": vicreg}, ["mixture.methods.mine.family", "'decorrelation'", "is 'prediction'"]),
        ({"a": paired_distance, "b": vicreg}, ["one file of objectives/", "decorrelation, pred"]),
        ({}, ["one file of objectives/", "none"]),
    ],
)
def test_another_family_is_refused_by_name(names, said):
    with pytest.raises(InputError) as caught:
        check_family(method(**names), "prediction", "mixture.methods.mine")
    for part in said:
        assert part in str(caught.value)


def test_a_family_is_a_file_of_objectives():
    assert TypeAdapter(Family).validate_python("sigreg") == "sigreg"
    for name in ("checks", "energies", "__init__"):
        with pytest.raises(ValidationError, match="should be one of contrastive, coupled_vae"):
            TypeAdapter(Family).validate_python(name)

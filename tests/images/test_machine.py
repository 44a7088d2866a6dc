"""In which precision images are computed, and by which instructions."""

import os

import pytest

from jepatlas.common.base.parameters import InputError
from jepatlas.common.learning import device
from jepatlas.images.learning.machine import Machine


@pytest.mark.parametrize("instructions", [True, False])
@pytest.mark.parametrize(
    ("arithmetic", "precision", "expected"),
    [
        ("fast", "auto", None),
        ("fast", "float32", False),
        ("fast", "bfloat16", True),
        ("portable", "auto", False),
        ("portable", "float32", False),
    ],
)
def test_choice(monkeypatch, arithmetic, precision, expected, instructions):
    monkeypatch.setattr(device, "has_bfloat16", lambda target: instructions)
    monkeypatch.setenv("MKL_CBWR", "AVX2")  # what a choice changes is put back after the test
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "AVX2")
    machine = Machine.choose("cpu", arithmetic, precision)
    assert machine.bfloat16 == (instructions if expected is None else expected)
    # The bound on oneDNN's instructions stands unless it would imitate bfloat16.
    assert ("ONEDNN_MAX_CPU_ISA" in os.environ) is not machine.bfloat16


def test_bfloat16_is_not_portable():
    with pytest.raises(InputError) as refusal:
        Machine.choose("cpu", "portable", "bfloat16")
    assert str(refusal.value) == (
        "params.yaml: images.precision: is 'bfloat16', but arithmetic is 'portable': few "
        "processors have it"
    )

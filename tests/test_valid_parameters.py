"""Two hundred random parameter files that are valid pass the check, as text and all."""

import numpy as np
import pytest
import yaml

from jepatlas.check import everything
from jepatlas.common.base import parameters
from jepatlas.common.base.yaml_file import PARAMS, parse
from tests import project, valid


def test_valid_parameters_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project.ROOT)
    rng = np.random.default_rng(0)
    for number in range(200):
        params = valid.parameters(rng)
        if number < 20:
            text = yaml.safe_dump(params, sort_keys=False, allow_unicode=True).encode()
            assert parse(text, PARAMS) == params
        monkeypatch.setattr(parameters, "read", lambda params=params: params)
        everything(params)

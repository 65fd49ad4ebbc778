from pathlib import Path
import pytest
import tests.looks.test_looks as t
from tests.looks.screens import BREACHES
from tests.looks.breaches import some_breaches
from tests.looks.test_looks import *
t.WANTS_PICTURES = True
@pytest.mark.parametrize("onlooker", ["hand", "desk"], indirect=True)
def test_mine(world, onlooker, request):
    t.PICTURES = Path("/tmp/br_shots") / request.node.callspec.params["onlooker"]
    t.PICTURES.mkdir(parents=True, exist_ok=True)
    made = some_breaches(world)
    for s in BREACHES:
        onlooker.looks_at(s, made)
    assert onlooker.wrong == []

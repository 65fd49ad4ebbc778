"""`python -m tests.faults`: the long form of every fault, and the table of what came of them."""

import os
import sys

os.environ["FV_LONG"] = "1"  # before the tests are read: they look at it then


def main(arguments: list[str]) -> int:
    import pytest

    from tests.faults.table import Printed, faults

    named = dict.fromkeys(test for row in faults() for test in row.tests)
    return int(pytest.main([*arguments, *named], plugins=[Printed()]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Which browser the tests drive, and how: Debian's Chromium, without what a test never looks at."""

import os
import shutil

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip


def browser_path() -> str:
    """The same engine without its windows where that is installed: it starts in a third of the time.

    FV_BROWSER names another, for one run.
    """
    wanted = [os.environ.get("FV_BROWSER", ""), "chromium-headless-shell", "chromium"]
    found = next((path for name in wanted if name and (path := shutil.which(name))), None)
    assert found, "these tests need the Debian package chromium"
    return found

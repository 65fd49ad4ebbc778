"""Puts this checkout on the path of its own environment, with the `fieldvisit` command: no build step, nothing fetched."""

import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
Path(sysconfig.get_path("purelib"), "fieldvisit-checkout.pth").write_text(f"{ROOT}\n")
script = Path(sysconfig.get_path("scripts"), "fieldvisit")
script.write_text(f"#!{sys.executable}\nimport sys\n\nfrom fieldvisit.cli import main\n\nsys.exit(main())\n")
script.chmod(0o755)

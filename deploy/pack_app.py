"""Makes static/app/ anew: the phone's scripts as one file, and its sheet, as small as they get.

    python deploy/pack_app.py        needs Node 20 or newer with npm, and a package registry

Run it after changing a script or the sheet. Until then the app serves the scripts one by one, as they are written: it
never serves a file that was made of others than those that lie here. Nothing of the packed files is written by hand.
"""

import json
import subprocess
import tempfile
from pathlib import Path

from fieldvisit.web.render import APART, APP, STATIC, source_hash

TOOLS = ("esbuild@0.28.2", "terser@5.51.2", "@gfx/zopfli@1.0.15")
SMALLEST = "passes=5,ecma=2020,unsafe_arrows,keep_fargs=false"
SQUEEZE = """const zopfli = require("@gfx/zopfli"), fs = require("fs");
for (const file of %s)
  zopfli.gzipAsync(fs.readFileSync(file), { numiterations: 15 }).then((packed) => fs.writeFileSync(`${file}.gz`, packed));
"""


def run(*command: str, at: Path) -> None:
    subprocess.run(command, cwd=at, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own words


def main() -> None:
    before = source_hash()
    APP.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        run("npm", "init", "--yes", at=here)
        run("npm", "install", "--save-exact", "--ignore-scripts", *TOOLS, at=here)
        esbuild, terser = here / "node_modules/.bin/esbuild", here / "node_modules/.bin/terser"
        # The shell leaves the modules that are packed apart to themselves; each of those brings what it needs.
        esm = ("--bundle", "--format=esm", "--target=es2022")
        for script, made in (("app.js", "two.js"), *((name, name) for name in APART)):
            # From their own folder: the packed file names its parts, and no folder of whoever packed it.
            run(str(esbuild), f"js/{script}", *esm, f"--outfile={here / 'one.js'}", at=STATIC)
            run(str(terser), "one.js", "--module", "--mangle", "--compress", SMALLEST, "-o", made, at=here)
        run(str(esbuild), "css/doorstep.css", "--minify", f"--outfile={here / 'two.css'}", at=STATIC)
        run(str(esbuild), "sw.js", "--minify", f"--outfile={here / 'sw.js'}", at=STATIC)
        (here / "squeeze.cjs").write_text(SQUEEZE % json.dumps(["two.js", "two.css", *APART]))
        run("node", "squeeze.cjs", at=here)
        (APP / "sw.js").write_bytes((here / "sw.js").read_bytes())
        for end in ("js", "css", "js.gz", "css.gz"):
            (APP / f"phone.{end}").write_bytes((here / f"two.{end}").read_bytes())
        for name in APART:
            for file in (name, f"{name}.gz"):
                (APP / file).write_bytes((here / file).read_bytes())
    assert source_hash() == before, "a script changed meanwhile: run it again"
    (APP / "made-of").write_text(before + "\n")


if __name__ == "__main__":
    main()

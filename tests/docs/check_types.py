"""Check the types of the pages' Python with mypy: one module a page, and one for each file that a page names.

`nox -s typecheck` runs it after mypy over the project, whose cache it uses. Line numbers are the pages'.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

from mypy import api

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.docs.pages import ROOT, Page, all_pages

FOLDER = ROOT / ".nox" / "pages"
RELAXED = "# mypy: allow-untyped-defs, allow-incomplete-defs, allow-untyped-calls\n"
"""Examples may leave out annotations that their reader does not need.

Not as options: with others than the project's, mypy would check the whole project again.
"""


def main() -> int:
    """Write the modules, check them, and print what mypy says, with the pages' names."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    modules = {}
    for page in all_pages():
        modules.update(modules_of(page))
    for name, (_, code) in modules.items():
        (FOLDER / f"{name}.py").write_text(f"{code.rstrip()}\n{RELAXED}")
    names = [str(FOLDER / f"{name}.py") for name in modules]
    output, errors, status = api.run(names)
    for name, (path, _) in modules.items():
        output = output.replace(f".nox/pages/{name}.py", path)
    sys.stdout.write(output)
    sys.stderr.write(errors)
    return status


def modules_of(page: Page) -> dict[str, tuple[str, str]]:
    """Return path and code of each module by its name: the page's own, and its files that are Python."""
    blocks = [block for block in page.blocks("python") if "not checked" not in block.marks]
    files = [Path(block.file).stem for block in blocks if block.file]
    lines: list[str] = []
    modules = {}
    for block in blocks:
        code = block.padded
        for stem in files:
            code = re.sub(
                rf"^( *)from {stem} import ", rf"\1from {page.slug}__{stem} import ", code, flags=re.MULTILINE
            )
            code = re.sub(
                rf"^( *)import {stem}$", rf"\1import {page.slug}__{stem} as {stem}", code, flags=re.MULTILINE
            )
        if block.file:
            stem = Path(block.file).stem
            modules[f"{page.slug}__{stem}"] = page.path, code
            code = f"{code.count(chr(10)) * chr(10)}from {page.slug}__{stem} import *\n"
        written = code.splitlines()[len(lines) :]
        lines += written
    if lines:
        modules[page.slug] = page.path, "\n".join(lines) + "\n"
    return modules


if __name__ == "__main__":
    sys.exit(main())

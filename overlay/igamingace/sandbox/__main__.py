"""`python -m igamingace.sandbox`: the same as `igamingace sandbox`."""

from __future__ import annotations

import typer

from igamingace.sandbox.command import sandbox

if __name__ == "__main__":
    typer.run(sandbox)

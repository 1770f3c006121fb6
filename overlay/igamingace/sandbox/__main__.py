"""`python -m igamingace.sandbox`: the same as `igamingace sandbox`."""

from __future__ import annotations

import gc
import sys

from igamingace._common.extras import install_hint


def main() -> None:
    """Run the sandbox with the arguments of the command line.

    Raises:
        SystemExit: always, with the exit status; with a sentence that names the extra when it is missing.
    """
    gc.disable()  # nothing of what is imported is garbage: a tenth of the start
    try:
        import typer  # noqa: PLC0415 - an extra, whose lack is explained

        from igamingace.sandbox.command import sandbox  # noqa: PLC0415 - the same
    except ModuleNotFoundError as error:
        sys.exit(f"the sandbox needs {error.name}: {install_hint('sandbox')}")
    gc.enable()
    typer.run(sandbox)


if __name__ == "__main__":
    main()

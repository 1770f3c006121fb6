"""How the contract becomes code: `python -m codegen` in `spec/`, or `nox -s generate`."""

from pathlib import Path

HERE = Path(__file__).parent
SPEC = HERE.parent
TEMPLATES = HERE / "templates"

"""Makes the conformance vectors in spec/conformance/: `python -m vectors`, or `nox -s generate`."""

from pathlib import Path

HERE = Path(__file__).parent
SPEC = HERE.parent
OUTPUT = SPEC / "conformance"
TOKEN = "60349266c8d9487eab7531b1a15d2480"  # noqa: S105 -- the documented example of a token

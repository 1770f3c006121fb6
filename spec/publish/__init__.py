"""How the contract is published: `python -m publish` in `spec/`, or the sessions of noxfile.py."""

from pathlib import Path

HERE = Path(__file__).parent
SPEC = HERE.parent

"""Lints the contract: says in sentences what an operation, a code or a schema lacks.

OpenAPI's own rules are checked by other tools. These are the project's: what the generators, the sandbox and
the people who read the contract rely on. `nox -s check` runs them all and reports every problem at once.
"""

from pathlib import Path

SPEC = Path(__file__).resolve().parents[1]

"""The program as a whole: its help, its speed, what it says when something is missing."""

import inspect
import json
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import igamingace
import pytest
import typer
from igamingace.__main__ import COMMANDS, program
from typer.testing import CliRunner

OURS = [name for name, command in COMMANDS.items() if command.panel == "Accounts"]
ALL = [["agents", "create"], ["agents", "check"], *([name] for name in OURS if name != "agents")]


def invoke(*arguments):
    return CliRunner().invoke(program(arguments), arguments, env={"COLUMNS": "120", "TERM": "dumb"})


def test_help_lists_every_command():
    done = invoke("--help")

    assert done.exit_code == 0
    assert all(re.search(rf"^.? ?{name} ", done.stdout, re.MULTILINE) for name in COMMANDS)


def test_without_a_command_there_is_help():
    assert "Usage: igamingace" in invoke().output


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_s_line_in_the_list_is_the_first_of_its_own_help(name):
    from igamingace.__main__ import _load

    found = _load(COMMANDS[name].target)

    about = found.info.help if isinstance(found, typer.Typer) else inspect.getdoc(found)
    assert about.splitlines()[0] == COMMANDS[name].summary


@pytest.mark.parametrize("command", ALL, ids=" ".join)
def test_help_of_a_command_shows_an_example_and_its_statuses(command):
    done = invoke(*command, "--help")

    told = " ".join(done.stdout.split())
    assert done.exit_code == 0
    assert f"Example: igamingace {' '.join(command)}" in told
    assert "Exit status: 0 " in told
    assert "2 could not be run" in told
    assert "--json" in told
    assert "--file" in told


@pytest.mark.parametrize("command", ALL, ids=" ".join)
def test_an_example_is_one_that_the_command_takes(command):
    from igamingace.__main__ import _load

    found = _load(COMMANDS[command[0]].target)
    text = "\n".join(inspect.getdoc(each) or "" for each in functions(found))
    (example,) = re.findall(rf"^Example: igamingace {' '.join(command)}(.*)$", text, re.MULTILINE)

    done = invoke(*command, *example.split(), "--file", "/no/such/agents.toml")

    assert done.exit_code == 2
    assert done.stderr == "Error: /no/such/agents.toml: cannot be read: No such file or directory\n"


def functions(found):
    if not isinstance(found, typer.Typer):
        return [found]
    return [each.callback for each in found.registered_commands]


def test_the_version_is_that_of_package_and_contract():
    from igamingace_bindings import contract

    done = invoke("--version")

    assert done.exit_code == 0
    assert done.stdout == f"igamingace {igamingace.__version__}, contract {contract.VERSION}\n"


@pytest.mark.parametrize("width", [60, 100])
def test_the_terminal_wraps_help_and_the_source_does_not(width):
    done = CliRunner().invoke(program(["top-up"]), ["top-up", "--help"], env={"COLUMNS": str(width)})

    text = done.stdout.partition("Each receives")[2].partition("Exit status")[0]
    lines = [line.strip() for line in ("Each receives" + text).strip().splitlines()]
    shortest_but_last = min(map(len, lines[:-1]))
    assert len(lines) > 1
    assert max(map(len, lines)) <= width
    assert shortest_but_last > width - 20


@pytest.mark.parametrize("shell", ["bash", "zsh"])
@pytest.mark.parametrize(
    ("line", "offered"), [("igamingace bal", "balances"), ("igamingace balances --cur", "--currency")]
)
def test_a_shell_completes_commands_and_their_options(line, offered, shell):
    asked = {"_TYPER_COMPLETE_ARGS": line}
    if shell == "bash":
        asked = {"COMP_WORDS": line, "COMP_CWORD": str(len(line.split()) - 1)}
    script = "import sys; sys.argv = ['igamingace']\nfrom igamingace.__main__ import main\nmain()"

    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"_IGAMINGACE_COMPLETE": f"complete_{shell}", **asked},
        capture_output=True,
        text=True,
        check=False,
    )

    assert offered in done.stdout
    assert "tree" not in done.stdout


def test_a_command_that_is_not_there_is_2():
    done = invoke("balnces")

    assert done.exit_code == 2
    assert "balances" in done.stderr


def test_help_imports_no_command_and_nothing_heavy():
    heavy = ["httpcore2", "aiohttp", "pydantic", "uvicorn", "igamingace.operators", "igamingace.sandbox"]
    script = (
        "import sys; sys.argv = ['igamingace', '--help']\n"
        "from igamingace.__main__ import main\n"
        "try: main()\n"
        f"finally: print([name for name in {heavy} if name in sys.modules], file=sys.stderr)"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stderr.strip() == "[]"


@pytest.mark.parametrize(("command", "extra"), [("sandbox", "sandbox"), ("tree", "cli"), ("", "cli")])
def test_what_is_not_installed_is_told_with_the_extra(monkeypatch, command, extra):
    missing = "typer" if extra == "cli" else "igamingace.sandbox.command"
    monkeypatch.setitem(sys.modules, missing, None)

    with pytest.raises(SystemExit) as caught:
        program([command])

    assert f"pip install 'igamingace[{extra}]'" in str(caught.value.code)


@pytest.mark.parametrize("json", [[], ["--json"]])
def test_ctrl_c_is_130_and_a_word(json, tmp_path, monkeypatch):
    monkeypatch.setenv("TOKEN", "a-token")
    (tmp_path / "agents.toml").write_text('[[account]]\nname = "a"\ncurrency = "USD"\ntoken_env = "TOKEN"\n')
    with socket.create_server(("127.0.0.1", 0)) as listener:
        monkeypatch.setenv("IGAMINGACE_BASE_URL", f"http://127.0.0.1:{listener.getsockname()[1]}")
        program = [sys.executable, "-m", "igamingace", "balances", *json]
        with subprocess.Popen(
            program, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as running:
            waiting, _ = listener.accept()
            running.send_signal(signal.SIGINT)
            out, err = running.communicate()
            waiting.close()

    assert running.returncode == 130
    assert err == "Error: interrupted\n"
    assert out.strip() == ('{"ok":false,"error":"interrupted"}' if json else "")


COMMANDS_WITH_ERRORS = [["providers"], ["tree"], ["report"], ["doctor"], ["agents", "check"]]


@pytest.mark.parametrize("command", COMMANDS_WITH_ERRORS, ids=" ".join)
def test_json_of_an_error_has_an_argument_that_is_not_utf_8_with_its_bytes_escaped(command):
    done = invoke(*command, "--file", "\udcff.toml", "--json")

    assert done.exit_code == 2
    assert json.loads(done.stdout) == {
        "ok": False,
        "error": r"\udcff.toml: cannot be read: No such file or directory",
    }


@pytest.fixture
def bash(tmp_path, monkeypatch):
    """Return a function that runs the program with redirections, in a folder with one account."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOKEN", "a-token")
    (tmp_path / "agents.toml").write_text('[[account]]\nname = "a"\ncurrency = "USD"\ntoken_env = "TOKEN"\n')

    def run(line):
        script = f'"$0" -m igamingace {line}'
        return subprocess.run(
            ["bash", "-c", script, sys.executable], capture_output=True, text=True, check=False
        )

    return run


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has the full disk /dev/full")
@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("tree --offline --json", "[Errno 28] No space left on device"),
        ("tree --offline --json --account nobody", "there is no account 'nobody'"),
    ],
)
def test_an_error_whose_json_cannot_be_written_keeps_its_status_and_its_message(bash, line, said):
    done = bash(f"{line} > /dev/full")

    assert done.returncode == 2
    assert done.stderr.startswith(f"Error: {said}")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("options", ["", "--json"])
def test_output_to_a_stream_that_the_caller_closed_is_discarded(bash, options):
    done = bash(f"tree --offline {options} >&-")

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert bash(f"tree --offline {options} 2>&-").returncode == 0


def test_an_input_that_the_caller_closed_is_empty(bash):
    done = bash("callbacks sign --account a <&-")

    assert done.returncode == 2
    assert done.stderr.startswith("Error: the body")

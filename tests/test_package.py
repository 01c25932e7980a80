"""The package as it is handed out: its requirements, its papers, and a README whose commands run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import csbot

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    """The table ``project`` of pyproject.toml."""
    toml = pytest.importorskip("tomllib" if sys.version_info >= (3, 11) else "tomli")
    return dict(toml.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"])


def requirements(file: str) -> list[str]:
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def test_the_light_install_is_the_full_one_without_sentence_transformers(project: dict[str, Any]) -> None:
    full = project["dependencies"]
    left_out = [requirement for requirement in full if requirement.startswith("sentence-transformers")]
    assert len(left_out) == 1
    assert requirements("requirements-light.txt") == [requirement for requirement in full if requirement not in left_out]


def test_the_extras_are_those_that_the_papers_and_messages_name(project: dict[str, Any]) -> None:
    """An extra that pip doesn't know is passed over with a warning, and the next run fails as before."""
    extras = project["optional-dependencies"]
    assert {"dev", "milvus", "postgres", "report", "server", "train"} <= set(extras)
    files = [*(ROOT / "src").rglob("*.py"), *ROOT.glob("*.md"), ROOT / "pyproject.toml", ROOT / "Makefile"]
    named = {
        extra
        for file in files
        for match in re.findall(r"(?:csbot-zh|\.)\[([a-z,]+)\]['\"]?", file.read_text(encoding="utf-8"))
        for extra in match.split(",")
    }
    assert "postgres" in named
    assert named - set(extras) == set()


def test_the_distribution_is_csbot_zh_and_its_command_csbot(project: dict[str, Any]) -> None:
    """csbot on PyPI is somebody else's."""
    assert (project["name"], list(project["scripts"])) == ("csbot-zh", ["csbot"])


def test_the_command_that_is_installed_exists(project: dict[str, Any]) -> None:
    module, _, function = project["scripts"]["csbot"].partition(":")
    code = f"import {module} as m; assert callable(m.{function})"
    assert subprocess.run([sys.executable, "-c", code], timeout=120).returncode == 0


def test_python_m_csbot_is_the_command_too() -> None:
    done = subprocess.run([sys.executable, "-m", "csbot", "--version"], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout.strip()) == (0, f"csbot {csbot.__version__}")


@pytest.mark.parametrize(
    "name", ["LICENSE", "NOTICE", "CONTRIBUTING.md", "README.md", "README.en.md", "Makefile", "data/README.md"]
)
def test_the_papers_are_there(name: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8").strip()


def test_the_map_for_contributors_shows_every_room() -> None:
    rooms = {
        path.name for path in Path(csbot.__file__).parent.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    shown = set(re.findall(r"`([\w.]+)/?`", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")))
    assert rooms - shown - {"__init__.py"} == set()


def test_the_changelog_keeps_what_is_unreleased() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(r"^## \[Unreleased\]$", text, re.MULTILINE)


def test_the_version_is_one_that_pip_understands() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+((a|b|rc)\d+)?", csbot.__version__)


def test_no_paper_says_to_fetch_csbot_from_pypi() -> None:
    for name in ("README.md", "README.en.md", "CONTRIBUTING.md"):
        assert not re.search(r"pip install ['\"]?csbot", (ROOT / name).read_text(encoding="utf-8")), name


def bash_blocks(text: str) -> list[str]:
    """The bash blocks of a README that show csbot at work; those of make, pip and git are for the reader's machine."""
    blocks = re.findall(r"^```bash\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [block for block in blocks if block.startswith("csbot ")]


def python_blocks(text: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


@pytest.fixture
def workplace(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """A directory with a copy of data/, and an environment in which `csbot` is this one."""
    shutil.copytree(ROOT / "data", tmp_path / "data", ignore=shutil.ignore_patterns("corpus"))
    command = tmp_path / "bin" / "csbot"
    command.parent.mkdir()
    command.write_text(f"#!{sys.executable}\nfrom csbot.cli.main import main\nmain()\n", encoding="utf-8")
    command.chmod(0o755)
    return tmp_path, os.environ | {"PATH": f"{command.parent}{os.pathsep}{os.environ['PATH']}", "PYTHONIOENCODING": "utf-8"}


@pytest.mark.slow
def test_the_readmes_commands_run_in_their_order(workplace: tuple[Path, dict[str, str]]) -> None:
    directory, environment = workplace
    blocks = bash_blocks((ROOT / "README.md").read_text(encoding="utf-8"))
    assert blocks
    for block in blocks:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block], cwd=directory, env=environment, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, encoding="utf-8", timeout=600,
        )  # fmt: skip
        assert done.returncode == 0, f"{block}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"


@pytest.mark.slow
@pytest.mark.parametrize("readme", ["README.md", "README.en.md"])
def test_the_readmes_python_runs(readme: str, workplace: tuple[Path, dict[str, str]]) -> None:
    directory, environment = workplace
    blocks = python_blocks((ROOT / readme).read_text(encoding="utf-8"))
    assert blocks
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(blocks)], cwd=directory, env=environment, capture_output=True, text=True,
        encoding="utf-8", timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]

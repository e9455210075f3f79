"""A wheel carries everything: installed elsewhere, with no checkout near it, it does the main job."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from incidentlab.resources import bundled_root

ROOT = Path(__file__).resolve().parents[2]
MATERIAL = ("scenarios", "service", "alembic", "alembic.ini")

pytestmark = pytest.mark.skipif(
    not (ROOT / "pyproject.toml").is_file(), reason="the tests run outside of a checkout, so there is nothing to build"
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from a copy of the tracked files, so that nothing of the checkout is touched."""
    source = tmp_path_factory.mktemp("source")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, source / name)
    target = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", str(target)]
    subprocess.run([*command, str(source)], check=True)
    return next(target.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install it into a new environment that sees this one's libraries but not this checkout."""
    home = tmp_path_factory.mktemp("elsewhere") / "venv"
    venv.create(home, with_pip=False)
    python = home / "bin" / "python"
    own = subprocess.run(
        [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True,
        text=True,
        check=True,
    )
    # Behind the wheel's own files on the path; the editable install's hook lies there too and comes later.
    (Path(own.stdout.strip()) / "libraries.pth").write_text(sysconfig.get_path("purelib"))
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*pip, "--ignore-installed", str(wheel)], check=True)
    # pip would have installed these together with their libraries.
    for name, module in (("uvicorn", "uvicorn.main"), ("alembic", "alembic.config")):
        script = home / "bin" / name
        script.write_text(f"#!{python}\nimport sys\nfrom {module} import main\nsys.exit(main())\n")
        script.chmod(0o755)
    return home


def test_the_wheel_has_every_file_of_the_lab() -> None:
    """Names that a build silently leaves out (ignored ones, dot files) must not be among those we need."""
    for name in MATERIAL:
        assert (bundled_root() / name).exists()


def test_the_wheel_has_the_same_material_as_the_checkout(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packed = {name.partition("_bundled/")[2] for name in archive.namelist() if "_bundled/" in name}
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *MATERIAL],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    wanted = {name for name in listed.stdout.split("\n") if name and (ROOT / name).is_file()}
    assert packed == wanted


def test_the_wheel_has_templates_schemas_and_the_marker_of_types(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert "incidentlab/py.typed" in names
    assert any(name.startswith("incidentlab/reports/_templates/") for name in names)
    assert "incidentlab/schemas/scenario.schema.json" in names


def test_installed_elsewhere_it_does_the_main_job(installed: Path, tmp_path: Path) -> None:
    env = {**os.environ, "INCIDENTLAB_HOME": str(tmp_path / "home")}
    where = subprocess.run(
        [str(installed / "bin" / "python"), "-c", "import incidentlab; print(incidentlab.__file__)"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    assert where.stdout.startswith(str(installed))
    done = subprocess.run(
        [str(installed / "bin" / "incidentlab"), "run", "broken", "--engine", "local", "--json"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env=env,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["met"] is True

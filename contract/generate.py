"""Makes generated/: the code of protos/ as the distribution zoneledger-contract.

The program imports it, and it is all that another agency installs. It holds no value of its own:
the version is the program's, and it needs at least what the generated code asks for.
"""

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

_ROOT = Path(__file__).parents[1]
_PROTOS, _MADE = _ROOT / "protos", _ROOT / "generated"
_COPIED = ("contract/pyproject.toml", "contract/README.md", "LICENSE")

# What the generated code says that it runs on, and on nothing older.
_GRPC = re.compile(r"GRPC_GENERATED_VERSION = '([\d.]+)'")
_PROTOBUF = re.compile(r"# Protobuf Python Version: ([\d.]+)")


def main() -> None:
    """Make all of generated/ anew."""
    shutil.rmtree(_MADE, ignore_errors=True)
    _MADE.mkdir()
    protos = sorted(file.relative_to(_PROTOS) for file in _PROTOS.rglob("*.proto"))
    _generate(protos)
    for proto in protos:
        shutil.copy(_PROTOS / proto, _MADE / proto)
        (_MADE / proto).with_name("py.typed").touch()
    for file in _COPIED:
        shutil.copy(_ROOT / file, _MADE)
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    (_MADE / "VERSION").write_text(f"{project['version']}\n", "utf-8")
    needed = "\n".join(_needed(project["dependencies"]))
    (_MADE / "requirements.txt").write_text(f"{needed}\n", "utf-8")


def _generate(protos: Sequence[Path]) -> None:
    plugins = [
        f"--plugin=protoc-gen-{name}={Path(sys.executable).with_name(f'protoc-gen-{name}')}"
        for name in ("mypy", "mypy_grpc")
    ]
    outputs = [
        *(f"--python_out={_MADE}", f"--grpc_python_out={_MADE}"),
        *(f"--mypy_out=quiet:{_MADE}", f"--mypy_grpc_out=quiet:{_MADE}"),
    ]
    protoc = [sys.executable, "-m", "grpc_tools.protoc", f"--proto_path={_PROTOS}"]
    subprocess.run([*protoc, *plugins, *outputs, *map(str, protos)], check=True)  # noqa: S603  # Our files.


def _needed(of_program: Sequence[str]) -> list[str]:
    """What the contract depends on; of the details of errors it needs what the program needs."""
    [details] = [each for each in of_program if each.startswith("googleapis-common-protos")]
    return [details, f"grpcio>={_said(_GRPC)}", f"protobuf>={_said(_PROTOBUF)}"]


def _said(pattern: re.Pattern[str]) -> str:
    """The one version that the generated files name."""
    texts = (file.read_text("utf-8") for file in _MADE.rglob("*.py"))
    [version] = {found[1] for text in texts for found in pattern.finditer(text)}
    return version


main()

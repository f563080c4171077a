"""Finds the Python stubs of the .proto files in proto/, or generates them with protoc.

The build writes them to build/<preset>/python. Without a build, or if proto/ is newer, this module generates them in
build/python, which needs Debian's protobuf-compiler and protobuf-compiler-grpc.
"""

import importlib.util
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROTO = ROOT / "proto"
# Each in its own import folder: "grpc" is the package of grpcio.
PROTOS = (PROTO / "echo.proto", PROTO / "grpc/health/v1/health.proto")


class StubsError(Exception):
    """There are no stubs, and they cannot be generated; the message names the package to install."""


def load():
    """Adds the stubs to sys.path, unless PYTHONPATH contains them."""
    if importlib.util.find_spec("echo_pb2_grpc"):
        return
    built = [folder for folder in sorted(ROOT.glob("build/*/python")) if _is_fresh(folder)]
    sys.path.insert(0, str(built[0] if built else _generated(ROOT / "build" / "python")))


def _generated(folder):
    if _is_fresh(folder):
        return folder
    plugin = shutil.which("grpc_python_plugin")
    if not shutil.which("protoc") or not plugin:
        raise StubsError("protoc or grpc_python_plugin is missing: apt install protobuf-compiler protobuf-compiler-grpc")
    folder.mkdir(parents=True, exist_ok=True)
    # Other processes may wait for the same stubs and use them when the last one exists.
    with tempfile.TemporaryDirectory(dir=folder) as made:
        command = ["protoc", f"--plugin=protoc-gen-grpc_python={plugin}", *(f"-I{proto.parent}" for proto in reversed(PROTOS))]
        command += [f"--python_out={made}", f"--grpc_python_out={made}"]
        result = subprocess.run([*command, *map(str, PROTOS)], capture_output=True, text=True, check=False)
        if result.returncode != 0:
            raise StubsError(f"protoc failed: {result.stderr.strip()}")
        for stub in sorted(Path(made).iterdir()):
            stub.replace(folder / stub.name)
    return folder


def _is_fresh(folder):
    def is_fresh(stub, proto):
        return stub.exists() and stub.stat().st_mtime >= proto.stat().st_mtime

    return all(is_fresh(folder / f"{proto.stem}_pb2_grpc.py", proto) for proto in PROTOS)

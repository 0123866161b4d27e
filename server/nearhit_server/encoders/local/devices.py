"""What there is to run a model on, found out without torch."""

import ctypes
import platform
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Final

_AMD_DRIVER: Final = Path("/dev/kfd")


def suits_openvino(device: str | None) -> bool:
    """Whether a model for this device (torch's name for it, None for the best there is) had
    better run on OpenVINO: it is installed, and the device is the CPU."""
    if find_spec("openvino") is None:
        return False
    return device == "cpu" or (device is None and not _accelerator_is_usable())


def _accelerator_is_usable() -> bool:
    # Not torch.accelerator: to import torch takes seconds, and memory for as long as we run.
    if _torch_build() == "cpu":
        return False
    return _apple_silicon() or _AMD_DRIVER.exists() or _cuda_devices() > 0


def _torch_build() -> str:
    """What torch was built for, as its version says it: cpu, cu130, empty for its platform's
    usual one."""
    try:
        return version("torch").partition("+")[2]
    except PackageNotFoundError:
        return "cpu"


def _apple_silicon() -> bool:
    return platform.system() == "Darwin" and platform.machine() == "arm64"


def _cuda_devices() -> int:
    """How many the NVIDIA driver knows, 0 where there is no driver."""
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return 0
    count = ctypes.c_int(0)
    if driver.cuInit(0) != 0 or driver.cuDeviceGetCount(ctypes.byref(count)) != 0:
        return 0
    return count.value

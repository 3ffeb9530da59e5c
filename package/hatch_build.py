"""Puts the executable into the wheel, and says by the wheel's tag where it runs."""

import os
import re
import struct

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ExecutableHook(BuildHookInterface):
    """``HYDRA_BIN`` names the executable; pip will put it among the commands of an environment."""

    def initialize(self, version, build_data):
        executable = os.environ["HYDRA_BIN"]
        # Below the environment itself: hatchling knows no scripts that are no text before 1.18.
        place = "Scripts/hydra.exe" if executable.endswith(".exe") else "bin/hydra"
        self.build_config.target_config["shared-data"] = {executable: place}
        build_data["pure_python"] = False
        build_data["tag"] = "py3-none-" + platform_of(executable)


def platform_of(executable):
    """The platform's tag, by what the executable says of itself: PEP 600 (glibc), PEP 656 (musl), macOS, Windows.

    Raises:
        ValueError: it is of a kind that has no tag here.
    """
    with open(executable, "rb") as file:
        content = file.read()
    if content[:4] == b"\x7fELF":
        machine = {62: "x86_64", 183: "aarch64"}[struct.unpack_from("<H", content, 18)[0]]
        if b"/ld-musl-" in content[:4096]:
            return "musllinux_1_2_" + machine
        versions = [tuple(map(int, found.split(b"."))) for found in re.findall(rb"GLIBC_(2\.[0-9]+)\x00", content)]
        return "manylinux_%d_%d_%s" % (*max(versions), machine)
    if content[:4] == b"\xcf\xfa\xed\xfe":
        machine = {0x01000007: "x86_64", 0x0100000C: "arm64"}[struct.unpack_from("<I", content, 4)[0]]
        return "macosx_12_0_" + machine
    if content[:2] == b"MZ":
        header = struct.unpack_from("<I", content, 60)[0]
        return {0x8664: "win_amd64", 0xAA64: "win_arm64"}[struct.unpack_from("<H", content, header + 4)[0]]
    raise ValueError("%s is no executable that is known here" % executable)

"""Compiles every device header alone with NVRTC, as a kernel that includes only it.

    python3 compile_headers.py BUILD ROOT TARGET...

A header includes what it needs and nothing but headers of kernels/, uses no
macro but its guard, and gives neither an error nor a warning on any target.
"""
import ctypes
import os
import pathlib
import re
import sys


def open_nvrtc(build):
    """NVRTC from where the tools look for it."""
    places = [os.environ.get("LACUNA_NVRTC_PATH"), "libnvrtc.so.13", f"{build}/lib/libnvrtc.so.13"]
    places += [f"/usr/local/{cuda}/lib64/libnvrtc.so.13" for cuda in ("cuda", "cuda-13.0")]
    for place in filter(None, places):
        # NVRTC opens its builtins by bare name, so those beside it must be loaded already.
        for builtins in pathlib.Path(place).parent.glob("libnvrtc-builtins.so.13*"):
            ctypes.CDLL(str(builtins))
        try:
            return ctypes.CDLL(place)
        except OSError:
            continue
    sys.exit("compile_headers.py: no libnvrtc.so.13")


def compile_text(nvrtc, name, text, headers, target):
    """The log of a compilation, and whether it succeeded."""
    program = ctypes.c_void_p()
    texts = (ctypes.c_char_p * len(headers))(*(path.read_bytes() for path in headers.values()))
    names = (ctypes.c_char_p * len(headers))(*(key.encode() for key in headers))
    nvrtc.nvrtcCreateProgram(ctypes.byref(program), text.encode(), name.encode(), len(headers), texts, names)
    options = [f"-arch={target}".encode(), b"--std=c++17"]
    status = nvrtc.nvrtcCompileProgram(program, len(options), (ctypes.c_char_p * len(options))(*options))
    size = ctypes.c_size_t()
    nvrtc.nvrtcGetProgramLogSize(program, ctypes.byref(size))
    log = ctypes.create_string_buffer(size.value)
    nvrtc.nvrtcGetProgramLog(program, log)
    nvrtc.nvrtcDestroyProgram(ctypes.byref(program))
    return log.value.decode(), status == 0


def main():
    nvrtc, root, targets = open_nvrtc(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3:]
    headers = {f"lacuna/{path.name}": path for path in sorted(root.glob("kernels/lacuna/*.cuh"))}
    failures = 0
    for name, path in headers.items():
        for include in re.findall(r"#include\s+(\S+)", path.read_text()):
            if include.strip('"') not in headers:
                print(f"{path}: includes {include}, which is no device header")
                failures += 1
        text = f'#include "{name}"\nextern "C" __global__ void k() {{}}\n'
        for target in targets:
            log, fine = compile_text(nvrtc, "k.cu", text, headers, target)
            if not fine or "warning" in log:
                print(f"{path} for {target}:\n{log}")
                failures += 1
    print(f"{len(headers)} headers, {failures} failures")
    return failures != 0


if __name__ == "__main__":
    sys.exit(main())

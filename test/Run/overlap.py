"""The assembler leaves the products of sm_90a kernels running while rows are worked on.

It may move a wait for products up to the start of its block, which no text above it
shows. So this reads machine code: in the loop over entries, exponentials stand between
the wait for scores, with a group pending, and the wait for all products.
"""
# REQUIRES: nvrtc
# RUN: %python %s %root
import pathlib
import re
import struct
import subprocess
import sys

OPCODE = 0xFFF
EXP2, WARP_GROUP = 0x308, 0x9C5  # the low bits of an instruction's first word
IS_WAIT = 1 << 47  # of a warp group's, beside fences
PENDING = 0xFF00  # of the second word: groups that may still be on their way


def text_of(cubin):
    """The code of the only kernel: the section that is called .text.<kernel>."""
    table, size, count, names = struct.unpack_from("<40xQ10xHHH", cubin)
    headers = [struct.unpack_from("<IIQQQQ", cubin, table + size * n) for n in range(count)]
    at = headers[names][4]
    return next(cubin[offset:offset + length] for name, _, _, _, offset, length in headers
                if cubin.startswith(b".text.", at + name))


def events(cubin):
    """One letter per instruction of interest: e(xponential), s(cores awaited), a(ll)."""
    for low, high in struct.iter_unpack("<QQ", text_of(cubin)):
        if low & OPCODE == EXP2:
            yield "e"
        elif low & OPCODE == WARP_GROUP and low & IS_WAIT:
            yield "s" if high & PENDING else "a"


failures = 0
for name, head_dim in (("dense", 64), ("dense", 128), ("dense", 256), ("causal", 128)):
    spec = pathlib.Path(sys.argv[1], f"kernels/specs/{name}.mlir").read_text()
    spec = re.sub(r"^(!qk|!vo) = .*", rf"\1 = tensor<?x?x?x{head_dim}xbf16>", spec, flags=re.M)
    command = ["lacuna-compile", "-", "--target=sm_90a", "--emit=cubin"]
    cubin = subprocess.run(command, input=spec.encode(), stdout=subprocess.PIPE, check=True).stdout
    order = "".join(events(cubin))
    print(f"{name} {head_dim}:", re.sub(r"(.)\1+", lambda run: f"{len(run[0])}{run[1]} ", order))
    failures += not re.search("se{16,}a", order)
sys.exit(failures > 0)

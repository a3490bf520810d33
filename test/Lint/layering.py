"""Who may include whom. Dependencies point one way; this table is the definition."""
# RUN: %python %s %root
import re

from lint import run

OWN = ("lib/", "dialects/", "kernels/", "tools/", "test/", "lacuna/")
# First match wins. A folder may always include itself.
TABLE = [
    ("include/lacuna", ["lacuna/"]),
    ("lib/Support", ["lacuna/"]),
    ("lib/Mask", ["lib/Support/", "lacuna/"]),
    ("lib/Emulator", ["lib/Support/", "lacuna/"]),
    ("lib/Runtime", ["lib/Support/", "lacuna/"]),
    ("lib/Reference", ["lib/Support/", "lacuna/", "dialects/Attn/IR/"]),
    ("lib/Conversion", ["dialects/Attn/IR/", "dialects/Tile/IR/", "lib/Mask/", "lib/Support/"]),
    ("lib/Target", ["lib/Support/"]),
    # It fills a Program, checks arguments by one and has NVRTC compile it; it neither loads nor
    # launches one.
    ("lib/Compiler", ["lib/Conversion/", "lib/Target/", "dialects/", "lib/Mask/", "lib/Support/"]
     + ["lib/Runtime/Program.h", "lib/Runtime/Expression.h", "lib/Runtime/LaunchChecks.h"]
     + ["lib/Runtime/Nvrtc", "lacuna/"]),
    ("lib/Api", ["lib/", "dialects/", "lacuna/"]),
    ("dialects/Attn/IR", ["lib/Support/"]),
    ("dialects/Attn/Transforms", ["dialects/Attn/IR/", "lib/Mask/", "lib/Support/"]),
    ("dialects/Tile/IR", ["lib/Support/"]),
    ("dialects/Tile/Transforms", ["dialects/Tile/IR/", "lib/Mask/", "lib/Support/"]),
    ("kernels", ["lacuna/"]),
    ("tools", list(OWN)),
    ("test", list(OWN)),
]
# These parts link no LLVM, so the launch path ships without it.
WITHOUT_LLVM = ("include/", "lib/Support/", "lib/Mask/", "lib/Emulator/", "lib/Runtime/", "kernels/")


def check(tree):
    for path in tree.files(".h", ".cpp", ".td", ".cuh"):
        entry = next((entry for entry in TABLE if path.startswith(entry[0] + "/")), None)
        for number, match in tree.find(path, r'^\s*(?:#\s*)?include "([^"]+)"'):
            included = match.group(1)
            if path.startswith(WITHOUT_LLVM) and included.startswith(("mlir/", "llvm/")):
                yield f"{path}:{number}: links no LLVM, yet includes {included}"
            if path.endswith((".h", ".cpp")) and "/" not in included:
                yield f'{path}:{number}: "{included}" is not a path from the root'
            if not included.startswith(OWN):
                continue
            if entry is None:
                yield f"{path}:{number}: its folder is not in the layering table"
            elif not included.startswith((entry[0] + "/", *entry[1])):
                yield f"{path}:{number}: {entry[0]} may not include {included}"


run(
    check,
    [
        ({"lib/Runtime/A.cpp": '#include "lib/Compiler/B.h"\n'}, "lib/Runtime may not include"),
        ({"dialects/Attn/IR/A.h": '#include "dialects/Tile/IR/Tile.h"\n'}, "may not include"),
        ({"lib/Emulator/A.h": '#include "llvm/ADT/SmallVector.h"\n'}, "links no LLVM"),
        ({"lib/Reference/A.h": '#include "dialects/Attn/Transforms/P.h"\n'}, "may not include"),
        ({"lib/New/A.h": '#include "lib/Support/B.h"\n'}, "not in the layering table"),
        ({"lib/Mask/A.h": '#include "Runs.h"\n'}, "not a path from the root"),
    ],
)

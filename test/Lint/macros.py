"""No macros: only include guards, switches of generated code, and the symbol tables (.def)."""
# RUN: %python %s %root
import re

from lint import run

SWITCHES = re.compile(r"GEN_PASS_\w+|GET_\w+_(CLASSES|LIST)|DEBUG_TYPE")


def check(tree):
    for path in tree.files(".h", ".cpp", ".cuh", ".cu"):
        if path.startswith("test/") and "/Inputs/" in path:
            continue
        # CUDA text that a test holds is not of this tree.
        text = re.sub(r'R"(\w*)\(.*?\)\1"', "", tree.text(path), flags=re.DOTALL)
        for match in re.finditer(r"^\s*#\s*define\s+(\w+)(.*)$", text, re.MULTILINE):
            name, rest = match.groups()
            guard = not rest.strip() and f"#ifndef {name}\n" in tree.text(path)
            # An entry of a symbol table is defined just before its .def is included.
            table = re.search(rf"#include \"[\w/]+\.def\"\n+#undef {name}\n", tree.text(path))
            if not (guard or table or SWITCHES.fullmatch(name)):
                yield f"{path}: macro {name}; use a constant, a function or a template"


run(
    check,
    [
        ({"lib/A.cpp": "#define CHECK(x) if (!(x)) return\n"}, "macro CHECK"),
        ({"kernels/lacuna/a.cuh": "#define TILE 64\n"}, "macro TILE"),
    ],
)

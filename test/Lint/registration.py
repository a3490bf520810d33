"""Dialects and passes are registered in one place, one by one."""
# RUN: %python %s %root
from lint import code, run
import re

PLACE = "lib/Compiler/Register.cpp"


def check(tree):
    for path in tree.files(".h", ".cpp"):
        for number, line in enumerate(code(tree.text(path)).splitlines(), 1):
            if re.search(r"\bregisterAll\w*\(", line):
                yield f"{path}:{number}: registers all of MLIR: {line.strip()}"
            called = re.search(r"^\s+[\w:]*\bregister(?!LacunaPasses)\w*Pass(es)?\(", line)
            if called and path != PLACE and not path.startswith("test/"):
                yield f"{path}:{number}: passes are registered in {PLACE} only"
            if re.search(r"registry\.insert<", line) and path != PLACE and "ependent" not in line:
                if not path.startswith("test/") and "getDependentDialects" not in tree.text(path):
                    yield f"{path}:{number}: dialects are registered in {PLACE} only"


run(
    check,
    [
        ({"tools/a/a.cpp": "int main() {\n  mlir::registerAllDialects(registry);\n}\n"}, "all of MLIR"),
        ({"tools/a/a.cpp": "int main() {\n  lacuna::registerTilePasses();\n}\n"}, "in lib/Compiler"),
        ({"tools/a/a.cpp": "  registry.insert<mlir::func::FuncDialect>();\n"}, "in lib/Compiler"),
    ],
)

"""The environment is read in one place, and every LACUNA_ variable is in its table and in the README."""
# RUN: %python %s %root
import re

from lint import run

REGISTRY = "lib/Support/Environment.cpp"
# Variables that belong to the system, not to Lacuna, and who looks up several by name.
SYSTEM = {"HOME", "XDG_CACHE_HOME", "TMPDIR"}
SEARCHES = {"lib/Runtime/NvrtcSearch.cpp"}


def check(tree):
    sources = tree.files(".h", ".cpp", below=("lib", "include", "dialects", "tools"))
    known = set()
    if REGISTRY in sources:
        known = set(re.findall(r'"(LACUNA_\w+)"', tree.text(REGISTRY)))
    for path in sources:
        for number, match in tree.find(path, r'\b(?:secure_)?getenv\(\s*("(\w*)")?'):
            allowed = match.group(2) in SYSTEM or (path in SEARCHES and not match.group(2))
            if path != REGISTRY and not allowed:
                yield f"{path}:{number}: reads the environment; add a row to {REGISTRY}"
        for number, match in tree.find(path, r'"[^"\n]*?\b(LACUNA_[A-Z_]+)\b[^"\n]*"'):
            if path != REGISTRY and match.group(1) not in known:
                yield f"{path}:{number}: {match.group(1)} is not in {REGISTRY}"
    readme = tree.text("README.md") if (tree.root / "README.md").exists() else ""
    rows = set(re.findall(r"^\| `(LACUNA_\w+)` \|", readme, re.MULTILINE))
    for name in sorted(known ^ rows):
        yield f"README.md: {name} is in {'the registry' if name in known else 'the table'} only"


run(
    check,
    [
        ({"lib/A.cpp": 'auto x = std::getenv("LACUNA_NEW");\n'}, "reads the environment"),
        ({"lib/A.cpp": 'auto x = value("LACUNA_NEW");\n'}, "LACUNA_NEW is not in"),
        ({REGISTRY: '{Variable::New, "LACUNA_NEW", ""}\n'}, "LACUNA_NEW is in the registry only"),
        ({"README.md": "| `LACUNA_OLD` | gone |\n"}, "LACUNA_OLD is in the table only"),
    ],
)

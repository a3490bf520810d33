"""Every error text of a verifier, pass or parser is expected by some test."""
# RUN: %python %s %root
import re

from lint import run

CALL = r"\bemit(?:Op)?Error\(((?:[^;\"]|\"(?:\\.|[^\"\\])*\")*);"
TESTS = ("test/",)


def fragments(statement):
    """The string literals of a statement, neighbours joined."""
    joined = re.sub(r'"\s+"', "", statement)
    return [text.replace('\\"', '"') for text in re.findall(r'"((?:\\.|[^"\\])*)"', joined)]


def check(tree):
    expected = "\n".join(
        tree.text(path)
        for path in tree.files(".mlir", ".test", ".cpp", ".py", below=TESTS)
        if not path.startswith("test/Lint/")
    )
    for path in tree.files(".cpp", ".h", below=("lib", "dialects", "tools")):
        for number, match in tree.find(path, CALL):
            texts = fragments(match.group(1))
            longest = max(texts, key=len, default="").strip()
            if len(longest) > 3 and longest not in expected:
                yield f"{path}:{number}: no test expects '{longest}'"


TEST = "// expected-error@+1 {{wants a head}}\n"
run(
    check,
    [
        ({"lib/A.cpp": 'return emitOpError("wants a tail");', "test/a.mlir": TEST}, "'wants a tail'"),
        ({"lib/A.cpp": 'emitError(loc) << "wants "\n "a tail of " << n;', "test/a.mlir": TEST}, "a tail of"),
    ],
)

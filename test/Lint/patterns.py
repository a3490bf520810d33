"""A pattern that does not apply says why; a pass that cannot go on says where."""
# RUN: %python %s %root
import re

from lint import run


def body(text, start):
    """The braces that open after `start`, or '' for a declaration."""
    opening = re.compile(r"[{;]").search(text, start)
    if not opening or opening.group() == ";":
        return ""
    depth = 0
    for end in range(opening.start(), len(text)):
        depth += {"{": 1, "}": -1}.get(text[end], 0)
        if depth == 0:
            return text[opening.start() : end]
    return text[opening.start() :]


def check(tree):
    for path in tree.files(".cpp", ".h", below=("lib", "dialects")):
        text = tree.text(path)
        for number, match in tree.find(path, r"\bmatchAndRewrite\("):
            found = body(text, match.end())
            for silent in re.finditer(r"return (mlir::)?failure\(\);", found):
                line = number + found.count("\n", 0, silent.start())
                yield f"{path}:{line}: a pattern fails without notifyMatchFailure and a reason"
        for number, match in tree.find(path, r"notifyMatchFailure\([^;]*;"):
            if not re.search(r'"[^"]{4,}"|\[', match.group()):
                yield f"{path}:{number}: notifyMatchFailure gives no reason"
        for number, match in tree.find(path, r"signalPassFailure\(\)"):
            if not re.search(r"emit(Op)?Error|failed\(", text):
                yield f"{path}:{number}: a pass fails and no located error is emitted"


PATTERN = "LogicalResult matchAndRewrite(Op op, R &r) const {\n  if (x) {\n    %s\n  }\n  return success();\n}\n"
run(
    check,
    [
        ({"lib/A.cpp": PATTERN % "return failure();"}, "lib/A.cpp:3: a pattern fails"),
        ({"lib/A.cpp": PATTERN % "return r.notifyMatchFailure(op, why);"}, "gives no reason"),
        ({"lib/A.cpp": "void run() { signalPassFailure(); }\n"}, "no located error"),
    ],
)

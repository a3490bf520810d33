"""Files stay small, have one subject, and are finished."""
# RUN: %python %s %root
import re

from lint import run

# Hard limits in lines; a .cpp of more than 400 should already be cut.
LIMITS = {".cpp": 700, ".h": 700, ".py": 700, ".td": 500, ".mlir": 400, ".cuh": 400}
DRAWER = re.compile(r"(^|[^a-z])(utils?|utility|utilities|helpers?|common|misc)([^a-z]|$)", re.IGNORECASE)
# Spelled so that this file does not contain them.
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX|HA" r"CK|not imple" r"mented|place" r"holder)\b")


def check(tree):
    for path in tree.files():
        suffix = "." + path.rsplit(".", 1)[-1]
        count = tree.text(path).count("\n")
        if count > LIMITS.get(suffix, count):
            yield f"{path}:1: {count} lines; at most {LIMITS[suffix]}"
        for part in path.split("/"):
            if DRAWER.search(re.sub(r"(?<=[a-z])(?=[A-Z])", "-", part)):
                yield f"{path}:1: '{part}' names a drawer, not a subject"
        for number, line in tree.lines(path):
            if UNFINISHED.search(line):
                yield f"{path}:{number}: unfinished: {line.strip()}"


run(
    check,
    [
        ({"lib/Long.cpp": "\n" * 701}, "701 lines"),
        ({"test/Dialect/ops.mlir": "\n" * 401}, "401 lines"),
        ({"lib/Mask/MaskUtils.h": ""}, "names a drawer"),
        ({"lib/common/Mask.h": ""}, "names a drawer"),
        ({"lib/A.cpp": "// TO" "DO later\n"}, "unfinished"),
    ],
)

"""Every pass says what it does with IR before and after, and tests name it: where it works and where not."""
# RUN: %python %s %root %mlir_include
import re
import sys

from lint import examples, run

# A test of this kind shows what a pass refuses or leaves alone.
NEGATIVE = re.compile(r"expected-error|CHECK[\w-]*-NOT|not lacuna-|unchanged", re.IGNORECASE)

RUN = "RUN" ":"  # lit would take the word in one piece for a command of this file


def words(text):
    return set(re.findall(r"[a-z]+", text.lower()))


def check(tree):
    tests = {path: tree.text(path) for path in tree.files(".mlir", ".test", below=("test",))}
    for path in tree.files(".td", below=("dialects", "lib")):
        if not path.endswith("Passes.td"):
            continue
        records = tree.records(path, sys.argv[2:3])
        for name in records["!instanceof"]["PassBase"]:
            record = records[name]
            argument, description = record["argument"], record["description"] or ""
            if words(record["summary"]) <= words(argument) | {"the", "a", "pass"}:
                yield f"{path}: the summary of {argument} is only its name"
            needed = 1 if "changes nothing" in description.lower() else 2  # before and after
            if len(examples(description)) < needed:
                yield f"{path}: {argument} does not show IR before and after (two ```mlir blocks)"
            named = re.compile(rf"^//\s*{RUN}(.*\\\n)*.*\b{re.escape(argument)}(?![\w-])", re.MULTILINE)
            runs = [text for text in tests.values() if named.search(text)]
            if not runs:
                yield f"{path}: no RUN line names {argument}"
            elif not any(NEGATIVE.search(text) for text in runs):
                yield f"{path}: no test of {argument} shows what it refuses or leaves alone"


PASS = """include "mlir/Pass/PassBase.td"
def Bad : Pass<"tile-bad"> { let summary = "%s"; let description = [{%s}]; }
"""
SHOWN = "\n```mlir\na\n```\n\n```mlir\nb\n```\n"
run(
    check,
    [
        ({"lib/Passes.td": PASS % ("the bad tile pass", SHOWN)}, "only its name"),
        ({"lib/Passes.td": PASS % ("spoils tiles", "prose")}, "before and after"),
        ({"lib/Passes.td": PASS % ("spoils tiles", SHOWN)}, "no RUN line names tile-bad"),
        (
            {"lib/Passes.td": PASS % ("x y", SHOWN), "test/a.mlir": f"// {RUN} lacuna-opt %s --tile-bad"},
            "no test of tile-bad shows what it refuses",
        ),
    ],
)

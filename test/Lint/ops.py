"""Every op shows an example that parses and verifies, and occurs in its dialect's round-trip tests."""
# RUN: %python %s %root %mlir_include
import re
import subprocess
import sys

from lint import examples, run


def diagnosis(example):
    """The first error lacuna-opt has about a piece of IR, or None."""
    child = subprocess.run(["lacuna-opt"], input=example, capture_output=True, text=True)
    return child.stderr.splitlines()[0] if child.returncode else None


def ops(tree):
    """(path, record) of every op, where it is defined."""
    for root in tree.files(".td", below=("dialects",)):
        if not re.search(r"Ops\.td$", root) or f'"{root}"' in all_includes(tree):
            continue
        records = tree.records(root, sys.argv[2:3])
        for name in records["!instanceof"].get("Op", []):
            if not records[name]["!anonymous"]:
                yield root, records[name]


def all_includes(tree):
    return "\n".join(tree.text(path) for path in tree.files(".td", below=("dialects",)))


def check(tree):
    tests = "\n".join(
        tree.text(path)
        for path in tree.files(".mlir", below=("test",))
        if path.startswith("test/Dialect/") and "invalid" not in path and "roundtrip" in tree.text(path)
    )
    for path, op in ops(tree):
        name = f"{op['opDialect']['def'].split('_')[0].lower()}.{op['opName']}"
        if not op["summary"]:
            yield f"{path}: {name} has no summary"
        shown = [example for example in examples(op["description"]) if name in example]
        if not shown:
            yield f"{path}: {name}'s description holds no ```mlir example with the op in it"
        for example in shown:
            error = diagnosis(example)
            if error:
                yield f"{path}: {name}'s example is wrong: {error}"
        if not re.search(re.escape(name) + r"\b", tests):
            yield f"{path}: {name} is in no test under test/Dialect with --verify-roundtrip"


OP = """include "mlir/IR/OpBase.td"
def Bad_Dialect : Dialect { let name = "bad"; let cppNamespace = "bad"; }
def Bad_Op : Op<Bad_Dialect, "op"> { let summary = "an op"; let description = [{%s}]; }
"""
run(
    check,
    [
        ({"dialects/Bad/BadOps.td": OP % "none"}, "bad.op's description holds no"),
        ({"dialects/Bad/BadOps.td": OP % "\n```mlir\nbad.op\n```\n"}, "bad.op's example is wrong"),
        ({"dialects/Bad/BadOps.td": OP % "none"}, "bad.op is in no test"),
    ],
)

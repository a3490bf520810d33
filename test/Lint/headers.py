"""Every header guards itself by its path, opens with what it is for, and says what it declares."""
# RUN: %python %s %root
import re

from lint import run

BANNER = re.compile(r"//===- (\S+) - \S.*?-*===//")
# A type or a function that begins in the first column, inside a namespace.
DECLARATION = re.compile(r"(class|struct|enum class|template|[\w:]+(<.*>)?[ &*]+\w+\()")


def guard_of(path):
    return re.sub(r"\W", "_", re.sub("^(include|kernels)/", "", path)).upper()


def banner(tree, path):
    first = tree.text(path).split("\n", 1)[0]
    match = BANNER.fullmatch(first)
    if not match or match.group(1) != path.rsplit("/", 1)[-1]:
        yield f"{path}:1: the first line is not `//===- File - What it is ---===//`"


def undocumented(tree, path):
    """Declarations at namespace scope with no `///` above, unless only announced.

    Declarations without a blank line between them share the first one's comment.
    """
    previous, documented = "", set()
    text = re.sub(r"^(template <.*>)\n", r"\1 ", tree.text(path), flags=re.MULTILINE)
    for line in text.splitlines():
        line = re.sub(r"\s*//[^/].*", "", line) if not line.startswith("//") else line
        begins = DECLARATION.match(line)
        name = re.search(r"(\w+)\(|(?:class|struct) (\w+)(?!.*\()", line)
        announced = re.fullmatch(r"(class|struct|enum class) [\w:]+( : [\w:]+)?;", line)
        grouped = previous.startswith("}") or previous.endswith(";")
        if begins and not announced:
            if not grouped and not previous.startswith("///") and name and name.group() not in documented:
                yield f"{path}: no /// comment: {line}"
            documented.add(name and name.group())
        previous = line


def check(tree):
    for path in tree.files(".h", ".cuh"):
        if path.startswith("test/"):
            continue
        yield from banner(tree, path)
        guard = guard_of(path)
        if f"#ifndef {guard}\n#define {guard}\n" not in tree.text(path):
            yield f"{path}:1: the include guard is not {guard}"
        if not tree.text(path).rstrip().endswith(f"#endif // {guard}"):
            yield f"{path}:1: the last line is not `#endif // {guard}`"
        yield from undocumented(tree, path)
    for path in tree.files(".cpp", below=("lib", "dialects", "tools")):
        # A .cpp beside its header may leave the explanation there.
        if not (tree.root / path.replace(".cpp", ".h")).exists():
            yield from banner(tree, path)


GOOD = "//===- A.h - A thing ---===//\n#ifndef LIB_A_H\n#define LIB_A_H\n%s\n#endif // LIB_A_H\n"
run(
    check,
    [
        ({"lib/A.h": "#pragma once\n"}, "the first line is not"),
        ({"lib/A.h": GOOD.replace("LIB_A_H", "A_H")}, "include guard is not LIB_A_H"),
        ({"lib/A.h": GOOD % "int bare(int x);"}, "no /// comment: int bare"),
        ({"lib/A.h": GOOD % "struct Bare {\n};"}, "no /// comment: struct Bare"),
        ({"lib/B.cpp": "int x;\n"}, "lib/B.cpp:1"),
    ],
)

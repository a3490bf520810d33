"""What the lints share: reading a tree, reporting, and proving that a lint bites.

A lint is a function from a Tree to messages `path:line: what is wrong`. Its
program runs it twice: on small bad trees written into a temporary folder, where
each must yield the message it is there for, and on the repository, where any
message is a failure.
"""
import functools
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import textwrap

TOP = ("lib", "include", "dialects", "tools", "kernels", "test")


class Tree:
    """The source files below a root; texts are read once."""

    def __init__(self, root):
        self.root = pathlib.Path(root)

    def files(self, *suffixes, below=TOP):
        """Paths relative to the root, sorted; no suffix means every file."""
        return sorted(
            path.relative_to(self.root).as_posix()
            for top in below
            for path in (self.root / top).rglob("*")
            if path.is_file()
            and "__pycache__" not in path.parts
            and (not suffixes or path.suffix in suffixes)
        )

    @functools.lru_cache(maxsize=None)
    def text(self, path):
        return (self.root / path).read_text(errors="replace")

    def lines(self, path):
        """(number, line) from 1."""
        return enumerate(self.text(path).splitlines(), 1)

    def find(self, path, pattern):
        """(line number, match) of every match of a pattern in a file."""
        text = self.text(path)
        for match in re.finditer(pattern, text, re.MULTILINE):
            yield text.count("\n", 0, match.start()) + 1, match

    def records(self, path, includes):
        """The TableGen records of a .td file, as llvm-tblgen --dump-json gives them."""
        command = ["llvm-tblgen", "--dump-json", *(f"-I{path}" for path in (self.root, *includes))]
        child = subprocess.run([*command, self.root / path], capture_output=True, text=True)
        if child.returncode:
            sys.exit(f"{path}: llvm-tblgen: {child.stderr}")
        return json.loads(child.stdout)


def code(text):
    """C++ without comments and string contents; line breaks stay."""
    keep_lines = lambda match: "\n" * match.group().count("\n")
    text = re.sub(r"/\*.*?\*/", keep_lines, text, flags=re.DOTALL)
    return re.sub(r'//[^\n]*|"(\\.|[^"\\\n])*"', lambda m: '""' if m.group()[0] == '"' else "", text)


def examples(description):
    """The ```mlir blocks of a description."""
    return [textwrap.dedent(text) for text in re.findall(r"```mlir\n(.*?)```", description, re.DOTALL)]


def run(check, bad):
    """Runs `check`. `bad` lists (files of a tree, a piece of the message it must yield)."""
    for files, expected in bad:
        with tempfile.TemporaryDirectory() as folder:
            for name, text in files.items():
                path = pathlib.Path(folder, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            messages = list(check(Tree(folder)))
        if not any(expected in message for message in messages):
            sys.exit(f"this lint does not bite: no '{expected}' in {messages}")
    messages = list(check(Tree(sys.argv[1])))
    print("\n".join(messages))
    sys.exit(bool(messages))

"""READMEs are true: files they show are shown as they are, paths they name exist."""
# RUN: %python %s %root
from lint import run

# A fence after `<!-- FILE -->` shows that file whole; `<!-- FILE: part -->` shows a piece of it.
SHOWN = r"(?s)<!-- ([\w./-]+?)(: part)? -->\n+```\w*\n(.*?)```\n"
PATH = r"`((?:\.ci|lib|include|dialects|tools|kernels|test)/[\w./-]*)`"


def check(tree):
    readmes = [path for path in tree.files(".md") if path.endswith("README.md")]
    if (tree.root / "README.md").exists():
        readmes.append("README.md")
    for readme in readmes:
        for number, match in tree.find(readme, SHOWN):
            path, part, shown = match.groups()
            if not (tree.root / path).exists():
                yield f"{readme}:{number}: shows {path}, which is not there"
            elif not (shown in tree.text(path) if part else shown == tree.text(path)):
                yield f"{readme}:{number}: does not show {path} as it is"
        for number, match in tree.find(readme, PATH):
            if not (tree.root / match.group(1)).exists():
                yield f"{readme}:{number}: names {match.group(1)}, which is not there"
    if "README.md" in readmes:
        for folder in tree.root.iterdir():
            listed = f"`{folder.name}/`" in tree.text("README.md")
            hidden = folder.name.startswith((".", "build"))
            if folder.is_dir() and not hidden and not listed:
                yield f"README.md: the folder map misses {folder.name}/"


run(
    check,
    [
        ({"README.md": "<!-- a.cpp -->\n```cpp\nint x;\n```\n", "a.cpp": "int y;\n"}, "as it is"),
        ({"README.md": "<!-- a.cpp -->\n```cpp\nint x;\n```\n"}, "shows a.cpp"),
        ({"lib/A/README.md": "see `lib/B/C.h`\n"}, "names lib/B/C.h"),
        ({"README.md": "`lib/`\n", "lib/A.h": "", "kernels/A.cuh": ""}, "misses kernels/"),
    ],
)

"""The pictures on the gallery's page are those of its examples.

    python3 test/Tools/gallery-pictures.py . --write

makes them anew. Queries, keys and values have shapes only, for a mask does not look at
their elements; a tile is as large as leaves some twenty to thirty of them on a side.
"""
# RUN: %python %s %root
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

root = pathlib.Path(sys.argv[1])
specs = root / "kernels/specs"
page = (specs / "README.md").read_text()


def draw(spec, picture):
    example = re.search(r"^// Example: lacuna-run %s (.*)$", spec.read_text(), re.MULTILINE)[1]
    inputs = [word.removeprefix("--input=") for word in shlex.split(example) if word.startswith("--input=")]
    length = max(int(text.split("x")[2]) for text in inputs[:2])
    tile = 16 if length <= 300 else 32 if length <= 1000 else 64
    shapes = [text.split("=")[0] for text in inputs[:3]]
    command = ["lacuna-mask", spec, f"--tile={tile}x{tile}", "--caption=", "--elements=0", "-o", picture]
    command += [f"--input={text}" for text in shapes + inputs[3:]]
    child = subprocess.run(command, capture_output=True, text=True)
    if child.returncode:
        sys.exit(f"{shlex.join(map(str, command))}\n{child.stderr}")


wrong = []
pictures = {specs / "pictures" / f"{spec.stem}.svg": spec for spec in sorted(specs.glob("*.mlir"))}
for kept, spec in pictures.items():
    if f'"pictures/{kept.name}"' not in page:
        wrong.append(f"kernels/specs/README.md: does not show {kept.name}")
    with tempfile.TemporaryDirectory() as folder:
        made = pathlib.Path(folder, kept.name)
        draw(spec, made)
        if "--write" in sys.argv:
            kept.parent.mkdir(exist_ok=True)
            kept.write_bytes(made.read_bytes())
        elif not kept.exists() or kept.read_bytes() != made.read_bytes():
            wrong.append(f"{kept}: is not the picture of {spec.name}")
for kept in set((specs / "pictures").glob("*")) - pictures.keys():
    wrong.append(f"{kept}: is the picture of no spec")
print("\n".join(wrong))
sys.exit(bool(wrong))

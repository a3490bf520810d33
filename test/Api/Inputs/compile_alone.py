"""compile_alone.py FOLDER COMPILER FLAG...: every header of FOLDER is complete by itself.

Each is compiled as the only include of a program, with FOLDER's parent as the
only include path beside the compiler's own.
"""
import pathlib
import subprocess
import sys
import tempfile

folder, compiler, *flags = sys.argv[1:]
headers = sorted(pathlib.Path(folder).rglob("*.h"))
if "-xc" in flags:  # the C ABI is what compiles as C
    headers = [header for header in headers if 'extern "C"' in header.read_text()]
failed = not headers
for header in headers:
    name = header.relative_to(pathlib.Path(folder).parent)
    with tempfile.TemporaryDirectory() as empty:
        child = subprocess.run(
            [compiler, *flags, "-fsyntax-only", "-Wall", "-Wextra", "-Werror"]
            + [f"-I{pathlib.Path(folder).parent}", "-"],
            input=f'#include "{name}"\n#include "{name}"\nint main(void) {{ return 0; }}\n',
            cwd=empty, capture_output=True, text=True,
        )
    print(name, "fails" if child.returncode else "compiles")
    print(child.stderr, end="")
    failed |= child.returncode != 0
sys.exit(failed)

"""must_not_compile.py INCLUDE COMPILER FILE...: misuse of the API is refused by the compiler.

Each file compiles as it stands, and no longer once MISUSE is defined; the message
then holds the text after `// refused:` in the file.
"""
import pathlib
import re
import subprocess
import sys

include, compiler, *files = sys.argv[1:]
flags = ["-std=c++17", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", f"-I{include}"]
failed = not files
for file in files:
    expected = re.search(r"// refused: (.*)", pathlib.Path(file).read_text()).group(1)
    good = subprocess.run([compiler, *flags, file], capture_output=True, text=True)
    bad = subprocess.run([compiler, *flags, "-DMISUSE", file], capture_output=True, text=True)
    if good.returncode:
        print(f"{file}: does not compile without the misuse\n{good.stderr}")
    elif not bad.returncode or expected not in bad.stderr:
        print(f"{file}: not refused with '{expected}'\n{bad.stderr}")
    else:
        continue
    failed = True
sys.exit(failed)

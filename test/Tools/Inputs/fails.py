"""fails.py [FILE...] -- COMMAND...: passes on what a command prints when it fails as it should.

As it should is: exit code 1 (not a crash), nothing on stdout, a message on
stderr, none of the files left behind.
"""
import os
import subprocess
import sys

split = sys.argv.index("--")
files, command = sys.argv[1:split], sys.argv[split + 1 :]
child = subprocess.run(command, capture_output=True, text=True)
print(child.stderr, end="")
problems = [f"left {file} behind" for file in files if os.path.exists(file)]
if child.returncode != 1:
    problems.append(f"exit code {child.returncode}, not 1")
if child.stdout:
    problems.append(f"on stdout: {child.stdout[:200]}")
if not child.stderr.strip():
    problems.append("no message")
for problem in problems:
    print(f"fails.py: {problem}")
sys.exit(bool(problems))

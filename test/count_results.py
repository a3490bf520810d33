"""Prints `N passed, N failed` for lit's JSON results, after a line for what was skipped."""
import collections
import json
import sys

FAILED = {"FAIL", "XPASS", "TIMEOUT", "UNRESOLVED"}

with open(sys.argv[1]) as file:
    codes = collections.Counter(test["code"] for test in json.load(file)["tests"])
failed = sum(codes[code] for code in FAILED)
skipped = codes["UNSUPPORTED"] + codes["SKIPPED"]
if skipped:
    print(f"{skipped} skipped: they need what this machine lacks (see lit's notes above)")
print(f"{codes.total() - failed - skipped} passed, {failed} failed")
sys.exit(failed > 0 or codes.total() == skipped)

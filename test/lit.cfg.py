# Configuration of every ShTest under test/: which files are tests, what is on
# PATH, and which optional parts of the machine (NVRTC, a GPU) there are.
import os
import platform
import subprocess

import lit.formats

config.name = "Lacuna"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(config.lacuna_build, "test")
# `unit` is a suite of its own (lit.site.cfg.py.in there).
config.excludes = ["Inputs", "unit", "bench"]
if lit_config.params.get("quick"):
    config.excludes += ["Run", "Api"]

config.environment["PYTHONDONTWRITEBYTECODE"] = "1"
path = [os.path.join(config.lacuna_build, "bin"), config.llvm_tools, config.environment["PATH"]]
config.environment["PATH"] = os.pathsep.join(path)
# A capture without `$` is forgotten at the next CHECK-LABEL.
config.environment["FILECHECK_OPTS"] = "-enable-var-scope --dump-input=fail"
# Nothing a user has set may change a test, and no test may fill the user's cache.
for name in [name for name in os.environ if name.startswith("LACUNA_")]:
    if name != "LACUNA_NVRTC_PATH":
        config.environment.pop(name, None)
    else:
        config.environment[name] = os.environ[name]
config.environment["LACUNA_CACHE_DIR"] = os.path.join(config.test_exec_root, "cache")
# MLIR's allocator is poisoned in our half of the program but not in Debian's.
config.environment["ASAN_OPTIONS"] = "allow_user_poisoning=0"

# `%fails FILE... -- COMMAND...`: the command's message, if it fails as a tool should.
fails = os.path.join(config.test_source_root, "Tools", "Inputs", "fails.py")
config.substitutions += [
    ("%fails", f"{config.python} {fails}"),
    ("%root", config.lacuna_source),
    ("%build", config.lacuna_build),
    ("%mlir_include", config.mlir_include),
    ("%python", config.python),
    ("%clang-format", os.path.join(config.llvm_tools, "clang-format")),
    ("%cxx", config.cxx),
    ("%cc", config.cc),
    ("%{PATH}", config.environment["PATH"]),
]


def gpus():
    """How many CUDA devices the driver offers; 0 without a driver."""
    code = (
        "import ctypes; d = ctypes.CDLL('libcuda.so.1'); n = ctypes.c_int();"
        "d.cuInit(0); d.cuDeviceGetCount(ctypes.byref(n)); print(n.value)"
    )
    child = subprocess.run([config.python, "-c", code], capture_output=True, text=True)
    return int(child.stdout) if child.returncode == 0 else 0


version = subprocess.run(
    [os.path.join(config.lacuna_build, "bin", "lacuna-opt"), "--version"],
    env=config.environment, capture_output=True, text=True,
).stdout
if "NVRTC none" in version:
    lit_config.note("no NVRTC: tests that compile CUDA C++ are skipped")
else:
    config.available_features.add("nvrtc")
if config.cxx_id == "GNU":
    config.available_features.add("gcc")
if gpus():
    config.available_features.add("gpu")
else:
    lit_config.note("no CUDA device: tests that need one are skipped")
if os.path.exists(os.path.join(config.llvm_tools, "clang-format")):
    config.available_features.add("clang-format")
else:
    lit_config.note("no clang-format 22: formatting is not checked")
if platform.system() == "Linux":
    release = platform.freedesktop_os_release()
    config.available_features.add(f"{release['ID']}-{release.get('VERSION_ID')}")

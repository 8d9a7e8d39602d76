"""Compiles the hot modules of the package into the wheel, where there is a compiler.

mypyc makes C of Python that has types; the source stays, and runs by itself where nothing could be compiled: slower,
otherwise the same. ``PYSESSION_COMPILE=1`` makes a build fail that cannot compile, ``PYSESSION_COMPILE=0`` does not try.
Editable installs are never compiled: they would go on running what is no longer in the source.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_OPTIONS = ("--config-file=", "--follow-imports=skip", "--ignore-missing-imports")
"""The types of other modules are not looked at: nothing hot depends on them, and they would take half a minute."""

_TYPES = "The types of these modules are wrong for this release of mypy; PYSESSION_COMPILE=0 builds without compiling."


class CompileHook(BuildHookInterface):  # type: ignore[type-arg]
    """``modules`` in pyproject.toml are those that are compiled, as one group."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        wanted = os.environ.get("PYSESSION_COMPILE", "")
        if version == "editable" or wanted == "0":
            return
        self._made = tempfile.TemporaryDirectory(prefix="pysession-build-")
        try:
            libraries = self._compiled(Path(self._made.name))
        except SystemExit as failure:  # mypyc's way out, behind what it has to say about types
            raise SystemExit(_TYPES if failure.code == 1 else failure.code) from None
        except _failures() as failure:
            if wanted == "1":
                raise SystemExit(f"PYSESSION_COMPILE=1, but nothing could be compiled: {failure}") from None
            self.app.display_warning(f"nothing was compiled, pysession will convert to protobuf slower: {failure}")
            return
        build_data["force_include"] |= libraries
        build_data["pure_python"] = False
        build_data["infer_tag"] = True

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if hasattr(self, "_made"):
            self._made.cleanup()

    def _compiled(self, folder: Path) -> dict[str, str]:
        """The libraries, by their paths the places in the wheel."""
        from mypyc.build import mypycify
        from setuptools import Distribution

        modules = [str(Path(self.root, module)) for module in self.config["modules"]]
        previous = Path.cwd()
        os.chdir(self.root)  # by their place here modules get their names
        try:
            extensions = mypycify(
                [*_OPTIONS, f"--cache-dir={folder / 'types'}", *(os.path.relpath(module) for module in modules)],
                opt_level="3",
                debug_level="0",
                target_dir=str(folder / "c"),
                group_name="pysession",
            )
            command = Distribution({"ext_modules": extensions}).get_command_obj("build_ext")
            command.build_lib, command.build_temp = str(folder / "lib"), str(folder / "o")
            command.ensure_finalized()
            command.run()
        finally:
            os.chdir(previous)
        made = folder / "lib"
        return {str(path): str(path.relative_to(made)) for path in made.rglob("*") if path.is_file()}


def _failures() -> tuple[type[Exception], ...]:
    """What says that there is no compiler, or none that can do it."""
    from setuptools.errors import CCompilerError, PlatformError

    return (CCompilerError, PlatformError, OSError)

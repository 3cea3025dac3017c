"""Test what people rely on in this image. Each test runs inside it, with an empty home directory."""

import importlib
import shutil

import pytest


# Add the packages that people import.
@pytest.mark.parametrize("module", ["jupyterlab"])
def test_module_can_be_imported(module: str) -> None:
    importlib.import_module(module)


# Add the programs that people run.
@pytest.mark.parametrize("program", ["jupyter", "python"])
def test_program_is_there(program: str) -> None:
    assert shutil.which(program)

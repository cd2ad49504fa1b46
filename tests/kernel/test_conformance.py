"""Jupyter's own test suite of kernels, as far as a language of commands has what it asks for."""
import os
import subprocess

import jupyter_kernel_test
from house import notebook
from world import World

import house


def setUpModule():
    global world, before
    world = World(house.DEV)
    before = dict(os.environ), os.getcwd()
    prefix = world.folder / "prefix"
    subprocess.run([house.DEV, "install", "--prefix", prefix], check=True, capture_output=True)
    world.write("model.ipynb", notebook(("x = 1.0", "pipeline-parameters"), "y = x", ("print(y)", "pipeline-metrics")))
    world.write("notes.ipynb", notebook(("x = 1.0\nn = len('a')", "pipeline-parameters"), "y = x", ("print(y)", "pipeline-metrics")))
    os.environ.update({**world.env, "JUPYTER_PATH": str(prefix / "share/jupyter")})
    os.chdir(world.folder)


def tearDownModule():
    os.environ.clear()
    os.environ.update(before[0])
    os.chdir(before[1])
    world.close()


class Conformance(jupyter_kernel_test.KernelTests):
    kernel_name = "nbkatib"
    language_name = "nbkatib"
    file_extension = ".nbkatib"
    code_stderr = "inspect notes.ipynb"
    code_page_something = "help run"
    code_generate_error = "show nothing-of-that-name"
    code_execute_result = [
        {"code": "list", "result": "no experiment yet; 'run NOTEBOOK' makes one"},
        {"code": "inspect model.ipynb", "mime": "text/html"},
        {"code": "inspect model.ipynb --json", "mime": "application/json"},
    ]
    code_display_data = [{"code": "doctor\nlist", "mime": "text/html"}]
    completion_samples = [
        {"text": "ru", "matches": {"run"}},
        {"text": "run mod", "matches": {"model.ipynb"}},
        {"text": "run model.ipynb --trial", "matches": {"--trials", "--trial-timeout"}},
        {"text": "run model.ipynb --algorithm=ra", "matches": {"--algorithm=random"}},
    ]
    complete_code_samples = ["list", "run model.ipynb\nlist", "# a comment", ""]
    incomplete_code_samples = ["run 'model", 'show "', "list \\"]
    invalid_code_samples = ["print(1)"]
    code_inspect_sample = "run"
    code_history_pattern = "lis?"
    supported_history_operations = ("tail", "range", "search")


class Welcome(jupyter_kernel_test.IopubWelcomeTests):
    kernel_name = "nbkatib"
    support_iopub_welcome = True


# The base classes are no tests of their own here.
del jupyter_kernel_test

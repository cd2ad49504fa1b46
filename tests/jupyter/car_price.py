"""The car-price lab's environment: what its notebook imports, and the pandas that it was written for."""
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACKAGES = ("pandas<3", "seaborn", "matplotlib", "scikit-learn", "xgboost-cpu", "lightgbm", "jinja2", "ipykernel", "nbformat")
# The notebook is of 2021. Its cell 14 assigns a frame of five columns to one column: pandas before 1.3 took the first, later
# ones refuse, and no earlier one runs on this Python. The lab's IPython start-up file gives it the pandas that it was written for.
STARTUP = """
import pandas
strict = pandas.DataFrame._set_item_frame_value
def first_column(self, key, value):
    return strict(self, key, value.iloc[:, :1] if key in self.columns else value)
pandas.DataFrame._set_item_frame_value = first_column
"""
STARTUP_FILE = "profile_default/startup/00-pandas.py"  # in IPython's folder


def environment():
    """Its virtual environment, made once."""
    folder = ROOT / "build/lab-venv"
    if not (folder / "complete").exists():
        subprocess.run(["/usr/bin/python3", "-m", "venv", "--clear", folder], check=True)
        subprocess.run([folder / "bin/pip", "install", "-q", *PACKAGES], check=True)
        (folder / "complete").write_text("\n".join(PACKAGES))
    return folder

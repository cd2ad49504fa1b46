"""The contract of the kernel `nbkatib`, answered by the command line: for developing the interface where the program has no kernel yet.

Its answers are the program's own; only events (a thread that asks again and again) and charts are made here.
"""
import csv
import io
import json
import os
import re
import subprocess
import tempfile
import threading
import time

from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp

NBKATIB = os.environ["NBKATIB"]
LIVE = ("Created", "Running", "Restarting", "Stopping")


class Refused(Exception):
    def __init__(self, code, text, data=None):
        super().__init__(text)
        self.code, self.data = code, data or {}


def cli(*args, check=True):
    done = subprocess.run([NBKATIB, *args, "--json"], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    try:
        value = json.loads(done.stdout) if done.stdout.strip() else {}
    except ValueError:
        value = {}
    if done.returncode and check:
        raise Refused(-32000, done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "failed", {"problems": value.get("problems", [])} if isinstance(value, dict) else {})
    return value


def state_file():
    return os.path.join(os.environ["NBKATIB_HOME"], "notebooks.json")


def sources():
    try:
        with open(state_file()) as file:
            return json.load(file)
    except OSError:
        return {}


def written(params):
    folder = tempfile.mkdtemp()
    name = os.path.basename(params.get("notebook") or "untitled.ipynb")
    path = os.path.join(folder, name)
    document = dict(params["document"])
    document["cells"] = [
        {**cell, **({"outputs": [], "execution_count": None} if cell["cell_type"] == "code" else {})} for cell in document["cells"]
    ]
    with open(path, "w") as file:
        json.dump(document, file, indent=1)
    return path


def flags(options):
    names = {"engine": "--engine", "kernel": "--kernel", "timeout": "--timeout", "trialTimeout": "--trial-timeout",
             "cellTimeout": "--cell-timeout", "seed": "--seed"}
    switches = {"noIsolate": "--no-isolate", "snapshots": "--snapshots", "keep": "--keep", "reports": "--reports"}
    out = []
    for key, flag in names.items():
        if options.get(key):
            out += [flag, options[key]]
    return out + [flag for key, flag in switches.items() if options.get(key)]


def trials_flag(params):
    own = params["document"]["metadata"].get("nbkatib", {})
    return ["--trials", "none"] if own.get("maxTrialCount", 0) is None else []


def grid_points(experiment):
    total = 1
    for parameter in (experiment or {}).get("spec", {}).get("parameters", []):
        space = parameter["feasibleSpace"]
        try:
            if "list" in space:
                total *= len(space["list"])
            else:
                step = float(space.get("step") or (1 if parameter["parameterType"] == "int" else 0))
                if not step:
                    return None
                total *= int((float(space["max"]) - float(space["min"])) / step + 1e-9) + 1
        except (ValueError, KeyError):
            return None
    return str(total)


def inspect(params):
    value = cli("inspect", written(params), check=False)
    if not value:
        raise Refused(-32000, "the notebook cannot be read")
    return value


def preview(params):
    path = written(params)
    value = cli("experiment", path, *flags(params.get("options", {})), *trials_flag(params), check=False)
    text = subprocess.run([NBKATIB, "experiment", path], capture_output=True, text=True).stdout
    value["yaml"] = text
    value["gridPoints"] = grid_points(value.get("experiment"))
    value.setdefault("problems", [])
    value.setdefault("resolvedAlgorithm", "")
    return value


def run(params):
    path = written(params)
    options = flags(params.get("options", {}))
    if params.get("single"):
        options += ["--trials", "1", "--parallel", "1"]
    done = subprocess.run([NBKATIB, "run", path, "--detach", "--json", *options, *trials_flag(params)], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise Refused(-32000, done.stderr.strip().splitlines()[-1], {"problems": preview(params)["problems"]})
    value = json.loads(done.stdout.splitlines()[-1])
    known = sources()
    known[value["name"]] = os.path.join(os.getcwd(), params["notebook"] or "")
    with open(state_file(), "w") as file:
        json.dump(known, file)
    return {"name": value["name"], "engine": "local", "problems": []}


def listed():
    known = sources()
    return [{**item, "notebook": known.get(item["name"], item.get("notebook", ""))} for item in cli("list")]


def show(params):
    value = cli("show", params["experiment"])
    value["notebook"] = sources().get(value["name"], value["notebook"])
    return value


def trial_of(params):
    value = show(params)
    return next(t for t in value["trials"] if t["name"] == params["trial"])


def trial(params):
    value = dict(trial_of(params))
    value["error"], value["files"] = None, sorted(os.listdir(value["folder"])) if os.path.isdir(value["folder"]) else []
    try:
        with open(os.path.join(value["folder"], "executed.ipynb")) as file:
            cells = json.load(file)["cells"]
        for index, cell in enumerate(cells):
            for output in cell.get("outputs", []):
                if output["output_type"] == "error":
                    value["error"] = {"cell": value["cell"] if value["cell"] is not None else index, "ename": output["ename"],
                                      "evalue": output["evalue"], "traceback": output["traceback"]}
    except OSError:
        pass
    return value


def logs(params):
    value = trial_of(params)
    try:
        with open(os.path.join(value["folder"], "trial.log"), "rb") as file:
            data = file.read()
    except OSError:
        data = b""
    offset = params.get("offset", 0)
    part = data[offset:offset + 262144]
    return {"text": part.decode(errors="replace"), "offset": offset + len(part), "size": len(data),
            "complete": value["state"] not in ("Pending", "Running")}


def notebook(params):
    value = trial_of(params)
    with open(os.path.join(value["folder"], "executed.ipynb")) as file:
        return {"content": json.load(file), "name": params["trial"] + ".ipynb", "partial": False}


def rows(params):
    value = show(params)
    names = [value["experiment"]["spec"]["objective"]["objectiveMetricName"]]
    out = []
    for each in value["trials"]:
        metrics = {m["name"]: float(m["latest"]) for m in (each.get("observation") or {}).get("metrics", [])}
        out.append({"trial": each["index"] + 1, "state": each["state"], "value": metrics.get(names[0]),
                    **{a["name"]: a["value"] for a in each["assignments"]}})
    return names[0], out


def charts(params):
    name, values = rows(params)
    values = [row for row in values if row["value"] is not None]
    if not values:
        return {"charts": []}
    base = {"$schema": "https://vega.github.io/schema/vega-lite/v5.json", "width": "container", "height": 220, "data": {"values": values}}
    out = [{"name": "objective", "title": "Objective by trial", "spec": {**base, "mark": {"type": "point", "filled": True}, "encoding": {
        "x": {"field": "trial", "type": "quantitative"}, "y": {"field": "value", "type": "quantitative", "title": name, "scale": {"zero": False}}}}}]
    for parameter in show(params)["experiment"]["spec"]["parameters"][:3]:
        out.append({"name": "parameter-" + parameter["name"], "title": parameter["name"], "spec": {**base, "mark": "point", "encoding": {
            "x": {"field": parameter["name"], "type": "quantitative"}, "y": {"field": "value", "type": "quantitative", "title": name, "scale": {"zero": False}}}}})
    return {"charts": out}


def csv_text(params):
    _, values = rows(params)
    out = io.StringIO()
    writer = csv.DictWriter(out, list(values[0]) if values else ["trial"])
    writer.writeheader()
    writer.writerows(values)
    return {"text": out.getvalue()}


def yaml_text(params):
    return {"text": json.dumps(show(params)["experiment"], indent=2)}


def apply(params):
    path = written(params)
    extra = ["--trial", params["trial"]] if params.get("trial") else []
    value = cli("apply", path, params["experiment"], *extra)
    with open(path) as file:
        cells = json.load(file)["cells"]
    changed = sorted({change["cell"] for change in value["changes"]})
    ids = [cell["id"] for cell in params["document"]["cells"]]
    for change in value["changes"]:
        change["cellId"] = ids[change["cell"]]
    source = lambda cell: "".join(cell["source"]) if isinstance(cell["source"], list) else cell["source"]
    value["cells"] = [{"cell": index, "cellId": ids[index], "source": source(cells[index])} for index in changed]
    return value


def environment(_):
    checks = cli("doctor", check=False).get("checks", [])
    return {"engines": [{"name": "local", "summary": "this machine"}],
            "kernels": [{"name": "python3", "displayName": "Python 3 (ipykernel)", "language": "python"}],
            "checks": checks, "state": os.environ["NBKATIB_HOME"], "cores": os.cpu_count(), "cluster": None}


SEED = {"name": "random_state", "type": "int", "default": None, "minimum": 0, "help": "seed of the random generator"}
ALGORITHMS = [
    {"name": "auto", "title": "Automatic", "summary": "grid when all combinations fit into the number of trials, else random", "engines": ["local"], "settings": [SEED], "takes": []},
    {"name": "grid", "title": "Grid Search", "summary": "every combination once", "engines": ["local"], "settings": [SEED], "takes": []},
    {"name": "random", "title": "Random Search", "summary": "independent draws from each parameter's distribution", "engines": ["local"], "settings": [SEED], "takes": []},
]

METHODS = {
    "inspect": inspect, "validate": preview, "preview": preview, "run": run, "show": show, "trial": trial, "logs": logs,
    "notebook": notebook, "charts": charts, "csv": csv_text, "yaml": yaml_text, "apply": apply, "environment": environment,
    "algorithms": lambda _: ALGORITHMS, "list": lambda _: {"experiments": listed()},
    "values": lambda p: {"values": {}, "missing": p["names"], "skipped": None},
    "stop": lambda p: (cli("stop", p["experiment"], *(["--now"] if p.get("now") else [])), {})[1],
    "resume": lambda p: (cli("resume", p["experiment"], "--detach"), {})[1],
    "delete": lambda p: (cli("delete", p["experiment"], "--yes"), {})[1],
}


class Client:
    def __init__(self, comm):
        self.comm, self.greeted, self.subscribed, self.closed = comm, False, {}, False
        comm.on_msg(self.on_message)
        comm.on_close(lambda _: setattr(self, "closed", True))
        self.items = {}
        threading.Thread(target=self.watch, daemon=True).start()

    def on_message(self, message):
        request = message["content"]["data"]
        answer = {"jsonrpc": "2.0", "id": request["id"]}
        try:
            answer["result"] = self.answer(request["method"], request.get("params") or {})
        except Refused as reason:
            answer["error"] = {"code": reason.code, "message": str(reason), "data": reason.data}
        except Exception as reason:  # a fault of this file shows in the test
            answer["error"] = {"code": -32603, "message": repr(reason), "data": {}}
        self.comm.send(answer)

    def answer(self, method, params):
        if method == "hello":
            self.greeted = True
            self.items = {item["name"]: item for item in listed()}
            return {"protocol": 1, "version": "0.1.0", "experiments": list(self.items.values())}
        if not self.greeted:
            raise Refused(-32002, "hello comes first")
        if method == "subscribe":
            value = show(params)
            self.subscribed[params["experiment"]] = value["seq"]
            return value
        if method == "unsubscribe":
            self.subscribed.pop(params["experiment"], None)
            return {}
        if method not in METHODS:
            raise Refused(-32601, "no method " + method)
        return METHODS[method](params)

    def notify(self, method, params):
        self.comm.send({"jsonrpc": "2.0", "method": method, "params": params})

    def watch(self):
        while not self.closed:
            time.sleep(0.4)
            if not self.greeted:
                continue
            try:
                self.tick()
            except Refused:
                pass

    def tick(self):
        now = {item["name"]: item for item in listed()}
        changed = [item for name, item in now.items() if self.items.get(name) != item]
        removed = [name for name in self.items if name not in now]
        self.items = now
        if changed or removed:
            self.notify("experiments", {"changed": changed, "removed": removed})
        for name, seq in list(self.subscribed.items()):
            if name not in now:
                del self.subscribed[name]
                self.notify("experiment", {"experiment": name, "state": "", "seq": seq, "status": {}, "reason": "", "message": "",
                                           "warnings": [], "trials": [], "removed": True})
                continue
            value = show({"experiment": name})
            if value["seq"] != seq:
                self.subscribed[name] = value["seq"]
                self.notify("experiment", {**{key: value[key] for key in ("state", "seq", "reason", "message", "warnings", "trials")},
                                           "experiment": name, "status": value["experiment"].get("status", {}), "removed": False})


class FakeKernel(IPythonKernel):
    implementation = "nbkatib-fake"
    language_info = {"name": "nbkatib", "file_extension": ".txt", "mimetype": "text/plain"}

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.comm_manager.register_target("nbkatib", lambda comm, message: Client(comm))


if __name__ == "__main__":
    IPKernelApp.launch_instance(kernel_class=FakeKernel)

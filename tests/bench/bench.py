"""Ratios against peers, each pair measured in turn in one run, and times that have a reach of their own. Usage: bench.py BUILD_FOLDER [ROW...]"""
import datetime
import functools
import importlib.metadata
import json
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(sys.argv[1]).resolve()
PROGRAM = str(BUILD / "nbkatib")
VENV = pathlib.Path(sys.prefix)
HERE = pathlib.Path(__file__).resolve().parent
RUNS = 21


def environment(home):
    return {**os.environ, "PATH": f"{VENV}/bin:" + os.environ["PATH"], "VIRTUAL_ENV": str(VENV), "NBKATIB_HOME": str(home)}


def timed(argv, **kwargs):
    """Wall seconds of a command, which must succeed."""
    began = time.perf_counter()
    done = subprocess.run([*map(str, argv)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, **kwargs)
    wall = time.perf_counter() - began
    if done.returncode:
        raise SystemExit(f"{argv}: exit status {done.returncode}\n{done.stderr[-2000:]}")
    return wall


def pairs(ours, peer, runs):
    """Medians of two functions called in turn, and of their ratio pair by pair; one warm-up each."""
    ours(), peer()
    a, b = [], []
    for _ in range(runs):
        a.append(ours())
        b.append(peer())
    return statistics.median(a), statistics.median(b), statistics.median(x / y for x, y in zip(a, b))


def write_notebook(path, cells, outputs=None):
    def code(source, tags=(), out=()):
        return {"cell_type": "code", "execution_count": None, "metadata": {"tags": list(tags)} if tags else {}, "outputs": list(out), "source": source}

    body = [code("x = 1.0", ["parameters"])] + [code(f"y{i} = x + {i}") for i in range(cells - 2)] + [code(f"print(y{cells - 3})", ["pipeline-metrics"])]
    if outputs:
        body[2:-1] = [code("pass", out=[o]) for o in outputs]
        body[-1] = code("print(y0)", ["pipeline-metrics"])
    meta = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}, "language_info": {"name": "python"}}
    path.write_text(json.dumps({"cells": body, "metadata": meta, "nbformat": 4, "nbformat_minor": 4}))
    return path


def trial_row(work, cells, runs):
    notebook = write_notebook(work / f"nb{cells}.ipynb", cells)
    env = environment(work / "home")
    out = work / "trial-out"

    def ours():
        shutil.rmtree(out, ignore_errors=True)
        return timed([PROGRAM, "trial", notebook, "--set", "x=2.0", "--output", out], env=env)

    def peer():
        return timed([VENV / "bin/papermill", "-p", "x", "2.0", "--no-progress-bar", notebook, work / "pm.ipynb"], env=env)

    return pairs(ours, peer, runs)


def row_trial5(work):
    return "one trial of a 5-cell notebook, wall", "papermill", 0.35, trial_row(work, 5, 7), "s"


def row_trial100(work):
    return "100-cell notebook, wall", "papermill", 0.28, trial_row(work, 100, 5), "s"


def client(work, mode, spec, count=0):
    done = subprocess.run([BUILD / "tests/bench_client", mode, spec, *([str(count)] if count else [])], env=environment(work / "home"),
                          capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def write_spec(work, name, argv):
    folder = work / "jupyter/kernels" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": name, "language": "python"}))
    os.environ["JUPYTER_PATH"] = str(work / "jupyter")


def row_start(work):
    from jupyter_client.manager import start_new_kernel

    def peer():
        began = time.perf_counter()
        manager, blocking = start_new_kernel(kernel_name="python3")
        took = time.perf_counter() - began
        blocking.stop_channels()
        manager.shutdown_kernel(now=True)
        return took

    return "client start to ready kernel", "jupyter_client start_new_kernel", 0.6, pairs(lambda: client(work, "start", "python3")["start_s"], peer, 7), "s"


def peer_messages(kernel, code, count):
    """(executes per second, client CPU seconds per message) of jupyter_client's blocking client."""
    from jupyter_client.manager import start_new_kernel

    manager, blocking = start_new_kernel(kernel_name=kernel)
    messages = 0

    def hook(message):
        nonlocal messages
        messages += 1

    for _ in range(20):
        blocking.execute_interactive("pass", output_hook=hook)
    messages = 0
    cpu, began = time.process_time(), time.perf_counter()
    for _ in range(count):
        blocking.execute_interactive(code, output_hook=hook, store_history=False)
        messages += 1
    result = count / (time.perf_counter() - began), (time.process_time() - cpu) / messages
    blocking.stop_channels()
    manager.shutdown_kernel(now=True)
    return result


def message_row(work, mode, count, peer_code, peer_count):
    write_spec(work, "echo", [str(BUILD / "tests/bench_echo_kernel"), "{connection_file}"])
    return pairs(lambda: client(work, mode, "echo", count)["cpu_per_message_s"] * 1e6,
                 lambda: peer_messages("echo", peer_code, peer_count)[1] * 1e6, 7)


def row_message(work):
    return "client CPU per message, echo kernel, a cell of 5000 outputs", "jupyter_client blocking client", 0.1, message_row(work, "outputs", 5000, "5000", 1), "us"


def row_roundtrip(work):
    return "client CPU per message, echo kernel, cells without output", "jupyter_client blocking client", 0.1, message_row(work, "messages", 2000, "pass", 500), "us"


def row_executes(work):
    result = pairs(lambda: client(work, "messages", "python3", 400)["executes_per_s"], lambda: peer_messages("python3", "pass", 400)[0], 5)
    return "executes/s, ipykernel (higher is better)", "jupyter_client blocking client", -1.15, result, "1/s"


def big_notebook(work, kind):
    if kind == "images":
        data = "iVBORw0KGgo" + "A" * (500 * 1024)
        outputs = [{"output_type": "display_data", "data": {"image/png": data}, "metadata": {}} for _ in range(100)]
    else:
        text = ["a line of text output, number %d, with \"quotes\" and \\ü\n" % i for i in range(9000)]
        outputs = [{"output_type": "stream", "name": "stdout", "text": text} for _ in range(100)]
    return write_notebook(work / f"{kind}.ipynb", 3, outputs)


def inspect_row(work, kind):
    import nbformat

    path = big_notebook(work, kind)
    env = environment(work / "home")
    size = path.stat().st_size

    def peer():
        began = time.perf_counter()
        nbformat.read(path, as_version=4)
        return time.perf_counter() - began

    result = pairs(lambda: timed([PROGRAM, "inspect", path, "--json"], env=env), peer, 5)
    peak = peak_of([PROGRAM, "inspect", path, "--json"], env) / size
    return result, peak, size


PEAK = """
import os, sys
pid = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=[(os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)])
_, status, usage = os.wait4(pid, 0)
sys.exit(status) if status else print(usage.ru_maxrss * 1024)
"""


def peak_of(argv, env):
    """Peak resident bytes of one command. A small Python starts it, since a child's peak begins at its parent's size."""
    return int(subprocess.run([sys.executable, "-S", "-c", PEAK, *map(str, argv)], env=env, capture_output=True, text=True, check=True).stdout)


def row_inspect_images(work):
    result, peak, size = inspect_row(work, "images")
    return f"`inspect` of {size / 1e6:.0f} MB of images, wall (peak memory {peak:.2f} of the file)", "nbformat.read in a warm Python", 0.2, result, "s"


def row_inspect_text(work):
    result, peak, size = inspect_row(work, "text")
    return f"`inspect` of {size / 1e6:.0f} MB of text, wall (peak memory {peak:.2f} of the file)", "nbformat.read in a warm Python", 0.2, result, "s"


OPTUNA = """
import os, sys, optuna, papermill
optuna.logging.set_verbosity(optuna.logging.ERROR)
notebook, out = sys.argv[1:3]
def objective(trial):
    values = dict(N_ESTIMATORS=trial.suggest_int("N_ESTIMATORS", 20, 80), MAX_DEPTH=trial.suggest_int("MAX_DEPTH", 1, 6),
                  LEARNING_RATE=trial.suggest_float("LEARNING_RATE", 0.005, 0.5, log=True))
    done = papermill.execute_notebook(notebook, f"{out}/{trial.number}.ipynb", values, progress_bar=False)
    return float(done.cells[-1].outputs[0].text.split()[0])
study = optuna.create_study(direction="maximize", sampler=optuna.samplers.RandomSampler(seed=1))
study.optimize(objective, n_trials=12, n_jobs=3)
"""


def experiment_row(work, threads):
    notebook = shutil.copy(ROOT / "examples/breast_cancer.ipynb", work / "example.ipynb")
    script = work / "tune.py"
    script.write_text(OPTUNA)
    # papermill takes papermill's tag name.
    tagged = work / "tagged.ipynb"
    tagged.write_text(pathlib.Path(notebook).read_text().replace('"pipeline-parameters"', '"parameters"'))
    limits = {f"{n}_NUM_THREADS": "1" for n in ("OMP", "OPENBLAS", "MKL")} if threads else {}
    count = 0

    def ours():
        nonlocal count
        count += 1
        return timed([PROGRAM, "run", notebook, "--algorithm", "random", "--seed", "1", "--name", f"bench-{count}", "--param", "N_ESTIMATORS=20..80",
                      "--param", "MAX_DEPTH=1..6", "--param", "LEARNING_RATE=0.005..0.5:log"], env={**environment(work / "home"), **limits})

    def peer():
        shutil.rmtree(work / "pm", ignore_errors=True)
        (work / "pm").mkdir()
        return timed([VENV / "bin/python", script, tagged, work / "pm"], env={**environment(work / "home"), **limits})

    return pairs(ours, peer, 3)


def row_experiment(work):
    return "12 fresh-kernel trials of the example, wall", "papermill in Optuna, n_jobs=3", 0.6, experiment_row(work, False), "s"


def row_experiment_threads(work):
    return "the same with equal thread limits", "papermill in Optuna, n_jobs=3, one thread each", 1.0, experiment_row(work, True), "s"


def row_engine(work):
    found = {}
    for count in (100, 10000):
        env = environment(work / f"engine-{count}")
        done = subprocess.run([BUILD / "tests/bench_engine", str(count)], env=env, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(done.stderr)
        found[count] = json.loads(done.stdout)
    listed, shown = found[10000]["list_ms"], found[10000]["show_ms"]
    many, few = found[10000]["seconds_per_trial"] * 1e3, found[100]["seconds_per_trial"] * 1e3
    what = f"engine cost per stub trial at 10 000 trials (`list` {listed:.1f} ms, `show` {shown:.0f} ms)"
    return what, "itself at 100 trials", 1.3, (many, few, many / few), "ms"


def install_kernel(work):
    subprocess.run([PROGRAM, "install", "--prefix", work], check=True, capture_output=True)
    os.environ["JUPYTER_PATH"] = str(work / "share/jupyter")


def row_kernel_start(work):
    install_kernel(work)
    result = pairs(lambda: client(work, "start", "nbkatib")["start_s"] * 1e3, lambda: client(work, "start", "python3")["start_s"] * 1e3, 9)
    return "kernel `nbkatib`, start to ready", "ipykernel, the same client", 0.1, result, "ms"


def resident(kernel):
    from jupyter_client.manager import start_new_kernel

    manager, blocking = start_new_kernel(kernel_name=kernel)
    blocking.execute_interactive("list" if kernel == "nbkatib" else "pass", output_hook=lambda message: None)
    status = pathlib.Path(f"/proc/{manager.provisioner.process.pid}/status").read_text()
    blocking.stop_channels()
    manager.shutdown_kernel(now=True)
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS"))


def row_kernel_memory(work):
    install_kernel(work)
    os.environ["NBKATIB_HOME"] = str(work / "home")
    return "kernel `nbkatib`, resident memory after a cell", "ipykernel", 0.2, pairs(lambda: resident("nbkatib"), lambda: resident("python3"), 3), "MiB"


ECHO = """
def opened(comm, message):
    comm.on_msg(lambda m: comm.send(m["content"]["data"]))
get_ipython().kernel.comm_manager.register_target("nbkatib", opened)
"""
HELLO = {"jsonrpc": "2.0", "id": 0, "method": "hello", "params": {"protocol": 1, "client": "bench"}}


class Comm:
    """A comm of a kernel over bare sockets, so that the client costs both sides the same and little."""

    def __init__(self, kernel):
        import zmq
        from jupyter_client.manager import start_new_kernel

        self.manager, self.blocking = start_new_kernel(kernel_name=kernel)
        if kernel != "nbkatib":
            self.blocking.execute_interactive(ECHO)
        self.session = self.blocking.session
        info = self.manager.get_connection_info()
        context = zmq.Context.instance()
        self.shell, self.iopub = context.socket(zmq.DEALER), context.socket(zmq.SUB)
        self.iopub.subscribe(b"")
        self.shell.connect(f"tcp://{info['ip']}:{info['shell_port']}")
        self.iopub.connect(f"tcp://{info['ip']}:{info['iopub_port']}")
        time.sleep(0.5)
        self.session.send(self.shell, "comm_open", {"comm_id": "bench", "target_name": "nbkatib", "data": {}})
        self.call({**HELLO, "id": "hello"})

    def call(self, data):
        """Seconds from a message that is ready to be sent until the answer of its id."""
        frames = self.session.serialize(self.session.msg("comm_msg", {"comm_id": "bench", "data": data}))
        began = time.perf_counter()
        self.shell.send_multipart(frames)
        mark = json.dumps({"id": data["id"]})[1:-1].encode()
        while True:
            frames = self.iopub.recv_multipart()
            if frames[0].startswith(b"comm") and mark in frames[-1].replace(b'":"', b'": "'):
                return time.perf_counter() - began

    def close(self):
        self.shell.close(0), self.iopub.close(0)
        self.blocking.stop_channels()
        self.manager.shutdown_kernel(now=True)


def trials_that_compute(work):
    """An experiment with three trials side by side that keep the processors busy until it is stopped."""
    cells = ("x = 1.0", ["pipeline-parameters"]), ("import time\nend = time.time() + 600\nwhile time.time() < end: pass\ny = x", []), ("print(y)", ["pipeline-metrics"])
    body = [{"cell_type": "code", "execution_count": None, "metadata": {"tags": tags} if tags else {}, "outputs": [], "source": source} for source, tags in cells]
    path = work / "busy.ipynb"
    path.write_text(json.dumps({"cells": body, "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}, "nbformat": 4, "nbformat_minor": 4}))
    timed([PROGRAM, "run", path, "--detach", "--trials", "3", "--parallel", "3", "--name", "busy", "--param", "x=0..1"], env=environment(work / "home"))
    time.sleep(6)


def schedule(policy, priority):
    """Of this process's threads. Real-time, where that is permitted: the kernels are measured, not when the client gets a processor."""
    for thread in os.listdir("/proc/self/task"):
        try:
            os.sched_setscheduler(int(thread), policy, os.sched_param(priority))
        except PermissionError:
            return


def row_kernel_comm(work):
    install_kernel(work)
    os.environ["NBKATIB_HOME"] = str(work / "home")
    ours, peer = Comm("nbkatib"), Comm("python3")
    trials_that_compute(work)
    schedule(os.SCHED_FIFO, 1)
    took = {ours: [], peer: []}
    try:
        for i in range(600):
            for comm in (ours, peer):
                took[comm].append(comm.call({"jsonrpc": "2.0", "id": f"bench-{i}", "method": "tags", "params": {}}) * 1e3)
                time.sleep(0.005)
    finally:
        schedule(os.SCHED_OTHER, 0)
        timed([PROGRAM, "stop", "busy", "--now"], env=environment(work / "home"))
        ours.close(), peer.close()
    (p50, p99), (peer50, peer99) = ((statistics.median(t), statistics.quantiles(t, n=100)[-1]) for t in (took[ours], took[peer]))
    what = f"comm round trip while 3 trials compute, p50 (p99 {p99:.2f} ms, peer's {peer99:.2f} ms, ratio {p99 / peer99:.2f})"
    return what, "ipykernel, a comm that echoes", 0.3, (p50, peer50, p50 / peer50), "ms"


def live_document(size):
    """A document as the interface sends it while it is open: sources, no outputs; the last cells read what the first assigns."""
    line = "frame['größe'] = frame.groupby(\"city\").transform(lambda x: x.mean() / 2)  # a line of a long notebook\n"
    cell = {"cell_type": "code", "source": line * 50, "metadata": {}}
    cells = [{"id": f"c{i}", **cell} for i in range(size // len(json.dumps(cell, ensure_ascii=False).encode()))]
    cells[0].update(source="lr = 0.1\ndepth = 4\n", metadata={"tags": ["pipeline-parameters"]})
    cells[-2].update(source="score = lr * depth\n")
    cells[-1].update(source="print(score)\n", metadata={"tags": ["pipeline-metrics"]})
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def processor_ms(process):
    ticks = pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[11:13]
    return sum(map(int, ticks)) * 1e3 / os.sysconf("SC_CLK_TCK")


def row_kernel_inspect(work):
    install_kernel(work)
    os.environ["NBKATIB_HOME"] = str(work / "home")
    params = {"notebook": "live.ipynb", "document": live_document(5_000_000)}
    size = len(json.dumps(params["document"], ensure_ascii=False, separators=(",", ":")).encode())
    comm = Comm("nbkatib")
    try:
        process = comm.manager.provisioner.process.pid
        comm.call({"jsonrpc": "2.0", "id": "first", "method": "inspect", "params": params})
        before = processor_ms(process)
        took = [comm.call({"jsonrpc": "2.0", "id": f"inspect-{i}", "method": "inspect", "params": params}) * 1e3 for i in range(RUNS)]
        cpu = (processor_ms(process) - before) / RUNS
    finally:
        comm.close()
    what = f"`inspect` of a live document of {size / 1e6:.1f} MB through the comm (worst {max(took):.0f} ms; the kernel's CPU {cpu:.0f} ms)"
    return what, "", 50, (statistics.median(took), None, None), "ms"


LAB = ROOT / "build/jupyterlab-venv/bin/python"
NOTEBOOKS = pathlib.Path(os.environ.get("NBKATIB_NOTEBOOKS") or ROOT.parent / "shared/notebooks")


@functools.lru_cache
def lab(*words):
    """What bench_lab.py prints, in the environment that the tests of the extension use."""
    subprocess.run([ROOT / "tests/browser/lab/setup"], check=True)
    done = subprocess.run([LAB, HERE / "bench_lab.py", *words], stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


def answer_row(work, notebook, name, what, reach):
    read = subprocess.run([PROGRAM, "inspect", notebook, "--json"], env=environment(work / "home"), capture_output=True, text=True, check=True)
    took = lab("answers", str(notebook), str(len(json.loads(read.stdout)["parameters"])))[name]
    cold, warm = took["cold"], took["warm"]
    what += f", {notebook.name} (worst of {len(warm)}: {max(warm):.0f} ms; the first in a page: {statistics.median(cold):.0f} ms, worst {max(cold):.0f} ms)"
    return what, "", reach, (max(statistics.median(warm), statistics.median(cold)), None, None), "ms"


def toggle_row(work, notebook):
    return answer_row(work, notebook, "toggle", "Enable Katib, click to controls", 100)


def dialog_row(work, notebook):
    return answer_row(work, notebook, "dialog", "Set Up Katib Job, click to filled-in rows", 300)


def biggest_notebook():
    """Of the notebooks of real users, where they are present."""
    found = [path for path in NOTEBOOKS.rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts]
    return max(found, key=lambda path: path.stat().st_size, default=None)


def row_toggle(work):
    return toggle_row(work, ROOT / "examples/breast_cancer.ipynb")


def row_dialog(work):
    return dialog_row(work, ROOT / "examples/breast_cancer.ipynb")


def row_toggle_big(work):
    return (notebook := biggest_notebook()) and toggle_row(work, notebook)


def row_dialog_big(work):
    return (notebook := biggest_notebook()) and dialog_row(work, notebook)


def row_bundle(work):
    found = lab("files")
    kilobytes = {part: sum(found["all"][name] for name in found[part]) / 1e3 for part in ("start", "panel", "dialog")}
    total = sum(found["all"].values()) / 1e3
    rest = total - sum(kilobytes.values())
    what = "extension, gzipped (at JupyterLab's start {start:.0f} kB, with the panel {panel:.0f} kB, with the dialog {dialog:.0f} kB, ".format(**kilobytes)
    return what + f"later {rest:.0f} kB)", "", 250, (total, None, None), "kB"


ROWS = {name[4:]: function for name, function in list(globals().items()) if name.startswith("row_")}


def versions():
    names = ("papermill", "optuna", "nbformat", "jupyter_client", "ipykernel")
    return ", ".join(f"{n} {importlib.metadata.version(n)}" for n in names)


def line_of(what, peer, reach, figures, unit):
    """A row of the table. One without a peer has a reach in its own unit, and no ratio; that of a ratio below 0 is the least."""
    ours, theirs, ratio = figures
    if theirs is None:
        return f"| {what} | | {ours:.3g} {unit} | | | under {reach:g} {unit} | {'yes' if ours < reach else 'no'} |"
    met = ratio >= -reach if reach < 0 else ratio <= reach
    goal = f"at least {-reach:g}x" if reach < 0 else f"at most {reach:g}"
    return f"| {what} | {peer} | {ours:.3g} {unit} | {theirs:.3g} {unit} | {ratio:.3f} | {goal} | {'yes' if met else 'no'} |"


def main():
    chosen = sys.argv[2:] or list(ROWS)
    if unknown := [name for name in chosen if name not in ROWS]:
        raise SystemExit(f"bench.py: no row {', '.join(unknown)}; there are: {' '.join(ROWS)}")
    load = os.getloadavg()[0]
    lines = []
    for name in chosen:
        work = pathlib.Path(tempfile.mkdtemp(prefix="nbkb-"))
        try:
            row = ROWS[name](work)
        finally:
            shutil.rmtree(work, ignore_errors=True)
        if row is None:
            print(f"{name}: skipped, there are no notebooks of users", file=sys.stderr)
            continue
        lines.append(line_of(*row))
        print(lines[-1], flush=True)
    if len(chosen) < len(ROWS):
        print(f"load average {load:.1f} before, {os.getloadavg()[0]:.1f} after; {os.cpu_count()} cores", file=sys.stderr)
        return
    head = ["# Results", "", f"Made by `tests/run bench` on {datetime.date.today()}: {os.cpu_count()} cores, load average {load:.1f} before, {platform.machine()}, Python "
            f"{platform.python_version()}, {versions()}.", "Medians of runs in turn (ours, peer, ours, ...); the ratio is the median of the pairs' ratios. A row without a peer has",
            "its own reach; of the interface it shows the greater one of two medians, that of the first in a page and that of the others.", "",
            "| what | peer | nbkatib | peer | ratio | reach | met |", "|---|---|---|---|---|---|---|"]
    (HERE / "RESULTS.md").write_text("\n".join(head + lines) + "\n")


if __name__ == "__main__":
    main()

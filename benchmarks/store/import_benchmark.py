"""Import of generated CSV from end to end through the binary, and the restart after it, as rows of the store's table.

    import_benchmark.py BINARY FOLDER [LINKS]

FOLDER is made, filled with a generated county of about LINKS links (default 10 million), and removed again.
"""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

LINKS_A_HOUSEHOLD = 2.395  # of generated counties
MOST_HOUSEHOLDS = 2_000_000  # of one of them


def row(what: str, figure: float, unit: str, beside: str = "") -> None:
    print(f"| {what:<52} | {figure:14.1f} | {unit:<12} | {beside} |", flush=True)


def timed(*command) -> tuple[float, float, bytes]:
    """Seconds, peak memory in MiB, and what a command printed; a command that fails ends the benchmark."""
    begin = time.perf_counter()
    with subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE) as process:
        out = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"import_benchmark: {command[0]} {command[1]} ended with {process.returncode}")
    return time.perf_counter() - begin, usage.ru_maxrss / 1024, out


def size(folder: pathlib.Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def read_all(paths) -> float:
    begin = time.perf_counter()
    for path in paths:
        with open(path, "rb", buffering=0) as file:
            while file.read(1 << 20):
                pass
    return time.perf_counter() - begin


def write_synced(path: pathlib.Path, count: int) -> float:
    block = os.urandom(1 << 20)
    begin = time.perf_counter()
    with open(path, "wb", buffering=0) as file:
        for _ in range(count >> 20):
            file.write(block)
        os.fsync(file.fileno())
    seconds = time.perf_counter() - begin
    path.unlink()
    return seconds


def generate(binary: str, folder: pathlib.Path, links: int) -> list[pathlib.Path]:
    """Tables of about so many links: a county, in as many copies as it takes, each with ids of its own."""
    households = int(links / LINKS_A_HOUSEHOLD) + 1
    copies = -(-households // MOST_HOUSEHOLDS)
    timed(binary, "generate", "county", "--households", households // copies, "--seed", 3, "--out", folder)
    for name, columns in (("nodes.csv", [0]), ("links.csv", [0, 2, 3])):
        copied = folder / f"copies-{name}"
        with open(copied, "w", encoding="utf-8") as out:
            for copy in range(copies):
                with open(folder / name, encoding="utf-8") as lines:
                    header = next(lines)
                    out.write(header if copy == 0 else "")
                    for line in lines:
                        cells = line.split(",", 4)  # none of the first is quoted
                        for column in columns:
                            cells[column] = f"{copy}-{cells[column]}"
                        out.write(",".join(cells))
        copied.replace(folder / name)
    return [folder / f"{kind}.csv" for kind in ("regions", "lines", "nodes", "links")]


class Serving:
    """A server over the store, timed from its start."""

    def __init__(self, binary: str, store: pathlib.Path):
        self.binary, self.begin = binary, time.perf_counter()
        self.process = subprocess.Popen(
            [binary, "serve", "--data", str(store), "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True
        )
        line = self.process.stdout.readline()
        self.listening = time.perf_counter() - self.begin
        self.address = line.split()[-1]

    def first_answer(self) -> float:
        timed(self.binary, "run", "degree", "--server", self.address, "--limit", "1", "--format", "csv")
        return time.perf_counter() - self.begin

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        if self.process.wait() != 0:
            sys.exit("import_benchmark: the server did not end well")
        self.process.stdout.close()


def measure(binary: str, folder: pathlib.Path, links: int) -> None:
    tables, store = folder / "tables", folder / "store"
    files = generate(binary, tables, links)
    read_all(files)  # they are in the system's cache from here on
    reading = read_all(files)
    arguments = [part for path in files for part in (f"--{path.stem}", path)]
    seconds, peak, out = timed(binary, "import", "--data", store, *arguments, "--format", "json")
    answer = json.loads(out)
    count, nodes = answer["links"]["created"], answer["nodes"]["created"]
    bytes_on_disk = size(store / "rocksdb")
    writing = write_synced(folder / "bytes", bytes_on_disk)
    row("import of CSV, checked and durable", count / seconds, "links/s", f"{count:,} links, {nodes:,} nodes, {seconds:.1f} s")
    row("the same, links and nodes", (count + nodes) / seconds, "records/s", f"{size(tables) / seconds / 1e6:.1f} MB/s of CSV")
    row("the machine alone: reading that CSV", reading, "s", f"{size(tables) >> 20} MiB, from memory")
    row("the machine alone: writing that store, synced", writing, "s", f"{bytes_on_disk >> 20} MiB")
    row("peak memory of the import", peak, "MiB", "client, server and store in one process; --load-memory 2G")
    row("on disk", bytes_on_disk / count, "bytes/link", "nodes included")

    serving = Serving(binary, store)
    row("restart: listening", serving.listening, "s")
    row("restart: first answer, without a saved Snapshot", serving.first_answer(), "s", "lianjie run degree")
    serving.stop()
    serving = Serving(binary, store)
    row("restart: first answer, with a saved Snapshot", serving.first_answer(), "s", "lianjie run degree")
    serving.stop()


def main() -> None:
    if not 3 <= len(sys.argv) <= 4:
        sys.exit("usage: import_benchmark.py BINARY FOLDER [LINKS]")
    folder = pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True)
    try:
        measure(str(pathlib.Path(sys.argv[1]).resolve()), folder, int(sys.argv[3]) if len(sys.argv) > 3 else 10_000_000)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()

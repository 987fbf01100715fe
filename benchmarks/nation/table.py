"""The rows of the national table, and how they are printed."""

from __future__ import annotations


class Table:
    def __init__(self):
        self.rows: list[tuple[str, str, str, str]] = []
        self.memory: list[tuple[str, str, str, str, str]] = []
        self.took: dict[str, float] = {}

    def add(self, what: str, wanted: str, reached: str, beside: str = "", good: bool | None = None) -> None:
        """A figure beside what is wanted; bold where it is reached, said where it is not."""
        if good is not None:
            reached = f"**{reached}**" if good else f"{reached} (not reached)"
        self.rows.append((what, wanted, reached, beside))

    def add_memory(self, line: dict) -> None:
        """A kernel's memory as it was estimated and measured, and how long it goes on after it was cancelled."""
        estimated, peak, cancelled = line["estimated_bytes"], line["peak_bytes"], line["cancelled_seconds"]
        ratio = f"{estimated / peak:.2f}" if peak else "–"
        self.memory.append(
            (
                f"`{line['kernel']}`", f"{estimated / 2**20:,.0f}", f"{peak / 2**20:,.0f}", ratio,
                "done before" if cancelled < 0 else f"{cancelled * 1e3:.1f}",
            )
        )  # fmt: skip

    def markdown(self, heading: str) -> str:
        lines = [heading, "", "| work | wanted | reached | beside |", "|---|---:|---:|---|"]
        lines += [f"| {' | '.join(row)} |" for row in self.rows]
        lines += ["", "| kernel | memory estimated, MiB | measured | estimate / measured | cancelled after, ms |"]
        lines += ["|---|---:|---:|---:|---:|"]
        lines += [f"| {' | '.join(row)} |" for row in self.memory]
        lines += ["", "Took: " + ", ".join(f"{step} {seconds:.0f} s" for step, seconds in self.took.items()) + "."]
        return "\n".join(lines) + "\n"

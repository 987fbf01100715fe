"""Coverage classes by brute force, from the definitions alone: plain dictionaries and loops over the tables, one household
after the other, nothing shared with the engine. Ledger mode, as of one date.

b is narrow benefit: what active bindings other than relief, grants, interest and insurance pay a household, and supported
purchases that the administration or society drives. A household that pays settles first: what it receives as an operator,
and from outside, pays its own links, and only the rest counts, each kind of receipt alike.
"""

from __future__ import annotations

import collections
import dataclasses
import pathlib

import pandas as pd

OPERATING = {"ORDER", "SUPPLY", "CONSUMPTION", "TRUSTEESHIP", "PATRONAGE_REFUND"}
NOT_NARROW = {"SUPPLY", "CONSUMPTION", "TRANSFER", "GRANT", "CREDIT", "INSURANCE"}
ORGANISATIONS = {"COOPERATIVE", "COLLECTIVE", "FIRM"}
CONDUITS = {"LAND", "FUND"}
INCOMES = [f"income_{part}_yuan" for part in ("wage", "operating", "property", "transfer")]


@dataclasses.dataclass
class Target:
    """What is found about one household."""

    node: str
    region: str
    persons: int
    registration: str
    benefit: float
    participates: bool
    klass: str = ""
    gap: float = 0.0
    line: float | None = None
    payer: str = ""


def number(text: str) -> float | None:
    return float(text) if text != "" else None


def in_force(row, date: str) -> bool:
    return (row["valid_from"] == "" or row["valid_from"] <= date) and (row["valid_to"] == "" or date < row["valid_to"])


def is_narrow(link) -> bool:
    if link["mechanism"] == "CONSUMPTION":
        return link["driver"] in ("ADMINISTRATIVE", "SOCIAL")
    return link["mechanism"] not in NOT_NARROW


def is_money(link) -> bool:
    """Support without an amount is no money link; a contract that is unpaid is one."""
    return link["mechanism"] != "SERVICE" or any((number(link[f"{kind}_yuan"]) or 0) > 0 for kind in ("promised", "paid"))


class Oracle:
    def __init__(self, folder: pathlib.Path, date: str, with_lines: bool = True):
        def table(name, columns):
            frame = pd.read_csv(folder / f"{name}.csv", dtype=str, keep_default_na=False)
            return frame.reindex(columns=[*dict.fromkeys([*frame.columns, *columns])], fill_value="").to_dict("records")

        self.folder, self.date, self.year = folder, date, int(date[:4])
        wanted = ["outside_revenue_yuan", "revenue_yuan", "leak_share", "monitoring", "income_year", *INCOMES]
        nodes = table("nodes", [*wanted, "valid_from", "valid_to", "region", "registration", "persons"])
        self.nodes = {node["id"]: node for node in nodes if in_force(node, date)}
        links = table("links", ["promised_yuan", "paid_yuan", "status", "driver", "valid_from", "valid_to"])
        self.links = [
            link | {"paid": number(link["paid_yuan"]) or 0.0}
            for link in links
            if in_force(link, date)
            and link["status"] in ("", "ACTIVE")
            and link["source"] in self.nodes
            and link["target"] in self.nodes
        ]
        self.incoming, self.outgoing = collections.defaultdict(list), collections.defaultdict(list)
        for link in self.links:
            self.incoming[link["target"]].append(link)
            self.outgoing[link["source"]].append(link)
        self.parents = {region["code"]: region["parent"] for region in table("regions", ["parent"])}
        self.lines = table("lines", ["region", "line_yuan", "minimum_benefit_yuan"]) if with_lines else []
        self.own_money = {node: self._own_money(node) for node in self.nodes}
        self.reached = self._reached()

    # Money.

    def _own_money(self, node: str) -> float:
        """f: outside revenue where it is given, else what of the revenue no link explains."""
        row = self.nodes[node]
        if row["outside_revenue_yuan"] != "":
            return float(row["outside_revenue_yuan"])
        if row["revenue_yuan"] != "":
            return max(0.0, float(row["revenue_yuan"]) - sum(link["paid"] for link in self.incoming[node]))
        return 0.0

    def _unexplained(self, node: str) -> float:
        received = sum(link["paid"] for link in self.incoming[node]) + self.own_money[node]
        return max(0.0, sum(link["paid"] for link in self.outgoing[node]) - received)

    def _shortfall(self, household: str) -> float:
        received = self.own_money[household]
        received += sum(link["paid"] for link in self.incoming[household] if link["mechanism"] in OPERATING)
        return max(0.0, sum(link["paid"] for link in self.outgoing[household]) - received)

    def kept_share(self, household: str) -> float:
        """The part of its operating receipts that a household keeps once its own payments are made."""
        received = self.own_money[household]
        received += sum(link["paid"] for link in self.incoming[household] if link["mechanism"] in OPERATING)
        paid = sum(link["paid"] for link in self.outgoing[household])
        return 1.0 if paid == 0 else max(0.0, received - paid) / received if received > 0 else 0.0

    def benefit_links(self, household: str) -> list[tuple[dict, float]]:
        """Each active narrow link with the benefit that it brings."""
        kept = self.kept_share(household)
        return [
            (link, link["paid"] * (kept if link["mechanism"] in OPERATING else 1.0))
            for link in self.incoming[household]
            if is_narrow(link)
        ]

    def payers(self, node: str, seen: frozenset = frozenset()) -> dict[str, float]:
        """Who stands behind a payer, with parts that sum to at most 1: land and funds without money of their own are looked
        through, and so are households that pay, to those who paid them; their own money is theirs."""
        kind = self.nodes[node]["kind"]
        own = self.own_money[node] + self._unexplained(node)
        if kind == "HOUSEHOLD":  # wages and dividends never reach the till that pays
            own = self.own_money[node] + self._shortfall(node)
        if node in seen or not (kind in CONDUITS and own == 0 or kind == "HOUSEHOLD"):
            return {node: 1.0}
        receipts = [
            (link["source"], link["paid"])
            for link in self.incoming[node]
            if kind != "HOUSEHOLD" or link["mechanism"] in OPERATING
        ]
        total = sum(amount for _, amount in receipts) + (own if kind == "HOUSEHOLD" else 0)
        found: dict[str, float] = collections.defaultdict(float)
        if kind == "HOUSEHOLD" and own > 0:
            found[node] = own / total  # nobody stands behind its own money: the household itself is the payer
        for source, amount in receipts:
            if amount > 0:
                for payer, part in self.payers(source, seen | {node}).items():
                    found[payer] += part * amount / total
        return found

    def _reached(self) -> set[str]:
        """Nodes that money from outside can reach over active links, whatever their amounts."""
        reached = {node for node, money in self.own_money.items() if money > 0}
        waiting = list(reached)
        while waiting:
            for link in self.outgoing[waiting.pop()]:
                if link["target"] not in reached:
                    reached.add(link["target"])
                    waiting.append(link["target"])
        return reached

    # Lines and classes.

    def _line(self, region: str) -> tuple[float | None, float | None]:
        """The line of the nearest region above, and there the latest year that is not after the date's."""
        while True:
            fitting = [line for line in self.lines if line["region"] == region and int(line["year"]) <= self.year]
            if fitting:
                best = max(fitting, key=lambda line: int(line["year"]))
                return number(best["line_yuan"]), number(best["minimum_benefit_yuan"])
            if region == "":
                return None, None
            region = self.parents.get(region, "")

    def _income(self, row) -> float | None:
        given = [number(row[name]) for name in INCOMES]
        if all(part is None for part in given) or (row["income_year"] != "" and int(float(row["income_year"])) > self.year):
            return None
        return sum(part or 0.0 for part in given)

    def targets(self) -> list[Target]:
        found = []
        for node, row in self.nodes.items():
            is_target = row["registration"] not in ("", "GENERAL") or row["monitoring"] not in ("", "NONE")
            if row["kind"] == "HOUSEHOLD" and is_target:
                found.append(self._judge(node, row))
        return found

    def _judge(self, node: str, row) -> Target:
        brought = self.benefit_links(node)
        benefit = sum(amount for _, amount in brought)
        money_links = [link for link, _ in brought if is_money(link)]
        serviced = any(link["mechanism"] == "SERVICE" for link in self.incoming[node])
        target = Target(
            node, row["region"], int(row["persons"]), row["registration"], benefit, bool(money_links) or serviced
        )
        n, income = target.persons, self._income(row)
        base = max(0.0, income - benefit) if income is not None else 0.0
        target.line, minimum = self._line(row["region"])

        def adequate(paid: float) -> bool:
            enough = target.line is None or (base + paid) / n >= target.line
            return enough and (minimum is None or paid / n >= minimum)

        if target.line is not None:
            target.gap = max(0.0, n * target.line - base - benefit)
        if not money_links:
            target.klass = "L0"
        elif benefit == 0:
            target.klass = "L2" if node in self.reached else "L1"
        elif not self.lines:
            target.klass = "L5"
        elif not adequate(benefit):
            target.klass = "L3"
        else:
            by_payer: dict[str, float] = collections.defaultdict(float)
            for link, amount in brought:
                for payer, part in self.payers(link["source"]).items():
                    by_payer[payer] += amount * part
            by_payer.pop(node, None)  # what it pays itself is nobody's to stop
            target.payer, largest = max(by_payer.items(), key=lambda item: item[1], default=("", 0.0))
            target.klass = "L5" if adequate(benefit - largest) else "L4"
        return target

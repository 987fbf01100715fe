"""China's input-output table of 2020 (42 sectors): final use flows back through what sectors pay one another."""

import lianjie
import pytest
import real


@pytest.fixture(scope="module")
def sectors(server, shared_data):
    """The graph, and of the published table: total output, final use, value added and imported inputs of each sector."""
    file = shared_data / "io_tables_china" / "china_2020_42.csv"
    real.load(server, "china_2020", "io_tables_china.toml", file)
    published = real.table(file)
    codes = [f"{number:02}" for number in range(1, 43)]
    is_sector = published["Code"].isin(codes)
    domestic = published[is_sector & (published["Origin"] == "Domestic")].set_index("Code").loc[codes]
    imports = published[is_sector & (published["Origin"] == "Imports")].set_index("Code").loc[codes]
    totals = published.set_index("Code")
    figures = {
        "output": domestic["GO"].astype(float),
        "final": domestic["TFU"].astype(float),
        "added": totals.loc["TVA", codes].astype(float),
        "imported": imports[codes].astype(float).sum(),
        "domestic": domestic[codes].astype(float),
    }
    with server.client("china_2020") as client:
        assert [node["id"] for node in client.list_nodes()] == [str(code) for code in sorted(codes, key=int)]
        add_shares(client, figures)
        yield client, figures


def add_shares(client, figures):
    """The same sectors in a graph of shares: what a sector pays another, of its own output. Throughput is then not read but
    solved for, as Leontief's inverse does."""
    tables = client.export()
    output = figures["output"] * SCALE
    links = tables.links.assign(share=tables.links["paid_yuan"] / tables.links["source"].map(output).astype(float))
    client.import_data(nodes=tables.nodes, links=links.drop(columns="paid_yuan"), graph="china_2020_shares")


SCALE = 10_000  # the table counts in 10,000 yuan


def by_code(answer, column):
    return dict(zip(answer.df["node"], answer.df[column], strict=True))


@pytest.mark.parametrize(("mode", "graph"), [("LEDGER", "china_2020"), ("SHARE", "china_2020_shares")])
def test_throughput_is_the_published_output(sectors, mode, graph):
    client, figures = sectors
    answer = client.benefit_flow(mode=mode, graph=graph, signed_injections=True)
    found = by_code(answer, "throughput_yuan")
    assert set(found) == set(figures["output"].index)
    off = {code: abs(found[code] / SCALE / figures["output"][code] - 1) for code in found}
    kept, leaked = by_code(answer, "retained_yuan"), by_code(answer, "leaked_yuan")
    expected = figures["added"] + figures["imported"]
    off_kept = {code: abs((kept[code] + leaked[code]) / SCALE / expected[code] - 1) for code in found}
    real.say(
        f"{mode.lower()} mode: 42 sectors, output {sum(found.values()) / 1e12:,.4f} trillion yuan, farthest from the "
        f"published by {max(off.values()):.1e} of it (sector {max(off, key=off.get)})",
        f"retained + leaked {(sum(kept.values()) + sum(leaked.values())) / 1e12:,.4f} trillion yuan, farthest from value added "
        f"+ imported inputs by {max(off_kept.values()):.1e}",
        f"injected {answer.ledger['injected_yuan'] / 1e12:,.4f}, residual {answer.ledger['residual_yuan']:.3g} yuan; "
        f"negative final use in {(figures['final'] < 0).sum()} sectors",
    )
    assert max(off.values()) < 1e-9
    assert max(off_kept.values()) < 1e-9


def test_negative_final_use_is_refused_unless_it_is_asked_for(sectors):
    client, figures = sectors
    assert (figures["final"] < 0).any()
    with pytest.raises(lianjie.LianjieError, match="signed_injections") as caught:
        client.benefit_flow()
    assert caught.value.reason == "INVALID_FIELD"


def test_links_are_the_domestic_cells(sectors):
    client, figures = sectors
    paid = {(link["source"], link["target"]): link["paid_yuan"] for link in client.list_links()}
    cells = {
        (buyer, seller): value * SCALE
        for seller, row in figures["domestic"].iterrows()
        for buyer, value in row.items()
        if value != 0
    }
    assert paid == pytest.approx(cells, rel=1e-12)
    assert client.stats()["graph"]["link_count"] == len(cells)
    real.say(f"{len(cells):,} of 1,764 domestic cells are not zero")

"""Keeping graphs over gRPC: pages, writes with preconditions, reading one's own writes, and out and in again."""

import lianjie
import numpy as np
import pandas as pd
import pytest


def refused(call, *arguments, **options) -> lianjie.LianjieError:
    with pytest.raises(lianjie.LianjieError) as caught:
        call(*arguments, **options)
    return caught.value


def multigraph(seed: int, nodes: int, links: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Nodes and links with parallel links, self-loops and nodes without links; ids of digits and of letters."""
    pick = np.random.default_rng(seed)
    ids = np.array([str(n) if n % 3 else f"n{n}" for n in range(nodes)])
    used = ids[: max(2, nodes * 9 // 10)]
    source, target = pick.choice(used, links), pick.choice(used, links)
    target[::17] = source[::17]
    frame = pd.DataFrame({"id": [f"l{n}" for n in range(links)], "source": source, "target": target})
    return pd.DataFrame({"id": ids, "region": [f"52{n % 5}" for n in range(nodes)]}), frame


def test_pages_give_every_id_once_in_order(client):
    nodes, links = multigraph(1, 1234, 3000)
    client.import_data(nodes=nodes, links=links)
    listed = [node["id"] for node in client.list_nodes(page_size=97)]
    digits = sorted((n for n in nodes["id"] if n.isdigit()), key=int)
    assert listed == digits + sorted(n for n in nodes["id"] if not n.isdigit())
    assert sorted(link["id"] for link in client.list_links(page_size=1000)) == sorted(links["id"])
    assert [node["id"] for node in client.list_nodes(page_size=10_000)] == listed


def test_filters_page_too(client):
    nodes, links = multigraph(2, 500, 900)
    client.import_data(nodes=nodes, links=links)
    found = [node["id"] for node in client.list_nodes('region = "522"', page_size=7)]
    assert sorted(found) == sorted(nodes["id"][nodes["region"] == "522"]) and len(found) == 100
    assert list(client.list_nodes('region = "99"', page_size=7)) == []
    source = links["source"].mode()[0]
    mine = sorted(links["id"][links["source"] == source])
    assert sorted(link["id"] for link in client.list_links(source=source, page_size=2)) == mine
    loops = links[links["source"] == links["target"]]
    one = loops.iloc[0]["source"]
    both = links[(links["source"] == one) & (links["target"] == one)]
    assert sorted(x["id"] for x in client.list_links(source=one, target=one, page_size=1)) == sorted(both["id"])


def test_what_is_there_throughout_is_listed_once_whatever_is_written_between(client):
    client.import_data(nodes=[{"id": f"n{number:03}"} for number in range(60)])
    pages = client.list_nodes(page_size=10)
    seen = [next(pages)["id"] for _ in range(15)]
    client.mutate(
        lianjie.create_node("n000a"), lianjie.create_node("n045a"), lianjie.delete_node("n001"), lianjie.delete_node("n050")
    )
    seen += [node["id"] for node in pages]
    assert len(seen) == len(set(seen))
    assert {f"n{number:03}" for number in range(60)} - {"n001", "n050"} <= set(seen)


def test_a_batch_is_applied_whole_or_not_at_all(client):
    assert refused(client.mutate, lianjie.create_node("A")).reason == "GRAPH_NOT_FOUND"
    client.create_graph(client.graph)
    client.mutate(lianjie.create_node("A"), lianjie.create_node("B"))
    error = refused(
        client.mutate,
        lianjie.create_node("C"),
        lianjie.create_link("A", "C"),
        lianjie.create_link("A", "nobody"),
        lianjie.create_node("D"),
    )
    assert (error.code, error.reason, error.row) == ("NOT_FOUND", "NODE_NOT_FOUND", 2)
    assert error.field.startswith("mutations[2]")
    assert [node["id"] for node in client.list_nodes()] == ["A", "B"]
    done = client.mutate(lianjie.create_node("C"), lianjie.create_link("A", "C"), lianjie.create_link("A", "C"))
    assert len(set(done.link_ids)) == 2 and all(done.link_ids)
    assert client.get_link(done.link_ids[0])["target"] == "C"


def test_preconditions(client):
    client.create_graph(client.graph)
    first = client.mutate(lianjie.create_node("A", name="x", persons=2, land_mu=2.5))
    fine = [
        lianjie.node_exists("A"),
        lianjie.node_absent("B"),
        lianjie.link_absent("L"),
        lianjie.graph_revision_equals(first.revision),
        lianjie.field_equals("name", "x", node="A"),
        lianjie.field_equals("persons", "2", node="A"),
        lianjie.field_equals("land_mu", "2.50", node="A"),
        lianjie.field_equals("equity_yuan", None, node="A"),
    ]
    second = client.mutate(lianjie.create_node("B"), preconditions=fine)
    assert second.revision == first.revision + 1
    for number, broken in enumerate(
        [
            lianjie.node_absent("A"),
            lianjie.node_exists("Z"),
            lianjie.link_exists("L"),
            lianjie.graph_revision_equals(first.revision),
            lianjie.field_equals("name", "y", node="A"),
            lianjie.field_equals("name", "y", node="Z"),
        ]
    ):
        error = refused(
            client.mutate, lianjie.create_node(f"C{number}"), preconditions=[lianjie.node_exists("A"), broken]
        )
        assert (error.code, error.reason, error.row) == ("FAILED_PRECONDITION", "PRECONDITION_FAILED", 1), number
    assert [node["id"] for node in client.list_nodes()] == ["A", "B"]


def test_request_ids_make_retries_safe(client):
    client.create_graph(client.graph)
    batch = [lianjie.create_node("A"), lianjie.create_node("B"), lianjie.create_link("A", "B", paid_yuan=3)]
    first = client.mutate(*batch, request_id="r1")
    again = client.mutate(*batch, request_id="r1")
    assert (again.revision, again.link_ids, again.replayed) == (first.revision, first.link_ids, True)
    error = refused(client.mutate, lianjie.create_node("C"), request_id="r1")
    assert (error.code, error.reason) == ("FAILED_PRECONDITION", "REQUEST_ID_REUSED")
    assert client.stats()["graph"]["revision"] == first.revision


def test_updates_change_what_the_mask_names_and_clear_what_is_not_given(client):
    client.create_graph(client.graph)
    client.mutate(lianjie.create_node("A", kind="HOUSEHOLD", name="x", persons=3, labels=["tea"]), lianjie.create_node("B"))
    link = client.mutate(lianjie.create_link("B", "A", mechanism="ORDER", paid_yuan=5, share=0.5)).link_ids[0]
    client.mutate(lianjie.update_node("A", name="y", persons=None), lianjie.update_link(link, share=None, paid_yuan=0))
    node = client.get_node("A")
    assert (node["name"], node.get("persons"), node["labels"]) == ("y", None, ["tea"])
    stored = client.get_link(link)
    assert (stored.get("share"), stored["paid_yuan"], stored["kind"]) == (None, 0, "BINDING")


def test_rules_hold_at_every_write(client):
    client.create_graph(client.graph)
    client.mutate(lianjie.create_node("F", leak_share=0.3), lianjie.create_node("C"))
    client.mutate(lianjie.create_node("H", kind="HOUSEHOLD"), lianjie.create_link("F", "H", id="L", share=0.6))
    for write, reason in [
        (lianjie.create_node("F"), "NODE_EXISTS"),
        (lianjie.create_link("F", "H", id="L"), "LINK_EXISTS"),
        (lianjie.delete_node("F"), "NODE_HAS_LINKS"),
        (lianjie.create_link("F", "C", mechanism="EMPLOYMENT"), "MECHANISM_NOT_ALLOWED"),
        (lianjie.create_link("F", "H", mechanism="ORDER", kind="SUPPLY"), "KIND_CONTRADICTS_MECHANISM"),
        (lianjie.create_link("F", "C", share=0.2), "SHARES_EXCEED_ONE"),
        (lianjie.update_node("F", leak_share=0.5), "SHARES_EXCEED_ONE"),
        (lianjie.create_node("X", valid_from="2020-06-01", valid_to="2020-06-01"), "DATES_OUT_OF_ORDER"),
        (lianjie.create_link("F", "H", paid_yuan=-1), "INVALID_FIELD"),
        (lianjie.update_link("nothing", paid_yuan=1), "LINK_NOT_FOUND"),
        (lianjie.delete_region("52"), "REGION_NOT_FOUND"),
    ]:
        assert refused(client.mutate, write).reason == reason, write
    client.mutate(lianjie.create_link("F", "C", share=0.4, valid_from="2030-01-01", id="later"), lianjie.delete_link("L"))
    client.mutate(lianjie.delete_node("F", cascade=True))
    assert list(client.list_links()) == []


def test_a_client_reads_its_own_writes(client):
    client.create_graph(client.graph)
    for number in range(30):
        client.mutate(lianjie.create_node(f"n{number}"))
        assert client.get_node(f"n{number}")["id"] == f"n{number}"
        assert len(client.degree().df) == number + 1
        assert client.stats()["graph"]["node_count"] == number + 1


def test_export_and_import_give_the_same_graph(server, client, county):
    tables = {name: pd.read_csv(county(1) / f"{name}.csv", dtype=str, keep_default_na=False) for name in FILES}
    client.import_data(**tables)
    out = client.export()
    assert (len(out.nodes), len(out.links)) == (len(tables["nodes"]), len(tables["links"]))
    with server.client(f"{client.graph}_again") as other:
        shuffled = {name: getattr(out, name).sample(frac=1, random_state=1) for name in FILES}
        other.import_data(**shuffled)
        again = other.export()
        for name in FILES:
            pd.testing.assert_frame_equal(getattr(again, name), getattr(out, name))
        assert other.stats()["mechanisms"] == client.stats()["mechanisms"]
        other.delete_graph(other.graph)
        assert refused(other.stats).reason == "GRAPH_NOT_FOUND"


FILES = ("regions", "lines", "nodes", "links")


def test_import_updates_or_refuses_ids_that_are_there(client):
    client.import_data(nodes=[{"id": "A", "name": "x", "persons": 1}])
    assert refused(client.import_data, nodes=[{"id": "B"}, {"id": "A"}]).reason == "NODE_EXISTS"
    done = client.import_data(nodes=[{"id": "B"}, {"id": "A", "name": "y"}], on_existing="update")
    assert done.counts["nodes"] == {"created": 1, "updated": 1}
    assert client.get_node("A") == {"id": "A", "name": "y"} | {
        key: value for key, value in client.get_node("A").items() if key == "kind"
    }


def test_bad_rows_are_put_aside(client):
    done = client.import_data(
        nodes=[{"id": "A"}, {"id": ""}, {"id": "A"}, {"id": "B"}],
        links=[{"source": "A", "target": "B"}, {"source": "A", "target": "nobody"}],
        collect_bad_rows=True,
    )
    assert done.rejected == 3 and sorted(done.bad_rows["reason"]) == ["DUPLICATE_ID", "MISSING_FIELD", "NODE_NOT_FOUND"]
    assert done.bad_rows["line"].tolist() == [2, 3, 2]
    assert [node["id"] for node in client.list_nodes()] == ["A", "B"]


def test_a_retried_load_says_how_many_rows_it_put_aside(client):
    load = {"nodes": [{"id": "A"}, {"id": ""}, {"id": "A"}], "collect_bad_rows": True, "request_id": "once"}
    first, again = client.import_data(**load), client.import_data(**load)
    assert (first.revision, first.rejected, len(first.bad_rows)) == (1, 2, 2)
    assert (again.revision, again.rejected, len(again.bad_rows)) == (1, 2, 0)
    assert client.stats()["graph"]["revision"] == 1


def test_a_load_that_breaks_off_leaves_nothing(client):
    def rows():
        for number in range(50_000):
            yield {"id": f"n{number}", "name": "x" * 60}
        raise RuntimeError("the source has gone")

    with pytest.raises(RuntimeError, match="gone"):
        client.import_data(nodes=rows())
    assert refused(client.stats).reason == "GRAPH_NOT_FOUND"


def test_a_first_load_that_is_refused_leaves_no_graph(client):
    before = [graph["name"] for graph in client.graphs()]
    for bad in (
        {"nodes": [{"id": "A"}], "links": [{"source": "A", "target": "nobody"}]},
        {"nodes": [{"id": "A"}, {"id": "A"}]},
        {"nodes": [{"id": "A", "persons": -1}]},
    ):
        refused(client.import_data, **bad)
        assert [graph["name"] for graph in client.graphs()] == before
        assert refused(client.stats).reason == "GRAPH_NOT_FOUND"
    assert client.import_data(nodes=[{"id": "A"}]).revision == 1
    assert client.graph in [graph["name"] for graph in client.graphs()]


def test_sums_of_money_are_of_links_in_force(client):
    client.import_data(
        nodes=[{"id": "A"}, {"id": "B"}],
        links=[
            {"source": "A", "target": "B", "mechanism": "ORDER", "promised_yuan": 100, "paid_yuan": 10},
            {"source": "A", "target": "B", "mechanism": "ORDER", "promised_yuan": 7, "paid_yuan": 5, "valid_to": "2001-01-01"},
            {"source": "A", "target": "B", "mechanism": "ORDER", "promised_yuan": 3, "paid_yuan": 2, "status": "SUSPENDED"},
        ],
    )
    order = next(row for row in client.stats()["mechanisms"] if row["mechanism"] == "ORDER")
    assert {"link_count": 3, "active_count": 1, "promised_yuan": 100, "paid_yuan": 10}.items() <= order.items()
    earlier = next(row for row in client.stats(as_of="2000-06-30")["mechanisms"] if row["mechanism"] == "ORDER")
    assert {"link_count": 3, "active_count": 2, "promised_yuan": 107, "paid_yuan": 15}.items() <= earlier.items()


def test_a_new_reference_date_is_a_new_revision(client):
    client.import_data(nodes=[{"id": "A", "valid_to": "2020-01-01"}, {"id": "B"}])
    assert client.degree().revision == 1
    changed = client.update_graph(client.graph, reference_date="2019-06-30")
    assert changed["revision"] == 2
    answer = client.degree()
    assert (answer.revision, answer.as_of.isoformat(), len(answer.df)) == (2, "2019-06-30", 2)


def test_graphs_share_nothing(server):
    with server.client() as client:
        client.create_graph("alone", reference_date="2020-12-31")
        assert refused(client.create_graph, "alone").reason == "GRAPH_EXISTS"
        assert refused(client.create_graph, "No!").reason == "INVALID_FIELD"
        client.create_graph("other_one")
        client.mutate(lianjie.create_node("A"), graph="alone")
        found = {graph["name"]: graph for graph in client.graphs()}
        assert found["alone"]["node_count"] == 1 and found["other_one"]["node_count"] == 0
        assert str(found["alone"]["reference_date"]) == "2020-12-31"
        assert client.degree(graph="alone").as_of.isoformat() == "2020-12-31"
        client.delete_graph("alone")
        client.create_graph("alone")
        assert list(client.list_nodes(graph="alone")) == []


def test_regions_form_a_tree(client):
    client.import_data(regions=[{"code": "520422", "parent": "52", "level": 3}, {"code": "52", "level": 1, "name": "贵州"}])
    assert [region["code"] for region in client.list_regions()] == ["52", "520422"]
    error = refused(client.import_data, regions=[{"code": "1", "parent": "9", "level": 2}])
    assert error.reason == "REGION_TREE_INVALID"
    assert refused(client.mutate, lianjie.create_node("A", region="99")).reason == "REGION_NOT_FOUND"
    client.mutate(lianjie.create_node("A", region="520422"))
    assert len(client.degree(region="52").df) == 1

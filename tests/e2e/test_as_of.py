"""Valid time on every read of nodes and links: what is given on a date is what is valid, or in force, on it."""

import datetime

import harness
import lianjie
import pytest
from lianjie.v1 import graph_service_pb2

DAYS = [f"2020-0{month}-01" for month in range(1, 9)]


@pytest.fixture
def dated(client):
    client.import_data(
        nodes=[
            {"id": "A"},
            {"id": "B", "valid_from": DAYS[1], "valid_to": DAYS[5]},
            {"id": "C", "valid_to": DAYS[3]},
        ],
        links=[
            {"id": "AB", "source": "A", "target": "B"},
            {"id": "AA", "source": "A", "target": "A", "valid_from": DAYS[2], "valid_to": DAYS[4]},
            {"id": "CB", "source": "C", "target": "B", "valid_to": DAYS[6]},
            {"id": "off", "source": "A", "target": "A", "status": "SUSPENDED"},
        ],
    )
    return client


def expected(day):
    """By hand: ends are the first days that are out."""
    at = DAYS.index(day)
    b, c = 1 <= at < 5, at < 3
    nodes = ["A", *(["B"] if b else []), *(["C"] if c else [])]
    links = [*(["AA"] if 2 <= at < 4 else []), *(["AB"] if b else []), *(["CB"] if b and c else [])]
    return nodes, links


def found(call, *arguments, **options):
    try:
        return call(*arguments, **options)["id"]
    except lianjie.LianjieError as error:
        assert error.code == "NOT_FOUND" and error.reason in ("NODE_NOT_FOUND", "LINK_NOT_FOUND")
        return None


@pytest.mark.parametrize("day", DAYS)
def test_single_reads_and_lists_look_at_the_date(dated, day):
    nodes, links = expected(day)
    for size in (1, 100):
        assert [node["id"] for node in dated.list_nodes(as_of=day, page_size=size)] == nodes
        assert [link["id"] for link in dated.list_links(as_of=day, page_size=size)] == links
        out = sorted(link["id"] for link in dated.list_links(source="A", as_of=day, page_size=size))
        assert out == [link for link in links if link[0] == "A"]
    assert sorted(x["id"] for x in dated.list_links(target="B", as_of=day)) == [link for link in links if link[1] == "B"]
    assert [id for id in "ABC" if found(dated.get_node, id, as_of=day)] == nodes
    assert sorted(id for id in ("AB", "AA", "CB", "off") if found(dated.get_link, id, as_of=day)) == links
    # The analyses' idea of what is in force, by the statistics of the same day.
    statistics = dated.stats(as_of=day)
    assert sum(kind["active_count"] for kind in statistics["node_kinds"]) == len(nodes)
    assert sum(mechanism["active_count"] for mechanism in statistics["mechanisms"]) == len(links)


def test_without_a_date_all_is_given_whatever_its_dates(dated):
    assert [node["id"] for node in dated.list_nodes()] == ["A", "B", "C"]
    assert [link["id"] for link in dated.list_links()] == ["AA", "AB", "CB", "off"]
    assert dated.get_node("C")["valid_to"] == datetime.date.fromisoformat(DAYS[3])
    assert dated.get_link("off")["id"] == "off"


def test_a_page_token_belongs_to_its_date(dated):
    request = graph_service_pb2.ListNodesRequest(graph=dated.graph, page_size=1, as_of={"year": 2020, "month": 2, "day": 1})
    page = dated._graphs.ListNodes(request)
    request.page_token = page.next_page_token
    request.as_of.month = 3
    with pytest.raises(lianjie.LianjieError) as refused:
        dated._call(dated._graphs.ListNodes, request)
    assert refused.value.reason == "INVALID_PAGE_TOKEN"
    request.as_of.month = 13
    with pytest.raises(lianjie.LianjieError) as refused:
        dated._call(dated._graphs.ListNodes, request)
    assert refused.value.field == "as_of"


def test_the_command_line_takes_a_date(server, dated):
    where = ["--server", server.address, "--graph", dated.graph]
    listed = harness.ok("list", "links", *where, "--as-of", DAYS[2], "--format", "json").json()
    assert [link["id"] for link in listed["links"]] == expected(DAYS[2])[1]
    assert harness.ok("get", "node", "C", *where, "--as-of", DAYS[2]).out
    assert harness.call("get", "node", "C", *where, "--as-of", DAYS[3]).code == harness.NOT_FOUND
    assert harness.call("get", "link", "AB", *where, "--as-of", "soon").code == harness.USAGE

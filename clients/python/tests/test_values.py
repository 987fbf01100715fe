"""Values into fields and back, tables, and the methods that are made from the descriptor."""

import datetime
import inspect
import io
import random

import fake_server
import lianjie
import numpy as np
import pandas as pd
import pytest
from lianjie import analyses, convert, descriptors, errors, loading, results, tables, unloading, values
from lianjie.v1 import analysis_pb2, frame_pb2, graph_pb2


def test_every_analysis_has_a_method_with_the_options_of_its_message():
    fields = analysis_pb2.Analysis.DESCRIPTOR.oneofs_by_name["analysis"].fields
    assert len(fields) >= 13
    for field in fields:
        method = getattr(lianjie.Client, field.name)
        parameters = inspect.signature(method).parameters
        for option in field.message_type.fields:
            assert option.name in parameters
            assert descriptors.comment(option.full_name) in method.__doc__
        assert set(analyses.FRAME) <= set(parameters)
    required = inspect.signature(lianjie.Client.shortest_path).parameters
    assert [name for name, p in required.items() if p.default is inspect.Parameter.empty] == ["self", "source", "target"]


def test_frame_arguments_are_those_of_run():
    taken = set(inspect.signature(lianjie.Client.run).parameters) - {"self", "analysis", "options"}
    assert taken == set(analyses.FRAME)


def test_every_message_and_field_has_a_comment():
    for name in ("Node", "Link", "Region", "Line"):
        message = getattr(graph_pb2, name).DESCRIPTOR
        assert all(descriptors.comment(field.full_name) for field in message.fields)


def test_unknown_names_get_the_nearest():
    with pytest.raises(errors.LianjieError, match="did you mean 'benefit_flow'"):
        analyses.analysis_message("benefit_flo", {})
    with pytest.raises(errors.LianjieError, match="did you mean 'damping'"):
        analyses.analysis_message("page_rank", {"dampin": 0.5})
    with pytest.raises(errors.LianjieError, match="did you mean 'SHARE'"):
        analyses.analysis_message("benefit_flow", {"mode": "shares"})
    with pytest.raises(errors.LianjieError, match="did you mean 'paid_yuan'"):
        list(loading.messages("links", pd.DataFrame({"paid_yaun": [1.0]})))


@pytest.mark.parametrize(("column", "text"), [("persons", "1_000"), ("land_mu", "1_000.5"), ("persons", "1,000")])
def test_numbers_in_text_have_digits_alone(column, text):
    with pytest.raises(errors.LianjieError, match=rf"^nodes:2: {column}: '{text}'"):
        list(loading.messages("nodes", pd.DataFrame({"id": ["A", "B"], column: ["7", text]})))
    with pytest.raises(errors.LianjieError, match=rf"^nodes:2: {column}: '{text}'"):
        list(loading.messages("nodes", [{"id": "A"}, {"id": "B", column: text}]))


def test_options_take_what_is_at_hand():
    flow = analyses.analysis_message("benefit_flow", {"decompose": "mechanism,role", "tolerance": np.float64(1e-9)})
    assert list(flow.benefit_flow.decompose) == [1, 2] and flow.benefit_flow.tolerance == 1e-9
    lines = pd.DataFrame({"region": [None, "52"], "year": [2020, 2021], "line_yuan": [4000.0, np.nan]})
    left = analyses.analysis_message("left_out", {"classes": ["L0", "l3"], "lines": lines}).left_out
    assert list(left.classes) == [1, 4]
    assert left.lines[0].line_yuan == 4000 and not left.lines[1].HasField("line_yuan")
    assert list(analyses.analysis_message("distances", {"source": "A,B"}).distances.source) == ["A,B"]
    assert analyses.analysis_message("page_rank", {"damping": 0}).page_rank.HasField("damping")


def test_cells_of_every_kind():
    frame = pd.DataFrame(
        {
            "id": [1.0, 2.0],
            "kind": ["HOUSEHOLD", "firm"],
            "causes": ["ILLNESS;LAND", None],
            "labels": [["tea", "silk"], None],
            "persons": pd.array([4, pd.NA], dtype="Int64"),
            "valid_from": [pd.Timestamp("2020-02-29"), pd.NaT],
            "valid_to": ["2021-01-01", ""],
            "leak_share": [0.5, np.nan],
            "prop:site": ["x", np.nan],
        }
    )
    first, second = loading.messages("nodes", frame)
    assert (first.id, first.kind, list(first.causes), list(first.labels)) == ("1", 1, [1, 5], ["tea", "silk"])
    assert first.persons == 4 and not second.HasField("persons") and not second.HasField("valid_from")
    assert values.from_date(first.valid_from) == datetime.date(2020, 2, 29)
    assert dict(first.properties) == {"site": "x"} and not second.properties
    again = unloading.to_frame(graph_pb2.Node, [first, second])
    assert list(loading.messages("nodes", again)) == [first, second]
    text = io.StringIO(again.to_csv(index=False))
    assert list(loading.messages("nodes", pd.read_csv(text, dtype=str, keep_default_na=False))) == [first, second]


@pytest.mark.parametrize(
    ("column", "value"),
    [("persons", 2.5), ("persons", "x"), ("kind", "HOUSE"), ("valid_from", "2020-13-01"), ("leak_share", float("inf"))],
)
def test_cells_that_do_not_fit_are_named(column, value):
    for rows in (pd.DataFrame({"id": ["A"], column: [value]}), [{"id": "A", column: value}]):
        with pytest.raises(errors.LianjieError) as caught:
            list(loading.messages("nodes", rows))
        assert (caught.value.reason, caught.value.field, caught.value.row) == ("INVALID_FIELD", column, 0)


def test_batches_decode_as_a_plain_reading_does():
    random.seed(1)
    columns = [frame_pb2.ColumnInfo(name=name, type=kind) for kind, name in enumerate("sdib", 1)]
    batches, plain = [], []
    for count in (0, 1, 9, 1000):
        rows = [
            [str(random.random()), random.gauss(0, 1e9), random.randrange(-(2**62), 2**62), random.random() < 0.5]
            for _ in range(count)
        ]
        gone = [{row for row in range(count) if random.random() < 0.2} for _ in columns]
        zero = ["", 0.0, 0, False]
        cells = [
            [zero[c] if r in gone[c] else rows[r][c] for r in range(count)] for c in range(4)
        ]  # fmt: skip
        batches.append(
            frame_pb2.TableBatch(
                row_count=count, columns=[fake_server.column(c + 1, cells[c], gone[c]) for c in range(4)]
            )
        )
        plain += [[None if r in gone[c] else rows[r][c] for c in range(4)] for r in range(count)]
    frame = tables.to_frame(columns, batches)
    assert [str(kind) for kind in frame.dtypes] == ["string", "float64", "Int64", "boolean"]
    assert [[None if pd.isna(cell) else cell for cell in row] for row in frame.itertuples(index=False)] == plain
    empty = tables.to_frame(columns, [])
    assert empty.columns.tolist() == list("sdib") and len(empty) == 0


def test_conversions_keep_parallel_links_loops_and_lone_nodes():
    nodes = pd.DataFrame({"id": ["A", "B", "C"], "name": ["a", None, "c"]})
    links = pd.DataFrame({"id": ["1", "2", "3"], "source": ["A", "A", "B"], "target": ["B", "B", "B"]})
    graph = convert.to_networkx(nodes, links)
    assert graph.number_of_edges("A", "B") == 2 and graph.has_edge("B", "B") and "C" in graph
    assert graph.nodes["A"] == {"name": "a"} and graph.nodes["B"] == {}
    other = convert.to_igraph(nodes, links, directed=False)
    assert (other.vcount(), other.ecount(), other.vs["name"]) == (3, 3, ["A", "B", "C"])
    assert other.degree() == [2, 4, 0]


def test_bar_writes_one_line_and_leaves_none():
    stream = io.StringIO()
    bar = results.Bar("x", stream)
    bar(results.Progress("work", 1, 2, 0.5))
    bar.close()
    assert "x: work [" in stream.getvalue() and "50%" in stream.getvalue()
    assert "\n" not in stream.getvalue() and stream.getvalue().endswith("\r")

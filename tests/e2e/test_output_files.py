"""Where answers go: a file appears whole or not at all, and what is no regular file is written to, never replaced."""

import os
import stat
import subprocess

import harness
import pytest


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    """A question, but for where its answer goes, and the answer."""
    store = tmp_path_factory.mktemp("output") / "store"
    harness.load(store, harness.DATA / "golden_share")
    question = ["run", "degree", "--data", store, "--format", "csv"]
    return question, harness.ok(*question).out


def test_a_pipe_is_written_to(ask, tmp_path):
    question, answer = ask
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE) as reader:
        harness.ok(*question, "--out", pipe, timeout=30)
        assert reader.stdout.read() == answer
    assert stat.S_ISFIFO(pipe.lstat().st_mode) and sorted(tmp_path.iterdir()) == [pipe]


def test_a_link_stays_one_and_its_target_is_replaced(ask, tmp_path):
    question, answer = ask
    (tmp_path / "folder").mkdir()
    target = tmp_path / "folder" / "target.csv"
    target.write_text("before")
    near, far = tmp_path / "near.csv", tmp_path / "far.csv"
    near.symlink_to("folder/target.csv")
    far.symlink_to(near)
    harness.ok(*question, "--out", far)
    assert far.is_symlink() and near.is_symlink() and target.read_bytes() == answer
    assert [file.name for file in (tmp_path / "folder").iterdir()] == ["target.csv"]


def test_a_link_to_what_is_not_there_yet_is_written_through(ask, tmp_path):
    question, answer = ask
    link = tmp_path / "link.csv"
    link.symlink_to("target.csv")
    harness.ok(*question, "--out", link)
    assert link.is_symlink() and (tmp_path / "target.csv").read_bytes() == answer


def test_other_files_are_left_alone(ask, tmp_path):
    question, answer = ask
    (tmp_path / "X.partial").write_text("mine")
    harness.ok(*question, "--out", tmp_path / "X")
    assert (tmp_path / "X.partial").read_text() == "mine" and (tmp_path / "X").read_bytes() == answer
    assert sorted(file.name for file in tmp_path.iterdir()) == ["X", "X.partial"]


def test_a_file_has_the_mode_of_the_umask_or_the_one_that_it_had(ask, tmp_path):
    question, _ = ask
    before = os.umask(0o027)
    try:
        harness.ok(*question, "--out", tmp_path / "new.csv")
        (tmp_path / "old.csv").touch(mode=0o600)
        harness.ok(*question, "--out", tmp_path / "old.csv")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new.csv").stat().st_mode) == 0o640
    assert stat.S_IMODE((tmp_path / "old.csv").stat().st_mode) == 0o600


def test_a_failure_leaves_the_file_as_it_was(ask, tmp_path):
    question, _ = ask
    (tmp_path / "answer.csv").write_text("before")
    ended = harness.call(*question, "--as-of", "2020-01-01", "--region", "nowhere", "--out", tmp_path / "answer.csv")
    assert ended.code != harness.DONE
    assert (tmp_path / "answer.csv").read_text() == "before"
    assert [file.name for file in tmp_path.iterdir()] == ["answer.csv"]
    (tmp_path / "folder").mkdir()
    ended = harness.call(*question, "--out", tmp_path / "folder")
    assert ended.code == harness.FAILURE and "cannot be written" in ended.err


def test_bad_rows_and_lists_go_to_pipes_too(ask, tmp_path):
    (tmp_path / "nodes.csv").write_text("id,persons\nA,1\nB,x\n")
    for arguments, flag in (
        (["import", "--data", tmp_path / "store", "--nodes", tmp_path / "nodes.csv"], "--bad-rows"),
        (["list", "nodes", "--data", tmp_path / "store", "--format", "csv"], "--out"),
    ):
        pipe = tmp_path / f"pipe{flag}"
        os.mkfifo(pipe)
        with subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE) as reader:
            harness.ok(*arguments, flag, pipe, timeout=30)
            assert len(reader.stdout.read().splitlines()) == 2
        assert stat.S_ISFIFO(pipe.lstat().st_mode)

// Loads through the service itself, in this process: what reaches the graph, what is put aside,
// what is refused.
#include "clients/cli/input/importer.h"

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include "clients/cli/base/failure.h"
#include "clients/cli/connection.h"
#include "engine/core/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/clients/temp_file.h"

namespace lianjie::cli {
namespace {

using testing::HasSubstr;

std::vector<std::string> LinesOf(const std::string& path) {
  std::ifstream in(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

class ImporterTest : public testing::Test {
 protected:
  void SetUp() override {
    Settings settings;
    settings.data = place_.path() + ".store";
    settings.memory_bytes = std::uint64_t{256} << 20;
    auto connection = Connection::Open(settings, /*may_create=*/true);
    ASSERT_TRUE(connection.ok()) << connection.status();
    connection_ = *std::move(connection);
  }

  absl::StatusOr<ImportOutcome> Load(std::vector<ImportInput> inputs,
                                     const std::string& bad_rows = {}) {
    ImportSettings settings;
    settings.graph = "default";
    settings.inputs = std::move(inputs);
    settings.bad_rows_path = bad_rows;
    return RunImport(connection_->channel(), settings);
  }

  std::string Fault(std::vector<ImportInput> inputs) {
    const auto outcome = Load(std::move(inputs));
    EXPECT_EQ(ExitCodeOf(outcome.status()), kExitBadData) << outcome.status();
    return FailureText(outcome.status());
  }

  std::int64_t NodeCount() {
    v1::GetGraphRequest request;
    const auto graph = Call(connection_->graphs(), &v1::GraphService::Stub::GetGraph, request);
    return graph.ok() ? graph->node_count() : -1;
  }

  const TempFile place_{"place", ""};
  std::unique_ptr<Connection> connection_;
};

TEST_F(ImporterTest, LoadsFilesOfSeveralChunks) {
  std::string nodes = "id,kind,name\n";
  std::string links = "source,target,paid_yuan\n";
  for (int i = 0; i < 30000; ++i) {
    nodes += Cat("N", i, ",FIRM,a name that is long enough to fill more than one chunk of rows\n");
    links += Cat("N", i, ",N", (i * 7 + 1) % 30000, ",", i, "\n");
  }
  const TempFile node_file("nodes.csv", nodes);
  const TempFile link_file("links.csv", links);
  const auto outcome =
      Load({{node_file.path(), RecordKind::kNode}, {link_file.path(), RecordKind::kLink}});
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->response.nodes().created_count(), 30000);
  EXPECT_EQ(outcome->response.links().created_count(), 30000);
  EXPECT_EQ(NodeCount(), 30000);
}

TEST_F(ImporterTest, SaysWhereARowIsThatTheServiceRefuses) {
  const TempFile nodes("nodes.csv", "id,kind\nF,FIRM\nC,COOPERATIVE\n");
  const TempFile links("links.csv", "target,source,mechanism\nC,F,SUPPLY\n\nC,F,EMPLOYMENT\n");
  EXPECT_THAT(Fault({{nodes.path(), RecordKind::kNode}, {links.path(), RecordKind::kLink}}),
              HasSubstr("links.csv:4:3: mechanism: EMPLOYMENT may not join"));
  const TempFile unknown("links.csv", "target,source\nnobody,F\n");
  EXPECT_THAT(Fault({{nodes.path(), RecordKind::kNode}, {unknown.path(), RecordKind::kLink}}),
              HasSubstr("links.csv:2:1: target: "));
  EXPECT_EQ(std::max<std::int64_t>(NodeCount(), 0), 0);
}

TEST_F(ImporterTest, SendsNothingOfALoadWithABadRow) {
  const TempFile good("good.csv", "id\nA\n");
  const TempFile bad("bad.csv", "id,persons\nB,1\nC,many\n");
  EXPECT_THAT(Fault({{good.path(), RecordKind::kNode}, {bad.path(), RecordKind::kNode}}),
              HasSubstr("bad.csv:3:2: persons: 'many' is not a whole number"));
  EXPECT_EQ(std::max<std::int64_t>(NodeCount(), 0), 0);
}

TEST_F(ImporterTest, PutsBadRowsAside) {
  const TempFile nodes("n.csv",
                       "id,kind,name\nA,FIRM,x\nB,FIRMS,y\nC,FIRM\nA,FIRM,\"again, once\"\n");
  const TempFile list("bad.csv", "");
  const auto outcome = Load({{nodes.path(), RecordKind::kNode}}, list.path());
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->bad_rows, 3);
  EXPECT_EQ(NodeCount(), 1);
  const std::vector<std::string> lines = LinesOf(list.path());
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(lines[0], "file,line,column,field,reason,message,row");
  EXPECT_THAT(lines[1], HasSubstr(Cat(nodes.path(), ",3,2,kind,INVALID_FIELD,")));
  EXPECT_THAT(lines[1], testing::EndsWith(",\"B,FIRMS,y\""));
  EXPECT_THAT(lines[2], HasSubstr(",4,2,,INVALID_FIELD,"));
  EXPECT_THAT(lines[3], HasSubstr(",5,1,id,DUPLICATE_ID,"));
  EXPECT_THAT(lines[3], testing::EndsWith(",\"A,FIRM,\"\"again, once\"\"\""));
}

TEST_F(ImporterTest, RefusesNumbersThatTheApiCannotHold) {
  const auto fault = [&](const char* name, RecordKind kind, const std::string& text) {
    const TempFile file(name, text);
    return Fault({{file.path(), kind}});
  };
  EXPECT_THAT(fault("n.csv", RecordKind::kNode, "id,persons\nA,-4294967293\n"),
              HasSubstr("n.csv:2:2: persons: -4294967293 is negative"));
  EXPECT_THAT(fault("n.csv", RecordKind::kNode, "id,persons\nA,4294967299\n"),
              HasSubstr("n.csv:2:2: persons: 4294967299 is more than 2147483647"));
  EXPECT_THAT(fault("l.csv", RecordKind::kLine, "region,year,line_yuan\n,-4294965276,4000\n"),
              HasSubstr("l.csv:2:2: year: -4294965276 is not a year"));
  EXPECT_THAT(fault("r.csv", RecordKind::kRegion, "code,level\nR,-4294967293\n"),
              HasSubstr("r.csv:2:2: level: -4294967293 is not a level"));
  EXPECT_EQ(std::max<std::int64_t>(NodeCount(), 0), 0);
}

// A row may be above what the service takes at once without any cell being so.
std::string WideTable(int cells) {
  std::string header = "id";
  std::string row = "\nWIDE";
  for (int i = 0; i < cells; ++i) {
    header += Cat(",prop:p", i);
    row += "," + std::string(65000, 'x');
  }
  std::string small = "\nA";
  for (int i = 0; i < cells; ++i) small += ",y";
  return header + row + small + "\n";
}

TEST_F(ImporterTest, RefusesARowThatIsTooLargeToSend) {
  const TempFile nodes("wide.csv", WideTable(70));
  EXPECT_THAT(Fault({{nodes.path(), RecordKind::kNode}}), HasSubstr("wide.csv:2:1: the row takes"));
  const TempFile list("bad.csv", "");
  const auto outcome = Load({{nodes.path(), RecordKind::kNode}}, list.path());
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->bad_rows, 1);
  EXPECT_THAT(LinesOf(list.path()).at(1), HasSubstr(",2,1,,LIMIT_EXCEEDED,"));
  EXPECT_EQ(NodeCount(), 1);
}

TEST_F(ImporterTest, SendsARowThatFillsARequest) {
  const TempFile nodes("wide.csv", WideTable(60));
  const TempFile small("small.csv", "id,name\nB," + std::string(60000, 'x') + "\n");
  const auto outcome = Load({{small.path(), RecordKind::kNode}, {nodes.path(), RecordKind::kNode}});
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(NodeCount(), 3);
}

TEST_F(ImporterTest, ListsBadRowsInTheOrderOfTheFiles) {
  // The service finds the doubled id, in line 2 of the second file, after the importer has found
  // what is wrong in line 3.
  const TempFile first("b.csv", "id,persons\nA,1\nB,x\n");
  const TempFile second("a.csv", "id,persons\nA,1\nC,y\nD,-1\nA,2\n");
  const TempFile list("bad.csv", "");
  const auto outcome =
      Load({{first.path(), RecordKind::kNode}, {second.path(), RecordKind::kNode}}, list.path());
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->bad_rows, 5);
  const std::vector<std::string> lines = LinesOf(list.path());
  ASSERT_EQ(lines.size(), 6U);
  EXPECT_THAT(lines[1], testing::StartsWith(Cat(first.path(), ",3,2,persons,")));
  EXPECT_THAT(lines[2], testing::StartsWith(Cat(second.path(), ",2,1,id,DUPLICATE_ID,")));
  EXPECT_THAT(lines[3], testing::StartsWith(Cat(second.path(), ",3,2,persons,")));
  EXPECT_THAT(lines[4], testing::StartsWith(Cat(second.path(), ",4,2,persons,")));
  EXPECT_THAT(lines[5], testing::StartsWith(Cat(second.path(), ",5,1,id,DUPLICATE_ID,")));
}

TEST_F(ImporterTest, SaysWhichFileIsEmptyOrUnknown) {
  const TempFile empty("empty.csv", "");
  EXPECT_THAT(Fault({{empty.path(), RecordKind::kNode}}),
              HasSubstr("empty.csv:1:1: the file is empty"));
  const TempFile blank("blank.csv", "\n\n");
  EXPECT_THAT(Fault({{blank.path(), RecordKind::kNode}}),
              HasSubstr("blank.csv:1:1: the file is empty"));
  EXPECT_EQ(ExitCodeOf(Load({{place_.path() + ".none", RecordKind::kNode}}).status()),
            kExitNotFound);
}

}  // namespace
}  // namespace lianjie::cli

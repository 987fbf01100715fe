#include "clients/cli/input/mapping.h"

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "clients/cli/input/bad_rows.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/clients/temp_file.h"

namespace lianjie::cli {
namespace {

using testing::HasSubstr;

std::string LoadFault(std::string_view toml) {
  const auto mapping = Mapping::Parse(toml, "m.toml");
  return mapping.ok() ? "none" : std::string(mapping.status().message());
}

// One load of one file.
class Load {
 public:
  Load(std::string_view toml, const std::string& name, const std::string& text)
      : file_(name, text) {
    auto mapping = Mapping::Parse(toml, "m.toml");
    EXPECT_TRUE(mapping.ok()) << mapping.status();
    if (!mapping.ok()) return;
    auto reader = ReaderOf(file_);
    EXPECT_TRUE(*reader->Next());
    auto mapper = MakeMappedRows(*mapping, file_.path(), reader->row(), seen_);
    if (mapper.ok()) {
      absl::Status status;
      while (status.ok() && *reader->Next()) status = (*mapper)->Map(reader->row(), records);
      if (status.ok()) status = (*mapper)->Finish(records);
      if (!status.ok()) fault = FaultOf("f", status).ToString();
    } else {
      fault = FaultOf("f", mapper.status()).ToString();
    }
  }

  template <typename Record> std::vector<Record> All() const {
    std::vector<Record> out;
    for (const MappedRecord& record : records) {
      if (const auto* one = std::get_if<Record>(&record.record)) out.push_back(*one);
    }
    return out;
  }

  MappedRecords records;
  std::string fault;

 private:
  TempFile file_;
  SeenKeys seen_;
};

constexpr char kRows[] = R"(
[[input]]
file = "deals*.csv"
[[input.record]]
kind = "node"
distinct = true
[input.record.fields]
id = { column = "buyer", values = { "Olam" = "Ofi" }, keep = true, prefix = "b:" }
kind = { value = "FIRM" }
labels = { column = "tags", list = "|" }
[[input.record]]
kind = "link"
where = [{ column = "state", not_in = ["void"] }]
[input.record.fields]
source = { column = "buyer", values = { "Olam" = "Ofi" }, keep = true, prefix = "b:" }
target = [ { column = "registry", when = [{ column = "match", in = ["sure"] }] }, "seller" ]
paid_yuan = { column = "amount", scale = 10000 }
"prop:place" = { columns = ["county", "village"], separator = "/" }
status = { column = "state", values = { ok = "ACTIVE", gone = "ENDED" }, default = "SUSPENDED" }
)";
constexpr char kHeader[] = "buyer,tags,state,match,registry,seller,amount,county,village\n";

TEST(Mapping, TurnsRowsIntoRecords) {
  const Load load(
      kRows, "deals-2020.csv",
      std::string(kHeader) +
          "Olam,a|b,ok,sure,R1,S1,1.5,X,Y\nOfi,c,gone,,R2,S2,2,X,\nOfi,c,void,sure,R2,S2,2,X,\n");
  EXPECT_EQ(load.fault, "");
  const auto nodes = load.All<NodeRecord>();
  ASSERT_EQ(nodes.size(), 1U);
  EXPECT_EQ(nodes[0].id, "b:Ofi");
  EXPECT_THAT(nodes[0].labels, testing::ElementsAre("a", "b"));
  const auto links = load.All<LinkRecord>();
  ASSERT_EQ(links.size(), 2U);
  EXPECT_EQ(links[0].target, "R1");
  EXPECT_EQ(links[0].paid_yuan, 15000);
  EXPECT_EQ(links[0].properties.at("place"), "X/Y");
  EXPECT_EQ(links[0].status, LinkStatus::kActive);
  EXPECT_EQ(links[1].target, "S2");
  EXPECT_EQ(links[1].properties.at("place"), "X");
  EXPECT_EQ(links[1].status, LinkStatus::kEnded);
}

TEST(Mapping, KeepsOneOfAPair) {
  const Load load(
      "[[input]]\nfile='*'\n[[input.record]]\nkind='link'\ndistinct='pair'\nfields={source='a',"
      "target='b'}\n",
      "e.csv", "a,b\n1,2\n2,1\n1,3\n1,1\n");
  EXPECT_EQ(load.All<LinkRecord>().size(), 3U);
}

TEST(Mapping, NamesBadRows) {
  EXPECT_THAT(Load(kRows, "deals.csv", std::string(kHeader) + "Ofi,,ok,,R,S,x,,\n").fault,
              HasSubstr("f:2:7: paid_yuan: 'x' is not a finite"));
  EXPECT_THAT(Load("[[input]]\nfile='*'\n[[input.record]]\nkind='node'\nfields={id='id',kind={"
                   "column='k',values={a='FIRM'}}}\n",
                   "n.csv", "id,k\n1,a\n2,b\n")
                  .fault,
              HasSubstr("f:3:2: kind: 'b' is not among the values of the mapping"));
  EXPECT_THAT(
      Load(kRows, "deals.csv", "buyer,tags,state,match,registri,seller,amount,county,village\n")
          .fault,
      HasSubstr("f:1:1: registry: the mapping reads a column 'registry' that this file does not "
                "have; did you mean registri?"));
}

TEST(Mapping, NamesThePlaceOfItsOwnFaults) {
  EXPECT_THAT(LoadFault("[[input]]\nfile = 'a'\n[[input.recrod]]\nkind='node'\n"),
              HasSubstr("did you mean record?"));
  EXPECT_THAT(LoadFault("[[input]]\nfile = 'a'\n[[input.record]]\nkind='node'\nfields={idd='x'}\n"),
              HasSubstr("m.toml:5:"));
  EXPECT_THAT(LoadFault("[[input]\n"), HasSubstr("m.toml:1:"));
  EXPECT_THAT(LoadFault(""), HasSubstr("there is no [[input]]"));
}

constexpr char kMatrix[] = R"(
[[input]]
file = "*.csv"
[input.matrix]
label = "code"
first_column = "1"
last_column = "2"
rows = [{ column = "origin", in = ["home"] }]
amount = "paid_yuan"
scale = 10
prefix = "s"
node = { kind = { value = "FIRM" }, name = "what" }
[[input.matrix.sum]]
field = "outside_revenue_yuan"
columns = ["final"]
scale = 10
[[input.matrix.sum]]
field = "leak_share"
rows = [{ column = "origin", in = ["abroad"] }]
divide_by = [{ column = "code", in = ["TI"] }]
)";

TEST(Mapping, TurnsAMatrixIntoNodesAndLinks) {
  const Load load(kMatrix, "io.csv",
                  "code,what,origin,1,2,final\n1,Grain,home,1,5,-2\n2,Flour,home,0,2,8\n1,Grain,"
                  "abroad,1,1,3\n2,Flour,abroad,1,,0\n"
                  "TI,all,,4,10,\n");
  ASSERT_EQ(load.fault, "");
  const auto links = load.All<LinkRecord>();
  ASSERT_EQ(links.size(), 3U);  // 1 pays 1, 2 pays 1, 2 pays 2
  EXPECT_EQ(links[1].source, "s2");
  EXPECT_EQ(links[1].target, "s1");
  EXPECT_EQ(links[1].paid_yuan, 50);
  const auto nodes = load.All<NodeRecord>();
  ASSERT_EQ(nodes.size(), 2U);
  EXPECT_EQ(nodes[0].id, "s1");
  EXPECT_EQ(nodes[0].name, "Grain");
  EXPECT_EQ(nodes[0].outside_revenue_yuan, -20);
  EXPECT_EQ(nodes[0].leak_share, 0.5);
  EXPECT_EQ(nodes[1].leak_share, 0.1);
}

TEST(Mapping, NamesWhatAMatrixLacks) {
  EXPECT_THAT(Load(kMatrix, "io.csv", "code,what,origin,1,2,final\n1,Grain,home,1,5,-2\n").fault,
              HasSubstr("the column 2 has no row of its own"));
  EXPECT_THAT(Load(kMatrix, "io.csv", "code,what,origin,1,2,final\n1,Grain,home,1,x,-2\n").fault,
              HasSubstr("f:2:5: 'x' is not a finite"));
  EXPECT_THAT(
      Load(kMatrix, "io.csv", "code,what,origin,1,2,final\n1,a,home,1,1,1\n1,b,home,1,1,1\n").fault,
      HasSubstr("f:3:1: code: the sector 1 has two rows"));
}

// The mapping files that come with the project are read without a fault.
TEST(Mapping, ReadsTheProjectsOwnFiles) {
  const char* root = std::getenv("LIANJIE_SOURCE_DIR");
  ASSERT_NE(root, nullptr) << "set by ctest";
  int count = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(root) + "/clients/cli/mappings")) {
    if (entry.path().extension() != ".toml") continue;
    const auto mapping = Mapping::Load(entry.path().string());
    EXPECT_TRUE(mapping.ok()) << mapping.status();
    ++count;
  }
  EXPECT_GE(count, 4);
}

}  // namespace
}  // namespace lianjie::cli

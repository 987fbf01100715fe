#include "clients/cli/input/header_mapper.h"

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "clients/cli/input/bad_rows.h"
#include "engine/core/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/clients/temp_file.h"

namespace lianjie::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::UnorderedElementsAre;

struct Mapped {
  MappedRecords records;
  std::string fault;
};

Mapped MapAll(RecordKind kind, const std::string& text) {
  const TempFile file("f.csv", text);
  auto reader = ReaderOf(file);
  EXPECT_TRUE(*reader->Next());
  Mapped out;
  auto mapper = MakeHeaderMapper(kind, reader->row());
  if (!mapper.ok()) return {{}, FaultOf("f", mapper.status()).ToString()};
  while (*reader->Next()) {
    const absl::Status status = (*mapper)->Map(reader->row(), out.records);
    if (!status.ok()) return {{}, FaultOf("f", status).ToString()};
  }
  return out;
}

TEST(HeaderMapper, ReadsPlainHeaders) {
  const Mapped mapped = MapAll(RecordKind::kNode,
                               "id,kind,persons,land_mu,causes,valid_from,labels,prop:roof\n"
                               "H1,HOUSEHOLD,4,1.5,ILLNESS;DISASTER,2020-01-01,tea;far,tile\n");
  ASSERT_EQ(mapped.records.size(), 1U) << mapped.fault;
  const auto& node = std::get<NodeRecord>(mapped.records[0].record);
  EXPECT_EQ(node.id, "H1");
  EXPECT_EQ(node.kind, NodeKind::kHousehold);
  EXPECT_EQ(node.persons, 4);
  EXPECT_EQ(node.land_mu, 1.5);
  EXPECT_THAT(node.causes, ElementsAre(Cause::kIllness, Cause::kDisaster));
  EXPECT_EQ(node.valid.from.ToString(), "2020-01-01");
  EXPECT_THAT(node.labels, ElementsAre("tea", "far"));
  EXPECT_THAT(node.properties, UnorderedElementsAre(Pair("roof", "tile")));
  EXPECT_EQ(mapped.records[0].line, 2);
}

TEST(HeaderMapper, ReadsTheConventionOfNeo4jAdmin) {
  const Mapped nodes = MapAll(
      RecordKind::kNode,
      "personId:ID(Person),name:string,age:int,:LABEL,skip:IGNORE\np1,Li,30,Household;Tea,x\n");
  ASSERT_EQ(nodes.records.size(), 1U) << nodes.fault;
  const auto& node = std::get<NodeRecord>(nodes.records[0].record);
  EXPECT_EQ(node.id, "Person/p1");
  EXPECT_EQ(node.name, "Li");
  EXPECT_EQ(node.kind, NodeKind::kHousehold);
  EXPECT_THAT(node.labels, ElementsAre("Tea"));
  EXPECT_THAT(node.properties, UnorderedElementsAre(Pair("age", "30")));
  const Mapped links =
      MapAll(RecordKind::kLink,
             ":START_ID,:END_ID(Person),weight:double,:TYPE\na,b,2.5,supply\na,b,,KNOWS\n");
  ASSERT_EQ(links.records.size(), 2U) << links.fault;
  const auto& supply = std::get<LinkRecord>(links.records[0].record);
  EXPECT_EQ(supply.source, "a");
  EXPECT_EQ(supply.target, "Person/b");
  EXPECT_EQ(supply.weight, 2.5);
  EXPECT_EQ(supply.mechanism, Mechanism::kSupply);
  EXPECT_THAT(std::get<LinkRecord>(links.records[1].record).properties,
              UnorderedElementsAre(Pair("type", "KNOWS")));
}

TEST(HeaderMapper, TakesColumnsWithoutATypeForPropertiesInThatConvention) {
  const Mapped links =
      MapAll(RecordKind::kLink, ":START_ID,:END_ID,:TYPE,role,paid_yuan\na,b,ACTED_IN,Neo,3\n");
  ASSERT_EQ(links.records.size(), 1U) << links.fault;
  const auto& link = std::get<LinkRecord>(links.records[0].record);
  EXPECT_THAT(link.properties, UnorderedElementsAre(Pair("role", "Neo"), Pair("type", "ACTED_IN")));
  EXPECT_EQ(link.paid_yuan, 3);
  const Mapped nodes = MapAll(RecordKind::kNode, "personId:ID,title,:LABEL\n7,The Matrix,Movie\n");
  ASSERT_EQ(nodes.records.size(), 1U) << nodes.fault;
  EXPECT_THAT(std::get<NodeRecord>(nodes.records[0].record).properties,
              UnorderedElementsAre(Pair("title", "The Matrix")));
  EXPECT_THAT(MapAll(RecordKind::kNode, "personId:ID,title:strin\n7,x\n").fault,
              HasSubstr("f:1:2: title:strin: "));
}

// Records come in places that are used again: nothing of a row may be left in the next.
template <typename Record>
void ExpectRowsKeepNothing(RecordKind kind, const std::string& header,
                           const std::vector<std::string>& columns) {
  std::mt19937 random(5);
  std::string text = header + "\n";
  for (int i = 0; i < 300; ++i) {
    for (const std::string& values : columns) {
      const std::vector<std::string_view> of = Split(values, '|');
      text += Cat(of[random() % of.size()], &values == &columns.back() ? "\n" : ",");
    }
  }
  const TempFile file("f.csv", text);
  auto reader = ReaderOf(file);
  ASSERT_TRUE(*reader->Next());
  const auto mapper = *MakeHeaderMapper(kind, reader->row());
  MappedRecords used;
  int bad = 0;
  while (*reader->Next()) {
    MappedRecords fresh;
    used.clear();
    const absl::Status first = mapper->Map(reader->row(), fresh);
    ASSERT_EQ(mapper->Map(reader->row(), used), first);
    ASSERT_EQ(used.size(), fresh.size());
    bad += first.ok() ? 0 : 1;
    if (!first.ok()) continue;
    ASSERT_EQ(used[0].line, fresh[0].line);
    ASSERT_TRUE(std::get<Record>(used[0].record) == std::get<Record>(fresh[0].record));
  }
  EXPECT_GT(bad, 0);
  EXPECT_LT(bad, 200);
}

TEST(HeaderMapper, LeavesNothingOfARowInTheNext) {
  ExpectRowsKeepNothing<NodeRecord>(
      RecordKind::kNode, "id:ID(P),kind,persons,land_mu,causes,valid_from,:LABEL,prop:roof,name",
      {"|a|a long id that needs memory of its own", "|FIRM|LAND", "|4|x", "|1.5|0",
       "|ILLNESS|LAND;WATER", "|2020-01-01", "|Tea|Household;Far", "|tile", "|茶"});
  ExpectRowsKeepNothing<LinkRecord>(RecordKind::kLink,
                                    ":START_ID,target,:TYPE,paid_yuan,status,prop:note",
                                    {"a|b", "|c", "|SUPPLY|KNOWS", "|3|1e3|x", "|ACTIVE", "|n"});
  ExpectRowsKeepNothing<LineRecord>(RecordKind::kLine, "region,year,line_yuan",
                                    {"|52", "2020|2021|2022|", "|4000"});
}

TEST(HeaderMapper, NamesTheColumnThatIsNone) {
  const std::string fault = MapAll(RecordKind::kLink, "source,target,paid_yaun\na,b,1\n").fault;
  EXPECT_THAT(fault, HasSubstr("f:1:3: paid_yaun: "));
  EXPECT_THAT(fault, HasSubstr("did you mean paid_yuan?"));
}

TEST(HeaderMapper, NamesWhatIsMissingOrDouble) {
  EXPECT_THAT(MapAll(RecordKind::kLink, "source,paid_yuan\na,1\n").fault,
              HasSubstr("f:1:1: target: the required column target is missing"));
  EXPECT_THAT(MapAll(RecordKind::kNode, "id,name,id\n1,a,2\n").fault,
              HasSubstr("f:1:3: id: the column comes twice"));
  EXPECT_THAT(MapAll(RecordKind::kNode, ":ID,name,id\n1,a,2\n").fault,
              HasSubstr("f:1:3: id: two columns are id"));
  EXPECT_THAT(MapAll(RecordKind::kNode, "id,,name\n1,a,2\n").fault,
              HasSubstr("f:1:2: the column has no name"));
}

TEST(HeaderMapper, NamesTheCellAtFault) {
  EXPECT_THAT(MapAll(RecordKind::kLink, "source,target,paid_yuan\na,b,1\na,b,\"1,200\"\n").fault,
              HasSubstr("f:3:3: paid_yuan: '1,200' has a comma"));
  EXPECT_THAT(MapAll(RecordKind::kLink, "source,target,paid_yuan\na,b,NaN\n").fault,
              HasSubstr("f:2:3: paid_yuan: 'NaN' is not a finite"));
  EXPECT_THAT(MapAll(RecordKind::kNode, "id,kind\na,HOUSEHOLDS\n").fault,
              HasSubstr("did you mean HOUSEHOLD?"));
  EXPECT_THAT(MapAll(RecordKind::kNode, "id,kind\na\n").fault,
              HasSubstr("f:2:1: the row has 1 cells, the header 2"));
  EXPECT_THAT(MapAll(RecordKind::kNode, "id\na,b\n").fault,
              HasSubstr("f:2:2: the row has 2 cells, the header 1"));
}

}  // namespace
}  // namespace lianjie::cli

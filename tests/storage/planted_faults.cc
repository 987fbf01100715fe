#include "tests/storage/planted_faults.h"

#include <functional>
#include <utility>

#include "storage/codec.h"
#include "storage/graph_data.h"
#include "storage/keys.h"

namespace lianjie::storage {

Subject Planted() {
  Subject subject = Subjects()[0].make("");
  EXPECT_TRUE(subject.store->CreateGraph("g", {}).ok());
  NodeRecord a = Node("A");
  a.region = "R";
  EXPECT_TRUE(subject.store
                  ->Commit({.graph = "g",
                            .preconditions = {},
                            .writes = {Put(Region("R", "", 1)), Put(Region("S", "R", 2)), Create(a),
                                       Create(Node("B")), Create(ShareLink("L", "A", "B", 1)),
                                       Put(Line("R", 2020, 4000))},
                            .request_id = "r"})
                  .ok());
  auto load = *subject.store->BeginLoad({.graph = "g", .request_id = {}});
  EXPECT_TRUE(load->AddNode(Node("007"), {}).ok());
  EXPECT_TRUE(load->Finish().ok());
  return subject;
}

namespace {

const std::optional<std::string> kGone;
const LinkPlace kPlace{.source = 0, .mechanism = Mechanism::kSupply, .target = 1, .link = 0};

std::string LinkValueOf(const LinkRecord& link) {
  return LinkIdPart(link.id) + EncodeLinkBody(Normal(link));
}

GraphMeta MetaWith(const std::function<void(GraphMeta&)>& change) {
  const Subject subject = Planted();
  GraphMeta meta = *GraphData(*subject.kv->Snapshot(), 1).Meta();
  change(meta);
  return meta;
}

std::string ChangeOf(std::int64_t time, bool reloaded) {
  Change change;
  change.commit_time_micros = time;
  change.reloaded = reloaded;
  return EncodeChange(change);
}

using Case = PlantedFault;

const LinkPlace kToNobody{.source = 0, .mechanism = Mechanism::kSupply, .target = 9, .link = 1};
const LinkPlace kTwin{.source = 0, .mechanism = Mechanism::kSupply, .target = 1, .link = 7};
const LinkPlace kSameNumber{.source = 1, .mechanism = Mechanism::kSupply, .target = 0, .link = 0};
constexpr std::int64_t kLate = std::int64_t{1} << 60;

NodeRecord Leaking() {
  NodeRecord node = Node("A");
  node.region = "R";
  node.leak_share = 0.5;
  return node;
}

std::vector<Case> LinkCases() {
  return {
      {"MirrorMissing", {{InLinkKey(1, kPlace), kGone}}, {"link number 0 has no in-link"}},
      {"MirrorWithoutLink",
       {{InLinkKey(1, kToNobody), ""}},
       {"an in-link mirrors link number 1, which is not there"}},
      {"MirrorElsewhere",
       {{InLinkKey(1, kPlace), kGone}, {InLinkKey(1, kSameNumber), ""}},
       {"link number 0 has no in-link", "mirrors link number 0, which is not there"}},
      {"LinkGone",
       {{OutLinkKey(1, kPlace), kGone}},
       {"the link id 'L' leads to no link", "mirrors link number 0", "1 links, and has 0"}},
      {"LinkIdGone", {{LinkIdKey(1, "L"), kGone}}, {"link 'L' has number 0, but its id is not in"}},
      {"LinkIdElsewhere",
       {{LinkIdKey(1, "L"), EncodePlace(kTwin)}},
       {"link 'L' has number 0, but its id leads elsewhere", "the link id 'L' leads to no link"}},
      {"LinkUnreadable", {{OutLinkKey(1, kPlace), "rubbish"}}, {"link number 0 cannot be read"}},
      {"LinkOfOtherContent",
       {{OutLinkKey(1, kPlace), LinkValueOf(ShareLink("L", "A", "B", 0.5))}},
       {"its digest is said to be"}},
      {"LinkBreaksARule",
       {{OutLinkKey(1, kPlace), LinkValueOf(ShareLink("L", "A", "B", 7))}},
       {"link 'L': "}},
      {"EndMissing",
       {{OutLinkKey(1, kToNobody), LinkValueOf(Link("M", "A", "x"))},
        {InLinkKey(1, kToNobody), ""},
        {LinkIdKey(1, "M"), EncodePlace(kToNobody)}},
       {"link number 1 has a payee, number 9, that is not there", "the next new one gets 1"}},
      {"TypeTable",
       {{OutLinkKey(1, kPlace), kGone},
        {OutLinkKey(1, {.source = 0, .mechanism = Mechanism::kGrant, .target = 1, .link = 0}),
         LinkValueOf(Link("L", "A", "B"))}},
       {"breaks the type table: GRANT may not go from FIRM to FIRM"}},
      {"Shares",
       {{NodeKey(1, 0), EncodeNode(Leaking())}},
       {"the shares of payer number 0 and its leak are more than 1"}},
      {"TwoLinksOfOneNumber",
       {{OutLinkKey(1, kSameNumber), LinkValueOf(Link("M", "B", "A"))}},
       {"two links have the number 0", "link 'M' has number 0, but its id is not in"}},
  };
}

std::vector<Case> NodeCases() {
  return {
      {"NodeGone",
       {{NodeKey(1, 1), kGone}},
       {"the node id 'B' leads to no node", "payee, number 1, that is not there",
        "3 nodes, and has 2"}},
      {"NodeUnreadable", {{NodeKey(1, 1), "\xff"}}, {"node number 1 cannot be read"}},
      {"NodeIdGone",
       {{NodeIdKey(1, "007"), kGone}},
       {"node '007' has number 2, but its id is not in the index"}},
      {"NodeIdOfAnother",
       {{NodeIdKey(1, "A"), EncodeNodePlace({1, NodeKind::kFirm})}},
       {"node 'A' has number 0, but its id leads to number 1", "the node id 'A' leads to no node"}},
      {"NodeIdOfAnotherKind",
       {{NodeIdKey(1, "B"), EncodeNodePlace({1, NodeKind::kLand})}},
       {"node 'B' has number 1, but its id says another kind"}},
      {"NodeIdTooMany",
       {{NodeIdKey(1, "C"), EncodeNodePlace({5, NodeKind::kFirm})}},
       {"the node id 'C' leads to no node"}},
      {"NodeOfAnotherKind",
       {{NodeKey(1, 1), EncodeNode(Node("B", NodeKind::kHousehold))}},
       {"says another kind"}},
  };
}

std::vector<Case> RegionCases() {
  return {
      {"RegionGone",
       {{RegionKey(1, "R"), kGone}},
       {"region 'S' lies in region 'R', which is not there",
        "region 'R' is named by 1 nodes and 1 lines"}},
      {"RegionLevels",
       {{RegionKey(1, "S"), EncodeRegion(Region("S", "R", 1))}},
       {"region 'S' of level 1 lies in region 'R' of level 1"}},
      {"RegionUnreadable", {{RegionKey(1, "S"), "\xff"}}, {"region 'S' cannot be read"}},
      {"ChildMissing",
       {{RegionChildKey(1, "R", "S"), kGone}},
       {"region 'S' is not listed under region 'R'"}},
      {"ChildTooMany",
       {{RegionChildKey(1, "S", "R"), ""}},
       {"region 'R' is listed under region 'S', where it is not"}},
      {"UseGone",
       {{RegionUseKey(1, "R"), kGone}},
       {"region 'R' has 1 nodes and 1 lines, which are not counted"}},
      {"UseMiscounted",
       {{RegionUseKey(1, "R"), EncodeRegionUse({2, 1})}},
       {"region 'R' is said to have 2 nodes and 1 lines, and has 1 and 1"}},
      {"UseOfNothing",
       {{RegionUseKey(1, "S"), EncodeRegionUse({1, 0})}},
       {"region 'S' is said to have 1 nodes"}},
      {"LineUnreadable",
       {{LineKey(1, "R", 2020), "\xff"}},
       {"the line of region 'R' and year 2020 cannot be read"}},
      {"LineOfNoRegion",
       {{LineKey(1, "X", 2020), EncodeLine(Line("X", 2020, 1))}},
       {"region 'X' is named by 0 nodes and 1 lines", "1 lines, and has 2"}},
  };
}

std::vector<Case> FeedCases() {
  return {
      {"ChangeGap",
       {{ChangeKey(1, 1, 2), kGone}},
       {"the change feed has a gap: revision 1 goes from change 1 to change 3"}},
      {"ChangeOfTheFuture",
       {{ChangeKey(1, 9, 0), ChangeOf(kLate, true)}},
       {"a change of revision 9, but the newest revision is 2"}},
      {"ChangeUnreadable",
       {{ChangeKey(1, 1, 0), "\xff"}},
       {"change 0 of revision 1 cannot be read"}},
      {"ChangeOfNothing",
       {{ChangeKey(1, 2, 0), ChangeOf(kLate, false)}},
       {"revision 2 says nothing"}},
      {"ChangeBackInTime",
       {{ChangeKey(1, 2, 0), ChangeOf(1, true)}},
       {"revision 2 was committed before the one before it"}},
  };
}

std::vector<Case> RevisionCases() {
  return {
      {"RevisionMissing",
       {{RevisionKey(1, 1), kGone}},
       {"the change feed has a gap: revision 1 to 1 are missing"}},
      {"RevisionsMissing",
       {{RevisionKey(1, 1), kGone}, {RevisionKey(1, 2), kGone}},
       {"the change feed has a gap: revision 1 to 2 are missing"}},
      {"OldestRevisionMissing",
       {{MetaKey(1), EncodeMeta(MetaWith(
                         [](GraphMeta& m) { m.info.oldest_revision = m.info.changes_after = 0; }))},
        {RevisionKey(1, 0), kGone}},
       {"revision 0, the oldest, is missing"}},
      {"RevisionOfTheFuture",
       {{RevisionKey(1, 9), EncodeRevision({})}},
       {"revision 9 is there, but the newest is 2"}},
      {"RevisionUnreadable", {{RevisionKey(1, 2), "\xff"}}, {"revision 2 cannot be read"}},
      {"ChangesGone",
       {{ChangeKey(1, 2, 0), kGone}},
       {"revision 2 is said to have 1 changes, and has 0"}},
      {"RequestGone",
       {{RequestKey(1, "r"), kGone}},
       {"revision 1 came with request id 'r', which is not kept with it"}},
      {"RevisionsOutOfOrder",
       {{MetaKey(1), EncodeMeta(MetaWith([](GraphMeta& m) { m.info.oldest_revision = 9; }))}},
       {"which is out of order"}},
      {"RequestOfTheFuture",
       {{RequestKey(1, "q"),
         EncodeRequest(
             {.digest = std::string(16, 'x'), .revision = 9, .link_ids = {}, .load = {}})}},
       {"request id 'q' names revision 9"}},
      {"RequestUnreadable", {{RequestKey(1, "r"), "\xff"}}, {"request id 'r' cannot be read"}},
  };
}

std::vector<Case> MetaCases() {
  return {
      {"NodesMiscounted",
       {{MetaKey(1), EncodeMeta(MetaWith([](GraphMeta& m) { m.info.node_count = 9; }))}},
       {"9 nodes, and has 3"}},
      {"NumbersRunBack",
       {{MetaKey(1), EncodeMeta(MetaWith([](GraphMeta& m) { m.next_node = 2; }))}},
       {"node '007' has number 2, but the next new one gets 2"}},
      {"DigestWrong",
       {{MetaKey(1), EncodeMeta(MetaWith([](GraphMeta& m) { m.info.digest += 1; }))}},
       {"its digest is said to be"}},
      {"MetaGone", {{MetaKey(1), kGone}}, {"graph 'g': it has no meta"}},
      {"MetaUnreadable", {{MetaKey(1), "\xff"}}, {"graph 'g': its meta cannot be read"}},
      {"UnknownTag",
       {{TagPrefix(1, static_cast<Tag>(99)) + "x", ""}},
       {"keys of an unknown kind, 99"}},
      {"NameGone", {{GraphNameKey("g"), kGone}}, {"graph number 1 has keys and no name"}},
      {"TwoNames",
       {{GraphNameKey("h"), EncodeGraphName(1)}},
       {"graphs 'g' and 'h' have the same number 1"}},
      {"NamedAndDeleted", {{DroppedKey(1), ""}}, {"has a name and is deleted"}},
      {"NumberOfTheFuture",
       {{GraphNameKey("h"), EncodeGraphName(5)}, {MetaKey(5), EncodeMeta({})}},
       {"graph number 5 is there, but the next new one is 2"}},
      {"HeaderGone", {{HeaderKey(), kGone}}, {"it has no header"}},
  };
}

}  // namespace

std::vector<PlantedFault> PlantedFaults() {
  std::vector<Case> all;
  for (auto* cases :
       {&LinkCases, &NodeCases, &RegionCases, &FeedCases, &RevisionCases, &MetaCases}) {
    for (Case& one : cases()) all.push_back(std::move(one));
  }
  return all;
}

}  // namespace lianjie::storage

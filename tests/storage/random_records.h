// Small random records over few ids, so that every rule is met often.
#ifndef LIANJIE_TESTS_STORAGE_RANDOM_RECORDS_H_
#define LIANJIE_TESTS_STORAGE_RANDOM_RECORDS_H_

#include <random>
#include <string>
#include <vector>

#include "engine/core/text.h"
#include "tests/storage/conformance.h"

namespace lianjie::storage {

class RandomRecords {
 public:
  explicit RandomRecords(unsigned seed) : random_(seed) {}

  int Below(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }
  bool Chance(int percent) { return Below(100) < percent; }
  template <typename T> const T& OneOf(const std::vector<T>& of) {
    return of[static_cast<std::size_t>(Below(static_cast<int>(of.size())))];
  }

  std::string NodeId() { return OneOf<std::string>({"A", "B", "C", "7", "07", "10", "村"}); }
  std::string LinkId() { return Cat("L", Below(14)); }
  std::string RegionCode() { return OneOf<std::string>({"52", "5201", "520101", "53"}); }
  Interval Valid() {
    Interval valid;
    if (Chance(40)) valid.from = {Below(5) * 100};
    if (Chance(40)) valid.to = {Below(5) * 100 + 50};
    return valid;
  }

  NodeRecord RandomNode() {
    NodeRecord node = Node(NodeId(), static_cast<NodeKind>(1 + Below(7)));
    if (Chance(60)) node.kind = NodeKind::kFirm;
    if (Chance(40)) node.region = RegionCode();
    if (Chance(30)) node.leak_share = Below(5) * 0.25;
    if (Chance(30)) node.persons = Below(4);
    if (Chance(3)) node.persons = -1;
    if (Chance(20)) node.properties["p"] = Cat(Below(3));
    return node;
  }

  LinkRecord RandomLink() {
    LinkRecord link = Link(LinkId(), NodeId(), NodeId(), Mechanism::kSupply);
    if (Chance(30)) link.mechanism = static_cast<Mechanism>(1 + Below(17));
    if (Chance(60)) link.share = Below(5) * 0.25;
    if (Chance(15)) link.share_of = static_cast<ShareOf>(1 + Below(2));
    if (Chance(15)) link.status = static_cast<LinkStatus>(1 + Below(3));
    if (Chance(50)) link.paid_yuan = Below(100);
    link.valid = Valid();
    return link;
  }

  RegionRecord RandomRegion() {
    RegionRecord region = Region(RegionCode(), "", 1 + Below(3));
    if (Chance(60)) region.parent = RegionCode();
    return region;
  }

  LineRecord RandomLine() {
    return Line(Chance(50) ? RegionCode() : "", 2019 + Below(2), Below(3) + 1);
  }

  Write RandomWrite() {
    const auto kind = static_cast<WriteKind>(Below(4));
    const int what = Below(100);
    if (what < 30) {
      NodeWrite write{kind, RandomNode(), {}, Chance(50)};
      if (kind == WriteKind::kUpdate && Chance(60)) {
        write.mask = {OneOf<std::string>({"kind", "region", "leak_share", "persons", "id"})};
      }
      return write;
    }
    if (what < 85) {
      LinkWrite write{kind, RandomLink(), {}};
      if (kind == WriteKind::kUpdate) {
        if (Chance(80)) write.link.source.clear();
        if (Chance(80)) write.link.target.clear();
        if (Chance(60)) {
          write.mask = {OneOf<std::string>({"share", "mechanism", "valid_to", "status"})};
        }
      }
      return write;
    }
    if (what < 95) return RegionWrite{kind, RandomRegion()};
    return LineWrite{kind, RandomLine()};
  }

  std::mt19937& engine() { return random_; }

 private:
  std::mt19937 random_;
};

}  // namespace lianjie::storage

#endif  // LIANJIE_TESTS_STORAGE_RANDOM_RECORDS_H_

// A county held whole, for tests: the generator itself never does.
#ifndef LIANJIE_TESTS_ENGINE_GENERATE_COUNTY_RECORDS_H_
#define LIANJIE_TESTS_ENGINE_GENERATE_COUNTY_RECORDS_H_

#include <map>
#include <string>
#include <vector>

#include "engine/core/date.h"
#include "engine/core/records.h"
#include "engine/generate/county.h"

namespace lianjie {

class CountyRecords : public RecordSink {
 public:
  absl::Status Region(const RegionRecord& region) override;
  absl::Status Line(const LineRecord& line) override;
  absl::Status Node(const NodeRecord& node) override;
  absl::Status Link(const LinkRecord& link) override;

  std::vector<RegionRecord> regions;
  std::vector<LineRecord> lines;
  std::vector<NodeRecord> nodes;
  std::vector<LinkRecord> links;
  std::map<std::string, std::size_t> node_of;  // position by id
};

struct County {
  CountyRecords records;
  CountySummary summary;
};

// Made once for each (households, seed) of a test run.
const County& CountyOf(std::int64_t households, std::uint64_t seed);

// What the records say of one node on a day: computed from them alone, in the plainest way.
struct Books {
  double in_yuan = 0;
  double out_yuan = 0;
  double outside_yuan = 0;  // as ledger mode reads it
  double unexplained_yuan =
      0;                     // out - in - outside where positive; of a household by its own account
  double narrow_yuan = 0;    // of a household: paid by narrow bindings, trade net of payments
  bool narrow_link = false;  // an active narrow money link comes in (SERVICE is none)
  bool service_link = false;
  bool takes_part = false;
  bool funded = false;  // some node with outside revenue or an unexplained injection reaches it
                        // over active links
  std::vector<std::size_t> in_links, out_links;  // active ones
  std::vector<std::size_t> lapsed_in_links;      // narrow ones
};
std::vector<Books> BooksOn(const CountyRecords& records, Date day);

}  // namespace lianjie

#endif  // LIANJIE_TESTS_ENGINE_GENERATE_COUNTY_RECORDS_H_

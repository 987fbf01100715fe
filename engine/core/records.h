// The records that users write and the store keeps, as plain values. Field names, meanings and
// units are those of the CSV headers and of the API (proto/lianjie/v1/graph.proto); an empty
// optional means "not known", which is not zero. The engine's kernels never see these: they read
// the columns of a Snapshot.
#ifndef LIANJIE_ENGINE_CORE_RECORDS_H_
#define LIANJIE_ENGINE_CORE_RECORDS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/date.h"
#include "engine/core/enums.h"

namespace lianjie {

struct NodeRecord {
  std::string id;
  NodeKind kind = NodeKind::kUnspecified;  // Normalize makes it FIRM
  std::string subtype;
  std::string name;
  std::string region;
  Sector sector = Sector::kUnspecified;
  std::string industry;
  Stage stage = Stage::kUnspecified;
  Registration registration = Registration::kUnspecified;
  Monitoring monitoring = Monitoring::kUnspecified;
  std::optional<std::int64_t> lifted_out_year;
  std::optional<std::int64_t> persons;
  std::optional<std::int64_t> labour_skilled;
  std::optional<std::int64_t> labour_ordinary;
  std::optional<std::int64_t> labour_weak;
  std::vector<Cause> causes;
  std::optional<std::int64_t> income_year;
  std::optional<double> income_wage_yuan;
  std::optional<double> income_operating_yuan;
  std::optional<double> income_property_yuan;
  std::optional<double> income_transfer_yuan;
  std::optional<double> land_mu;
  std::optional<double> capacity_jobs;
  std::optional<double> capacity_tonnes;
  std::optional<double> capacity_mu;
  std::optional<double> revenue_yuan;
  std::optional<double> equity_yuan;
  OperatingStatus operating_status = OperatingStatus::kUnspecified;
  std::optional<double> outside_revenue_yuan;
  std::optional<double> leak_share;
  Interval valid;
  std::vector<std::string> labels;
  std::map<std::string, std::string> properties;

  friend bool operator==(const NodeRecord&, const NodeRecord&) = default;
};

struct LinkRecord {
  std::string id;  // made from the content when empty: see MakeLinkId
  std::string agreement;
  std::string source;                             // pays
  std::string target;                             // is paid
  Mechanism mechanism = Mechanism::kUnspecified;  // Normalize makes it SUPPLY
  LinkKind kind = LinkKind::kUnspecified;         // Normalize derives it
  std::optional<double> promised_yuan;
  std::optional<double> paid_yuan;
  std::optional<double> share;
  ShareOf share_of = ShareOf::kUnspecified;  // Normalize makes it RECEIPTS where a share is given
  std::optional<double> capacity;
  Priority priority = Priority::kUnspecified;
  Tightness tightness = Tightness::kUnspecified;
  Driver driver = Driver::kUnspecified;
  std::string policy;
  std::optional<double> weight;
  Interval valid;
  LinkStatus status = LinkStatus::kUnspecified;  // Normalize makes it ACTIVE
  std::string product;
  Sector sector = Sector::kUnspecified;
  std::map<std::string, std::string> properties;

  friend bool operator==(const LinkRecord&, const LinkRecord&) = default;
};

struct RegionRecord {
  std::string code;
  std::string parent;  // empty: a root
  std::string name;
  std::int64_t level = 0;  // 0 the whole, 1 province, 2 prefecture, 3 county, 4 township, 5 village

  friend bool operator==(const RegionRecord&, const RegionRecord&) = default;
};

// A poverty line and the least benefit that counts as adequate, per head and year.
struct LineRecord {
  std::string region;  // applies to the region and all below it; empty: everywhere
  std::int64_t year = 0;
  std::optional<double> line_yuan;
  std::optional<double> minimum_benefit_yuan;

  friend bool operator==(const LineRecord&, const LineRecord&) = default;
};

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_CORE_RECORDS_H_

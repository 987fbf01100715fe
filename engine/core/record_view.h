// What a Snapshot holds of a record, as it stands in bytes that are somebody else's: a scan fills
// one view anew for each of tens of millions of records, and no text is copied and nothing is
// allocated on the way from a stored value to the columns. Fields bear the names of records.h.
#ifndef LIANJIE_ENGINE_CORE_RECORD_VIEW_H_
#define LIANJIE_ENGINE_CORE_RECORD_VIEW_H_

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/core/date.h"
#include "engine/core/enums.h"
#include "engine/core/records.h"

namespace lianjie {

// An amount that is not known.
inline constexpr double kNoAmount = std::numeric_limits<double>::quiet_NaN();

// Texts live as long as what the view was made from.
struct NodeValues {
  std::string_view id, subtype, region, industry;
  std::optional<std::int64_t> lifted_out_year, persons, income_year;
  std::optional<std::int64_t> labour_skilled, labour_ordinary, labour_weak;
  double income_wage_yuan = kNoAmount, income_operating_yuan = kNoAmount;
  double income_property_yuan = kNoAmount, income_transfer_yuan = kNoAmount;
  double land_mu = kNoAmount;
  double capacity_jobs = kNoAmount, capacity_tonnes = kNoAmount, capacity_mu = kNoAmount;
  double revenue_yuan = kNoAmount, equity_yuan = kNoAmount;
  double outside_revenue_yuan = kNoAmount, leak_share = kNoAmount;
  Interval valid;
  NodeKind kind = NodeKind::kUnspecified;
  Sector sector = Sector::kUnspecified;
  Stage stage = Stage::kUnspecified;
  Registration registration = Registration::kUnspecified;
  Monitoring monitoring = Monitoring::kUnspecified;
  OperatingStatus operating_status = OperatingStatus::kUnspecified;
};
struct NodeView : NodeValues {
  std::vector<Cause> causes;
  std::vector<std::string_view> labels;

  // As new, but with the room that it has.
  void Clear() {
    static_cast<NodeValues&>(*this) = NodeValues();
    causes.clear();
    labels.clear();
  }
};

struct LinkView {
  std::string_view id, policy, product;
  double promised_yuan = kNoAmount, paid_yuan = kNoAmount;
  double share = kNoAmount, capacity = kNoAmount, weight = kNoAmount;
  Interval valid;
  Mechanism mechanism = Mechanism::kUnspecified;
  ShareOf share_of = ShareOf::kUnspecified;
  Priority priority = Priority::kUnspecified;
  Tightness tightness = Tightness::kUnspecified;
  Driver driver = Driver::kUnspecified;
  LinkStatus status = LinkStatus::kUnspecified;
  Sector sector = Sector::kUnspecified;
};

// The same of a record, which must outlive the view.
NodeView ViewOf(const NodeRecord& node);
LinkView ViewOf(const LinkRecord& link);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_CORE_RECORD_VIEW_H_

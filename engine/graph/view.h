// A View is what a question sees of a Snapshot: the day or period it asks about, and the nodes and
// links that its filter lets through. It copies nothing and decides link by link, so that an
// interactive question touches only what it visits; kernels that read everything make a Projection
// from it.
//
// Two tests are kept apart, because benefit flow keeps the full graph's splits under a filter: a
// link is *active* when it counts on the day at all, and *inside* when it is active and the filter
// lets it and both its ends through.
#ifndef LIANJIE_ENGINE_GRAPH_VIEW_H_
#define LIANJIE_ENGINE_GRAPH_VIEW_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/core/date.h"
#include "engine/core/filter.h"
#include "engine/graph/snapshot.h"
#include "engine/graph/snapshot_fields.h"

namespace lianjie {

struct ViewSpec {
  std::optional<Date> as_of =
      std::nullopt;  // default: the snapshot's reference date; not together with `period`
  std::optional<Interval> period = std::nullopt;  // bounded on both sides
  Filter nodes = {};                              // over SnapshotNodeFields()
  Filter links = {};                              // over SnapshotLinkFields()
  std::string region = {};  // code: only nodes in it or below it; empty: everywhere
};

// Immutable, thread safe; keeps its Snapshot alive.
class View {
 public:
  // Errors: both as_of and period; an unbounded or empty period (DATES_OUT_OF_ORDER); an unknown
  // region (REGION_NOT_FOUND); a filter over a field that a snapshot does not hold
  // (INVALID_FILTER).
  static absl::StatusOr<View> Make(std::shared_ptr<const Snapshot> snapshot, ViewSpec spec = {});

  const Snapshot& snapshot() const { return *snapshot_; }
  const std::shared_ptr<const Snapshot>& shared_snapshot() const { return snapshot_; }
  // The day asked about; for a period its last day.
  Date as_of() const { return as_of_; }
  const std::optional<Interval>& period() const { return spec_.period; }
  const ViewSpec& spec() const { return spec_; }
  // True when every active node and link is inside.
  bool unfiltered() const { return unfiltered_; }

  // Valid on the day (or on some day of the period).
  bool NodeActive(NodeIndex n) const;
  // Status ACTIVE (or not given) and valid together with both ends on the day, or on some day of
  // the period.
  bool LinkActive(LinkIndex l) const;
  bool NodeInside(NodeIndex n) const;
  bool LinkInside(LinkIndex l) const;
  // The link filter alone. For whoever has asked about the link's date and ends already.
  bool LinkMatches(LinkIndex l) const;
  // The region and the node filter alone, whatever the day. For whoever asks about dates itself.
  bool NodeSelected(NodeIndex n) const;

  // The amount of a link on the day (a whole year's) or in the period: amount x the days of the
  // period on which the link and both its ends are valid / min(365, the days of the link's own
  // term), 29 February uncounted (DOMAIN section 2). So 1200 a year without an end, paid by a firm
  // that ceases on 2020-07-01, are 1200 x 181 / 365 in 2020. 0 when not known.
  double PaidYuan(LinkIndex l) const;
  double PromisedYuan(LinkIndex l) const;
  // The part of the days on which its payer is valid that a link is valid together with both its
  // ends: what a share of the payer's money counts. 1 on a day.
  double LinkPartOfPayer(LinkIndex l) const;
  // What a yearly amount of a node counts: 1 on a day, in a period by the rule of links, the node's
  // own term in place of the link's.
  double NodeYearFraction(NodeIndex n) const;
  // The length of the period in years, its days without 29 February / 365: for yearly amounts that
  // are no node's. 1 on a day.
  double PeriodYears() const;

 private:
  // The fields that a filter reads, found once.
  using BoundFields = std::vector<std::pair<std::string, FieldReader>>;

  View() = default;
  static absl::Status Bind(const Filter& filter, std::string_view what,
                           FieldReader (*find)(std::string_view), BoundFields& bound);
  bool NodeMatches(NodeIndex n) const;
  double Amount(std::span<const double> yearly, LinkIndex l) const;

  std::shared_ptr<const Snapshot> snapshot_;
  ViewSpec spec_;
  Date as_of_;
  bool unfiltered_ = true;
  NodeIndex region_begin_ = 0;
  NodeIndex region_end_ = 0;
  BoundFields node_fields_;
  BoundFields link_fields_;
};

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_GRAPH_VIEW_H_

#include "engine/graph/view.h"

#include "engine/core/status.h"
#include "engine/core/text.h"

namespace lianjie {
namespace {

absl::Status CheckDates(const ViewSpec& spec) {
  if (!spec.period.has_value()) return absl::OkStatus();
  if (spec.as_of.has_value()) {
    return InvalidField("as_of", "give either as_of or period, not both");
  }
  const Interval& period = *spec.period;
  if (period.from == kDateMin || period.to == kDateMax) {
    return InvalidField("period", "needs a first day and an end", Reason::kDatesOutOfOrder);
  }
  if (period.Empty()) {
    return InvalidField("period",
                        Cat("its end ", period.to.ToString(), " is not after its first day ",
                            period.from.ToString()),
                        Reason::kDatesOutOfOrder);
  }
  return absl::OkStatus();
}

// Reads the fields of one row for a filter.
struct Row {
  const Snapshot& snapshot;
  std::span<const std::pair<std::string, FieldReader>> fields;
  std::uint32_t row;

  FieldValue operator()(std::string_view name) const {
    for (const auto& [field, read] : fields) {
      if (field == name) return read(snapshot, row);
    }
    return {};
  }
};

bool RowMatches(const Filter& filter, const Row& row) {
  // By reference: a std::function of one pointer takes no allocation.
  return filter.Matches([&row](std::string_view name) { return row(name); });
}

}  // namespace

absl::Status View::Bind(const Filter& filter, std::string_view what,
                        FieldReader (*find)(std::string_view), BoundFields& bound) {
  for (const std::string& field : filter.fields()) {
    const FieldReader read = find(field);
    if (read == nullptr) {
      return InvalidField("filter",
                          Cat("analyses cannot filter ", what, " by '", field,
                              "', which only the stored records hold"),
                          Reason::kInvalidFilter);
    }
    bound.emplace_back(field, read);
  }
  return absl::OkStatus();
}

absl::StatusOr<View> View::Make(std::shared_ptr<const Snapshot> snapshot, ViewSpec spec) {
  LIANJIE_RETURN_IF_ERROR(CheckDates(spec));
  View view;
  LIANJIE_RETURN_IF_ERROR(Bind(spec.nodes, "nodes", &FindNodeFieldReader, view.node_fields_));
  LIANJIE_RETURN_IF_ERROR(Bind(spec.links, "links", &FindLinkFieldReader, view.link_fields_));
  view.region_end_ = snapshot->node_count();
  if (!spec.region.empty()) {
    const RegionIndex region = snapshot->regions().Find(spec.region);
    if (region == kNoRegion) return NotFound(Reason::kRegionNotFound, "region", spec.region);
    std::tie(view.region_begin_, view.region_end_) = snapshot->NodesOf(region);
  }
  view.as_of_ = spec.period.has_value() ? Date{spec.period->to.days - 1}
                                        : spec.as_of.value_or(snapshot->reference_date());
  view.unfiltered_ = spec.region.empty() && spec.nodes.empty() && spec.links.empty();
  view.snapshot_ = std::move(snapshot);
  view.spec_ = std::move(spec);
  return view;
}

bool View::NodeActive(NodeIndex n) const {
  const Interval valid = snapshot_->NodeValid(n);
  if (!spec_.period.has_value()) return valid.Contains(as_of_);
  return !Intersect(valid, *spec_.period).Empty();
}

bool View::LinkActive(LinkIndex l) const {
  const LinkColumns& links = snapshot_->links();
  const LinkStatus status = ValueOr(links.status, l);
  if (status != LinkStatus::kActive && status != LinkStatus::kUnspecified) return false;
  const Interval ends =
      Intersect(snapshot_->NodeValid(links.source[l]), snapshot_->NodeValid(links.target[l]));
  const Interval valid = Intersect(ends, snapshot_->LinkValid(l));
  if (!spec_.period.has_value()) return valid.Contains(as_of_);
  return !Intersect(valid, *spec_.period).Empty();
}

bool View::NodeMatches(NodeIndex n) const {
  return spec_.nodes.empty() || RowMatches(spec_.nodes, {*snapshot_, node_fields_, n});
}

bool View::LinkMatches(LinkIndex l) const {
  return spec_.links.empty() || RowMatches(spec_.links, {*snapshot_, link_fields_, l});
}

bool View::NodeSelected(NodeIndex n) const {
  return region_begin_ <= n && n < region_end_ && NodeMatches(n);
}

bool View::NodeInside(NodeIndex n) const {
  return region_begin_ <= n && n < region_end_ && NodeActive(n) && NodeMatches(n);
}

bool View::LinkInside(LinkIndex l) const {
  if (!LinkActive(l)) return false;
  if (unfiltered_) return true;
  return LinkMatches(l) && NodeInside(snapshot_->links().source[l]) &&
         NodeInside(snapshot_->links().target[l]);
}

double View::Amount(std::span<const double> yearly, LinkIndex l) const {
  const double amount = ValueOr(yearly, l, 0.0);
  if (!spec_.period.has_value() || amount == 0.0) return amount;
  const LinkColumns& links = snapshot_->links();
  const Interval ends =
      Intersect(snapshot_->NodeValid(links.source[l]), snapshot_->NodeValid(links.target[l]));
  return amount * YearFraction(snapshot_->LinkValid(l), Intersect(ends, *spec_.period));
}

double View::PaidYuan(LinkIndex l) const { return Amount(snapshot_->links().paid_yuan, l); }
double View::PromisedYuan(LinkIndex l) const { return Amount(snapshot_->links().promised_yuan, l); }

double View::LinkPartOfPayer(LinkIndex l) const {
  if (!spec_.period.has_value()) return 1.0;
  const LinkColumns& links = snapshot_->links();
  const Interval payer = Intersect(snapshot_->NodeValid(links.source[l]), *spec_.period);
  const Interval both =
      Intersect(Intersect(payer, snapshot_->NodeValid(links.target[l])), snapshot_->LinkValid(l));
  if (both.Empty()) return 0.0;
  const std::int64_t days = DaysWithoutLeapDays(payer.from, payer.to);
  return days == 0 ? 0.0
                   : static_cast<double>(DaysWithoutLeapDays(both.from, both.to)) /
                         static_cast<double>(days);
}

double View::NodeYearFraction(NodeIndex n) const {
  return spec_.period.has_value() ? YearFraction(snapshot_->NodeValid(n), *spec_.period) : 1.0;
}

double View::PeriodYears() const {
  if (!spec_.period.has_value()) return 1.0;
  return static_cast<double>(DaysWithoutLeapDays(spec_.period->from, spec_.period->to)) / 365.0;
}

}  // namespace lianjie

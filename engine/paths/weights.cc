#include "engine/paths/weights.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "tbb/blocked_range.h"
#include "tbb/parallel_reduce.h"

namespace lianjie {
namespace {

constexpr std::array<std::string_view, 6> kColumns = {"none",          "weight", "paid_yuan",
                                                      "promised_yuan", "share",  "capacity"};

constexpr double kLeast = 1e-290;
constexpr double kGreatest = 1e290;

}  // namespace

bool IsRefused(double weight, WeightRule rule) {
  if (weight == 0) return rule == WeightRule::kPositive;
  return !(weight >= kLeast && weight <= kGreatest);
}

absl::Status ValidateWeightColumn(std::string_view field, std::string_view column) {
  if (std::find(kColumns.begin(), kColumns.end(), column) != kColumns.end())
    return absl::OkStatus();
  const std::string_view near = Nearest(column, kColumns);
  return InvalidField(
      field,
      Cat("'", column, "' is not one of none, weight, paid_yuan, promised_yuan, share, capacity",
          near.empty() ? std::string() : Cat("; did you mean ", near, "?")));
}

double MissingInSums(std::string_view column) {
  return column == "none" || column == "weight" ? 1.0 : 0.0;
}

absl::StatusOr<LinkWeigher> LinkWeigher::Make(const View& view, std::string_view column,
                                              double missing_weight) {
  LinkWeigher weigher;
  weigher.view_ = &view;
  weigher.missing_weight_ = missing_weight;
  if (column == "none") return weigher;
  LIANJIE_ASSIGN_OR_RETURN(weigher.column_, view.snapshot().LinkWeights(column));
  if (!view.period().has_value()) return weigher;
  if (column == "paid_yuan") weigher.by_days_ = &View::PaidYuan;
  if (column == "promised_yuan") weigher.by_days_ = &View::PromisedYuan;
  return weigher;
}

absl::StatusOr<WeightScan> ScanWeights(const View& view, const LinkWeigher& weigher,
                                       WeightRule rule, bool count_missing, RunContext& context) {
  WeightScan found;
  if (weigher.unit()) return found;
  using Range = tbb::blocked_range<LinkIndex>;
  const auto scan = [&](const Range& range, WeightScan part) {
    if (context.Stopped()) return part;
    for (LinkIndex l = range.begin(); l != range.end(); ++l) {
      const bool missing = count_missing && weigher.IsMissing(l);
      const bool breaks = IsRefused(weigher(l), rule);
      if ((!missing && !breaks) || !view.LinkInside(l)) continue;
      part.missing += missing ? 1 : 0;
      if (breaks) part.first_refused = std::min(part.first_refused, l);
    }
    return part;
  };
  const auto join = [](const WeightScan& a, const WeightScan& b) {
    return WeightScan{a.missing + b.missing, std::min(a.first_refused, b.first_refused)};
  };
  context.Parallel([&] {
    found = tbb::parallel_reduce(Range(0, view.snapshot().link_count(), 8192), WeightScan{}, scan,
                                 join, tbb::simple_partitioner());
  });
  LIANJIE_RETURN_IF_ERROR(context.Check());
  return found;
}

absl::Status RefuseWeight(const View& view, std::string_view column, LinkIndex link, double weight,
                          WeightRule rule) {
  const std::string id(view.snapshot().LinkId(link));
  std::string must = rule == WeightRule::kPositive ? "must be positive" : "must not be negative";
  if (weight > 0) must = Cat("must lie between ", kLeast, " and ", kGreatest);
  return MakeError(
      absl::StatusCode::kInvalidArgument,
      Cat("weight: link '", id, "' has ", column, " ", weight, "; it ", must, " here"),
      {.reason = Reason::kInvalidField,
       .field = "weight",
       .row = {},
       .metadata = {
           {"link", id}, {"column", std::string(column)}, {"value", FormatDouble(weight)}}});
}

absl::StatusOr<std::uint64_t> CheckWeights(const View& view, std::string_view column,
                                           double missing_weight, WeightRule rule,
                                           RunContext& context) {
  LIANJIE_ASSIGN_OR_RETURN(const LinkWeigher weigher,
                           LinkWeigher::Make(view, column, missing_weight));
  LIANJIE_ASSIGN_OR_RETURN(const WeightScan scan, ScanWeights(view, weigher, rule, true, context));
  if (scan.first_refused != kNoLink) {
    return RefuseWeight(view, column, scan.first_refused, weigher(scan.first_refused), rule);
  }
  return scan.missing;
}

absl::Status ValidateMissingWeight(double missing_weight, WeightRule rule) {
  if (!IsRefused(missing_weight, rule)) return absl::OkStatus();
  return InvalidField("missing_weight", Cat(missing_weight, rule == WeightRule::kPositive
                                                                ? " is not a positive length"
                                                                : " is not a length"));
}

std::string MissingWeightWarning(std::string_view column, std::uint64_t links,
                                 double missing_weight) {
  if (links == 1) return Cat("1 link has no ", column, "; it counts as ", missing_weight, ".");
  return Cat(links, " links have no ", column, "; each counts as ", missing_weight, ".");
}

}  // namespace lianjie

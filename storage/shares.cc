#include "storage/shares.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "engine/core/status.h"
#include "engine/core/text.h"

namespace lianjie::storage {
namespace {

// The sums between the dates at which any claim begins or ends.
class Steps {
 public:
  void AddDates(const std::optional<ShareClaim>& claim) {
    if (!claim.has_value()) return;
    dates_.push_back(claim->valid.from);
    dates_.push_back(claim->valid.to);
  }
  void Settle() {
    std::sort(dates_.begin(), dates_.end());
    dates_.erase(std::unique(dates_.begin(), dates_.end()), dates_.end());
    sums_.assign(dates_.size(), 0);
  }
  void Add(const std::optional<ShareClaim>& claim, double sign) {
    if (!claim.has_value()) return;
    for (std::size_t i = At(claim->valid.from); i < At(claim->valid.to); ++i) {
      sums_[i] += sign * claim->share;
    }
  }
  // The greatest sum within the claim.
  std::pair<Date, double> Greatest(const ShareClaim& claim) const {
    const auto first = sums_.begin() + static_cast<std::ptrdiff_t>(At(claim.valid.from));
    const auto last = sums_.begin() + static_cast<std::ptrdiff_t>(At(claim.valid.to));
    const auto greatest = std::max_element(first, last);
    return {dates_[static_cast<std::size_t>(greatest - sums_.begin())], *greatest};
  }

 private:
  std::size_t At(Date date) const {
    return static_cast<std::size_t>(std::lower_bound(dates_.begin(), dates_.end(), date) -
                                    dates_.begin());
  }

  std::vector<Date> dates_;
  std::vector<double> sums_;
};

}  // namespace

std::optional<ShareClaim> ClaimOf(const LinkRecord& link) {
  if (!link.share.has_value() || *link.share <= 0 || link.share_of != ShareOf::kReceipts ||
      link.status != LinkStatus::kActive) {
    return std::nullopt;
  }
  return ShareClaim{.valid = link.valid, .share = *link.share};
}

std::optional<ShareClaim> ClaimOfLeak(std::optional<double> leak_share) {
  if (!leak_share.has_value() || *leak_share <= 0) return std::nullopt;
  return ShareClaim{.valid = {}, .share = *leak_share};
}

bool MayRaise(const std::optional<ShareClaim>& before, const std::optional<ShareClaim>& after) {
  if (!after.has_value()) return false;
  if (!before.has_value()) return true;
  return after->share > before->share || after->valid.from < before->valid.from ||
         after->valid.to > before->valid.to;
}

bool PayerShares::Holds() const {
  absl::btree_map<Key, ShareClaim> after = claims_;
  for (const Step& step : changes_) {
    if (step.claim.has_value()) {
      after[step.key] = *step.claim;
    } else {
      after.erase(step.key);
    }
  }
  double whole = 0;
  std::vector<std::pair<Date, double>> events;
  events.reserve(2 * after.size());
  for (const auto& [key, claim] : after) {
    whole += claim.share;
    events.emplace_back(claim.valid.from, claim.share);
    events.emplace_back(claim.valid.to, -claim.share);
  }
  if (whole <= 1 + kShareTolerance) return true;
  std::sort(events.begin(), events.end());  // at one date, what ends comes before what begins
  double sum = 0;
  for (const auto& [date, share] : events) {
    sum += share;
    if (sum > 1 + kShareTolerance) return false;
  }
  return true;
}

std::vector<PayerShares::Breach> PayerShares::Breaches() const {
  std::vector<Breach> breaches;
  if (Holds()) return breaches;
  Steps steps;
  for (const auto& [key, claim] : claims_) steps.AddDates(claim);
  for (const Step& step : changes_) steps.AddDates(step.claim);
  steps.Settle();
  absl::btree_map<Key, ShareClaim> now = claims_;
  for (const auto& [key, claim] : now) steps.Add(claim, 1);
  for (std::size_t i = 0; i < changes_.size(); ++i) {
    const Step& step = changes_[i];
    const auto it = now.find(step.key);
    const std::optional<ShareClaim> before =
        it == now.end() ? std::optional<ShareClaim>() : it->second;
    steps.Add(before, -1);
    steps.Add(step.claim, 1);
    if (MayRaise(before, step.claim)) {
      const auto [date, sum] = steps.Greatest(*step.claim);
      if (sum > 1 + kShareTolerance) {
        breaches.push_back({.change = i, .date = date, .sum = sum});
        steps.Add(step.claim, -1);
        steps.Add(before, 1);
        continue;
      }
    }
    if (step.claim.has_value()) {
      now[step.key] = *step.claim;
    } else {
      now.erase(step.key);
    }
  }
  return breaches;
}

absl::Status SharesExceedOne(std::string_view payer, std::string_view field,
                             const PayerShares::Breach& breach) {
  char sum[32];
  std::snprintf(sum, sizeof sum, "%.9g", breach.sum);
  const std::string when =
      breach.date == kDateMin ? std::string("always") : Cat("from ", breach.date.ToString());
  const std::string date = breach.date == kDateMin ? when : breach.date.ToString();
  return MakeError(
      absl::StatusCode::kInvalidArgument,
      Cat(field, ": the RECEIPTS shares of payer '", payer, "' plus its leak_share add up to ", sum,
          " ", when, "; they may not exceed 1"),
      {.reason = Reason::kSharesExceedOne,
       .field = std::string(field),
       .row = {},
       .metadata = {{"node", std::string(payer)}, {"sum", sum}, {"date", date}}});
}

}  // namespace lianjie::storage

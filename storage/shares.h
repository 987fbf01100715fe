// "RECEIPTS shares of one payer plus its leak_share are at most 1 at every date", checked for one
// payer: its claims on a yuan (the leak, and each ACTIVE link with a RECEIPTS share) as intervals
// with a height. What counts is the state after all changes; only when that breaks the rule are the
// changes gone through in order, to say which of them broke it.
#ifndef LIANJIE_STORAGE_SHARES_H_
#define LIANJIE_STORAGE_SHARES_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "engine/core/date.h"
#include "engine/core/records.h"

namespace lianjie::storage {

inline constexpr double kShareTolerance = 1e-9;

struct ShareClaim {
  Interval valid;
  double share = 0;

  friend bool operator==(const ShareClaim&, const ShareClaim&) = default;
};

// The claim of a link, of a leak; nothing where there is none.
std::optional<ShareClaim> ClaimOf(const LinkRecord& link);
std::optional<ShareClaim> ClaimOfLeak(std::optional<double> leak_share);
// Whether going from one claim to the other can raise the sum at some date.
bool MayRaise(const std::optional<ShareClaim>& before, const std::optional<ShareClaim>& after);

class PayerShares {
 public:
  using Key = std::uint64_t;  // the link's number
  static constexpr Key kLeak = std::numeric_limits<Key>::max();

  struct Breach {
    std::size_t change = 0;  // position among the changes
    Date date;               // the first day of the interval at which the sum is greatest
    double sum = 0;
  };

  // The state before the changes.
  void Set(Key key, const ShareClaim& claim) { claims_[key] = claim; }
  // The next change: the claim of `key` becomes `claim`, or ends.
  void Change(Key key, std::optional<ShareClaim> claim) { changes_.push_back({key, claim}); }

  // Whether the rule holds after all changes. O(n log n).
  bool Holds() const;
  // The changes that, taken in order and each left out when it breaks the rule, break it. None when
  // Holds(). O(changes × dates at which something begins or ends) when it does not.
  std::vector<Breach> Breaches() const;

 private:
  struct Step {
    Key key = 0;
    std::optional<ShareClaim> claim;
  };
  absl::btree_map<Key, ShareClaim> claims_;
  std::vector<Step> changes_;
};

// SHARES_EXCEED_ONE for the payer; `field` is "share" or "leak_share".
absl::Status SharesExceedOne(std::string_view payer, std::string_view field,
                             const PayerShares::Breach& breach);

}  // namespace lianjie::storage

#endif  // LIANJIE_STORAGE_SHARES_H_

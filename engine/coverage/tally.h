// What is counted of the households of one region; everything adds up. Made while households are
// classified, when all that is counted is at hand, and kept with the classes, 136 bytes a region.
#ifndef LIANJIE_ENGINE_COVERAGE_TALLY_H_
#define LIANJIE_ENGINE_COVERAGE_TALLY_H_

#include <algorithm>
#include <array>
#include <cstdint>

#include "engine/core/enums.h"
#include "engine/coverage/household_class.h"

namespace lianjie {

struct Tally {
  std::int64_t persons = 0;
  double benefit_yuan = 0, gap_yuan = 0, gap0_yuan = 0, gap_closed_yuan = 0;
  std::uint32_t all_households = 0;
  std::uint32_t households = 0;
  std::uint32_t lined = 0;  // targets for which a line holds
  std::uint32_t ever_registered = 0, participating = 0, new_type = 0;
  std::uint32_t lifted_out = 0, industry = 0;
  std::array<std::uint32_t, kClassCount> classes{};
  std::array<std::uint32_t, 8> roles{};  // by the exclusive combination

  void Add(const Tally& other) {
    all_households += other.all_households;
    households += other.households;
    persons += other.persons;
    for (std::size_t i = 0; i < classes.size(); ++i) classes[i] += other.classes[i];
    for (std::size_t i = 0; i < roles.size(); ++i) roles[i] += other.roles[i];
    lined += other.lined;
    ever_registered += other.ever_registered, participating += other.participating;
    new_type += other.new_type;
    lifted_out += other.lifted_out, industry += other.industry;
    benefit_yuan += other.benefit_yuan, gap_yuan += other.gap_yuan;
    gap0_yuan += other.gap0_yuan, gap_closed_yuan += other.gap_closed_yuan;
  }

  // A household that is a target or was ever registered as poor.
  void CountRegistered(Registration registration, bool participates, bool is_new_type,
                       bool has_benefit) {
    const bool out = registration == Registration::kLiftedOut;
    if (out || registration == Registration::kRegisteredPoor) {
      ++ever_registered;
      participating += participates ? 1 : 0;
      new_type += is_new_type ? 1 : 0;
    }
    if (!out) return;
    ++lifted_out;
    industry += has_benefit ? 1 : 0;
  }

  void CountTarget(const HouseholdMeasure& m, HouseholdClass household_class, unsigned role) {
    ++households;
    persons += m.persons;
    ++classes[static_cast<std::size_t>(household_class)];
    ++roles[role];
    benefit_yuan += m.benefit_yuan;
    if (!m.line.has_line()) return;
    ++lined;
    gap_yuan += m.gap_yuan;
    const double wanted = m.line.line_yuan * static_cast<double>(m.persons);
    const double gap0 = std::max(0.0, wanted - m.base_yuan);
    gap0_yuan += gap0;
    gap_closed_yuan += std::min(m.benefit_yuan, gap0);
  }

  std::int64_t WithRole(unsigned bit) const {
    std::int64_t count = 0;
    for (unsigned i = 0; i < roles.size(); ++i) count += (i >> bit & 1U) != 0 ? roles[i] : 0;
    return count;
  }
};

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_COVERAGE_TALLY_H_

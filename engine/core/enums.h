// The closed vocabularies of the domain. Each enum's value 0 is "not given"; the bare names that
// users write in CSV, filters and results ("HOUSEHOLD") are listed once, in enums.cc, in the order
// of the values; the API's enums carry the same names with a prefix. A name is accepted in upper
// case only: one way to write a thing.
#ifndef LIANJIE_ENGINE_CORE_ENUMS_H_
#define LIANJIE_ENGINE_CORE_ENUMS_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace lianjie {

enum class NodeKind : std::uint8_t {
  kUnspecified,
  kHousehold,
  kCooperative,
  kCollective,
  kFirm,
  kAgency,
  kLand,
  kFund
};
enum class Registration : std::uint8_t { kUnspecified, kGeneral, kRegisteredPoor, kLiftedOut };
enum class Monitoring : std::uint8_t {
  kUnspecified,
  kNone,
  kUnstableLiftedOut,
  kMarginal,
  kSuddenHardship
};
enum class Cause : std::uint8_t {
  kUnspecified,
  kIllness,
  kDisability,
  kSchooling,
  kDisaster,
  kLand,
  kWater,
  kTechnology,
  kLabour,
  kCapital,
  kTransport,
  kMotivation
};
enum class Sector : std::uint8_t { kUnspecified, kPrimary, kSecondary, kTertiary };
enum class Stage : std::uint8_t {
  kUnspecified,
  kInputs,
  kProduction,
  kProcessing,
  kCirculation,
  kServices,
  kTourism
};
enum class OperatingStatus : std::uint8_t { kUnspecified, kOperating, kDormant, kRevoked };
enum class Mechanism : std::uint8_t {
  kUnspecified,
  kOrder,
  kSupply,
  kConsumption,
  kPatronageRefund,
  kTrusteeship,
  kService,
  kEmployment,
  kLandTransfer,
  kReverseLease,
  kShareCooperation,
  kAssetReturn,
  kCollectiveDistribution,
  kEquity,
  kCredit,
  kInsurance,
  kGrant,
  kTransfer
};
enum class LinkKind : std::uint8_t { kUnspecified, kSupply, kBinding };
enum class ShareOf : std::uint8_t { kUnspecified, kReceipts, kSurplus };
enum class Priority : std::uint8_t { kUnspecified, kSenior, kResidual };
enum class Tightness : std::uint8_t { kUnspecified, kContract, kDividend, kEquity };
enum class Driver : std::uint8_t { kUnspecified, kMarket, kAdministrative, kSocial };
enum class LinkStatus : std::uint8_t { kUnspecified, kActive, kSuspended, kEnded };
// What a household is towards the payer; a property of the mechanism (DOMAIN section 2).
enum class Role : std::uint8_t { kUnspecified, kOperator, kWorker, kShareholder };

// The bare names of an enum, index = value; names[0] is empty.
template <typename E> std::span<const std::string_view> EnumNames();

// "HOUSEHOLD"; empty for kUnspecified.
template <typename E> std::string_view EnumName(E value) {
  const auto names = EnumNames<E>();
  const auto index = static_cast<std::size_t>(value);
  return index < names.size() ? names[index] : std::string_view();
}

// The value of a bare name; nothing for an unknown name and for the empty one. O(names).
template <typename E> std::optional<E> ParseEnum(std::string_view name) {
  const auto names = EnumNames<E>();
  for (std::size_t i = 1; i < names.size(); ++i) {
    if (names[i] == name) return static_cast<E>(i);
  }
  return std::nullopt;
}

template <> std::span<const std::string_view> EnumNames<NodeKind>();
template <> std::span<const std::string_view> EnumNames<Registration>();
template <> std::span<const std::string_view> EnumNames<Monitoring>();
template <> std::span<const std::string_view> EnumNames<Cause>();
template <> std::span<const std::string_view> EnumNames<Sector>();
template <> std::span<const std::string_view> EnumNames<Stage>();
template <> std::span<const std::string_view> EnumNames<OperatingStatus>();
template <> std::span<const std::string_view> EnumNames<Mechanism>();
template <> std::span<const std::string_view> EnumNames<LinkKind>();
template <> std::span<const std::string_view> EnumNames<ShareOf>();
template <> std::span<const std::string_view> EnumNames<Priority>();
template <> std::span<const std::string_view> EnumNames<Tightness>();
template <> std::span<const std::string_view> EnumNames<Driver>();
template <> std::span<const std::string_view> EnumNames<LinkStatus>();
template <> std::span<const std::string_view> EnumNames<Role>();

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_CORE_ENUMS_H_

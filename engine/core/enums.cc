#include "engine/core/enums.h"

#include <array>

namespace lianjie {
namespace {

using Names = std::string_view;

constexpr std::array<Names, 8> kNodeKinds = {"",     "HOUSEHOLD", "COOPERATIVE", "COLLECTIVE",
                                             "FIRM", "AGENCY",    "LAND",        "FUND"};
constexpr std::array<Names, 4> kRegistrations = {"", "GENERAL", "REGISTERED_POOR", "LIFTED_OUT"};
constexpr std::array<Names, 5> kMonitorings = {"", "NONE", "UNSTABLE_LIFTED_OUT", "MARGINAL",
                                               "SUDDEN_HARDSHIP"};
constexpr std::array<Names, 12> kCauses = {"",         "ILLNESS", "DISABILITY", "SCHOOLING",
                                           "DISASTER", "LAND",    "WATER",      "TECHNOLOGY",
                                           "LABOUR",   "CAPITAL", "TRANSPORT",  "MOTIVATION"};
constexpr std::array<Names, 4> kSectors = {"", "PRIMARY", "SECONDARY", "TERTIARY"};
constexpr std::array<Names, 7> kStages = {
    "", "INPUTS", "PRODUCTION", "PROCESSING", "CIRCULATION", "SERVICES", "TOURISM"};
constexpr std::array<Names, 4> kOperatingStatuses = {"", "OPERATING", "DORMANT", "REVOKED"};
constexpr std::array<Names, 18> kMechanisms = {"",
                                               "ORDER",
                                               "SUPPLY",
                                               "CONSUMPTION",
                                               "PATRONAGE_REFUND",
                                               "TRUSTEESHIP",
                                               "SERVICE",
                                               "EMPLOYMENT",
                                               "LAND_TRANSFER",
                                               "REVERSE_LEASE",
                                               "SHARE_COOPERATION",
                                               "ASSET_RETURN",
                                               "COLLECTIVE_DISTRIBUTION",
                                               "EQUITY",
                                               "CREDIT",
                                               "INSURANCE",
                                               "GRANT",
                                               "TRANSFER"};
constexpr std::array<Names, 3> kLinkKinds = {"", "SUPPLY", "BINDING"};
constexpr std::array<Names, 3> kShareOfs = {"", "RECEIPTS", "SURPLUS"};
constexpr std::array<Names, 3> kPriorities = {"", "SENIOR", "RESIDUAL"};
constexpr std::array<Names, 4> kTightnesses = {"", "CONTRACT", "DIVIDEND", "EQUITY"};
constexpr std::array<Names, 4> kDrivers = {"", "MARKET", "ADMINISTRATIVE", "SOCIAL"};
constexpr std::array<Names, 4> kLinkStatuses = {"", "ACTIVE", "SUSPENDED", "ENDED"};
constexpr std::array<Names, 4> kRoles = {"", "OPERATOR", "WORKER", "SHAREHOLDER"};

}  // namespace

template <> std::span<const Names> EnumNames<NodeKind>() { return kNodeKinds; }
template <> std::span<const Names> EnumNames<Registration>() { return kRegistrations; }
template <> std::span<const Names> EnumNames<Monitoring>() { return kMonitorings; }
template <> std::span<const Names> EnumNames<Cause>() { return kCauses; }
template <> std::span<const Names> EnumNames<Sector>() { return kSectors; }
template <> std::span<const Names> EnumNames<Stage>() { return kStages; }
template <> std::span<const Names> EnumNames<OperatingStatus>() { return kOperatingStatuses; }
template <> std::span<const Names> EnumNames<Mechanism>() { return kMechanisms; }
template <> std::span<const Names> EnumNames<LinkKind>() { return kLinkKinds; }
template <> std::span<const Names> EnumNames<ShareOf>() { return kShareOfs; }
template <> std::span<const Names> EnumNames<Priority>() { return kPriorities; }
template <> std::span<const Names> EnumNames<Tightness>() { return kTightnesses; }
template <> std::span<const Names> EnumNames<Driver>() { return kDrivers; }
template <> std::span<const Names> EnumNames<LinkStatus>() { return kLinkStatuses; }
template <> std::span<const Names> EnumNames<Role>() { return kRoles; }

}  // namespace lianjie

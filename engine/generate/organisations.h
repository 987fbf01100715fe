// Who pays households in a synthetic county, and which of them each village deals with. As in
// reality a whole village shares the same few payers: one or two cooperatives, the leading
// enterprise that buys its product, a workshop, perhaps a land pool, a photovoltaic station, a
// collective; leading enterprises are drawn by a Zipf law, so a few of them serve dozens of
// villages.
#ifndef LIANJIE_ENGINE_GENERATE_ORGANISATIONS_H_
#define LIANJIE_ENGINE_GENERATE_ORGANISATIONS_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/date.h"
#include "engine/core/records.h"
#include "engine/generate/county_plan.h"

namespace lianjie {

// What an organisation or asset is in the county; its node kind, subtype, sector and stage follow.
enum class OrgType : std::uint8_t {
  kTownshipOffice,   // AGENCY: guidance and relief
  kLabourBureau,     // AGENCY: welfare jobs
  kRuralBureau,      // AGENCY: grants
  kPairedUnit,       // AGENCY: buys to help, from another province
  kLeading,          // FIRM: processes one product
  kProcessor,        // FIRM: second step of processing, closes cycles among firms
  kPlatform,         // FIRM: sells online
  kSupermarket,      // FIRM: the market
  kInputs,           // FIRM: seed, feed, fertiliser
  kBank,             // FIRM
  kInsurer,          // FIRM
  kServiceProvider,  // FIRM: farms land in trust
  kTourism,          // FIRM
  kPvOperator,       // FIRM: maintains photovoltaic stations
  kWorkshop,         // FIRM: employs near the home
  kFarm,             // FIRM: family farm
  kCooperative,      // COOPERATIVE
  kCollective,       // COLLECTIVE
  kLandPool,         // LAND
  kPvFund,           // FUND: a photovoltaic station
  kIndustryFund,     // FUND: poverty-alleviation money placed with a leading enterprise
  kDeadEnd,          // COOPERATIVE that no money reaches
  kDeadEndFirm,      // FIRM that should buy from it, without revenue
  kDormant,          // COOPERATIVE that no longer operates
  kClosed,           // FIRM that closed at the end of 2021
  // Beyond the county, where it is one of many.
  kPlatformGroup,     // FIRM: sells online all over the nation
  kReinsurer,         // FIRM: insures the insurers
  kMinistry,          // AGENCY: grants to the provinces
  kLeader,            // FIRM: the province's leading enterprise, buys from those of counties
  kInputsMaker,       // FIRM: fertiliser and seed for the dealers of a province
  kProvincialBank,    // FIRM: lends to the counties' banks
  kProvincialFund,    // FUND: places money with the province's leading enterprises
  kProvincialAgency,  // AGENCY
  kWholesale,         // FIRM: a prefecture's market
  kPark,              // FIRM: a prefecture's industrial park, hires from its counties
  kPrefectureFund,    // FUND
};
inline constexpr std::size_t kOrgTypes = 36;
// Land pools, and funds but for photovoltaic stations: nothing of their own comes in.
bool IsConduit(OrgType type);

using OrgIndex = std::uint32_t;
inline constexpr OrgIndex kNoOrg = std::numeric_limits<OrgIndex>::max();

struct OrgTraits {
  std::string_view prefix;  // of ids
  std::string_view what;    // last part of the name
  NodeKind kind;
  std::string_view subtype;
  Sector sector;
  Stage stage;
  std::string_view industry;  // GB/T 4754-2017; empty where the product says it
  double leak_share;          // of receipts, to owners and suppliers outside the county
  double retain_share;        // of receipts, kept
};
const OrgTraits& TraitsOf(OrgType type);

struct Product {
  std::string_view name;
  std::string_view grown;      // GB/T 4754-2017 class of growing it
  std::string_view processed;  // and of processing it
};
inline constexpr std::size_t kProducts = 8;
const Product& ProductOf(std::size_t product);

inline constexpr std::size_t kNoVillage = std::numeric_limits<std::size_t>::max();

struct Organisation {
  OrgType type = OrgType::kCooperative;
  std::string id;
  std::size_t village =
      kNoVillage;  // where it sits; kNoVillage: at the county's or township's seat
  std::string region;
  std::string place;
  std::size_t product = 0;
  Date founded;
};

// An organisation beyond the county that deals with it, see partners.h.
struct Partner {
  Organisation organisation;
  std::int64_t receipts_yuan = 0;         // the base of its shares
  std::int64_t household_limit_yuan = 0;  // of a village it pays at most so much for each household
  std::uint32_t number = 0;               // among all organisations beyond counties
};

// The payers that a village's households deal with; kNoOrg where it has none.
struct VillageMenu {
  std::vector<OrgIndex> cooperatives;  // one or two, perhaps of a neighbouring village
  OrgIndex leading = kNoOrg;           // buys the product, leases land, employs
  OrgIndex second_leading = kNoOrg;
  OrgIndex workshop = kNoOrg;
  OrgIndex farm = kNoOrg;
  OrgIndex tourism = kNoOrg;
  OrgIndex collective = kNoOrg;  // about one village in eight has none
  OrgIndex land = kNoOrg;
  OrgIndex pv = kNoOrg;
};

struct TownshipMenu {
  OrgIndex office = kNoOrg;
  OrgIndex fund = kNoOrg;
  OrgIndex dead_end = kNoOrg;
  OrgIndex dormant = kNoOrg;
  OrgIndex closed = kNoOrg;
  OrgIndex service = kNoOrg;
  OrgIndex inputs = kNoOrg;
};

struct Organisations {
  std::vector<Organisation> all;  // the county's own, then its partners
  std::vector<Partner> partners;  // in the order in which they stand at the end of `all`
  std::vector<VillageMenu> villages;
  std::vector<TownshipMenu> townships;
  std::vector<std::vector<OrgIndex>> by_type{kOrgTypes};

  const std::vector<OrgIndex>& Of(OrgType type) const {
    return by_type[static_cast<std::size_t>(type)];
  }
  std::size_t own() const { return all.size() - partners.size(); }
};

// O(villages).
Organisations PlanOrganisations(const CountyPlan& plan, std::vector<Partner> partners = {});

// Free properties that generated nodes carry: where they come from, and a station's size.
inline constexpr char kProvenanceProperty[] = "provenance";
inline constexpr char kKilowattProperty[] = "kilowatts";
inline constexpr char kSyntheticLabel[] = "synthetic";

// What of the node does not depend on money: id, kind, names, region, classes, labels, and where it
// comes from.
NodeRecord DescribeOrganisation(const Organisation& organisation, std::string_view provenance);
// The county's, in its records.
std::string ProvenanceOf(const CountyPlan& plan);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_GENERATE_ORGANISATIONS_H_

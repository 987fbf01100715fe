#include "engine/core/enums.h"

#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lianjie {
namespace {

template <typename E> class EnumTest : public testing::Test {};

using Enums =
    testing::Types<NodeKind, Registration, Monitoring, Cause, Sector, Stage, OperatingStatus,
                   Mechanism, LinkKind, ShareOf, Priority, Tightness, Driver, LinkStatus, Role>;
TYPED_TEST_SUITE(EnumTest, Enums);

TYPED_TEST(EnumTest, NamesReadBackOnlyAsTheyAreWritten) {
  const auto names = EnumNames<TypeParam>();
  ASSERT_GE(names.size(), 2U);
  EXPECT_EQ(names[0], "");
  EXPECT_EQ(EnumName(TypeParam::kUnspecified), "");
  EXPECT_EQ(EnumName(static_cast<TypeParam>(names.size())), "");
  EXPECT_FALSE(ParseEnum<TypeParam>("").has_value());
  EXPECT_FALSE(ParseEnum<TypeParam>("no_such").has_value());
  std::set<std::string_view> unique;
  for (std::size_t i = 1; i < names.size(); ++i) {
    EXPECT_TRUE(unique.insert(names[i]).second) << names[i];
    EXPECT_THAT(std::string(names[i]), testing::MatchesRegex("[A-Z][A-Z_]*"));
    EXPECT_EQ(ParseEnum<TypeParam>(names[i]), static_cast<TypeParam>(i));
    EXPECT_EQ(EnumName(static_cast<TypeParam>(i)), names[i]);
  }
}

TEST(EnumNamesTest, LastValuesHaveTheirOwnNames) {
  EXPECT_EQ(EnumName(NodeKind::kFund), "FUND");
  EXPECT_EQ(EnumName(Registration::kLiftedOut), "LIFTED_OUT");
  EXPECT_EQ(EnumName(Monitoring::kSuddenHardship), "SUDDEN_HARDSHIP");
  EXPECT_EQ(EnumName(Cause::kMotivation), "MOTIVATION");
  EXPECT_EQ(EnumName(Sector::kTertiary), "TERTIARY");
  EXPECT_EQ(EnumName(Stage::kTourism), "TOURISM");
  EXPECT_EQ(EnumName(OperatingStatus::kRevoked), "REVOKED");
  EXPECT_EQ(EnumName(Mechanism::kTransfer), "TRANSFER");
  EXPECT_EQ(EnumName(LinkKind::kBinding), "BINDING");
  EXPECT_EQ(EnumName(ShareOf::kSurplus), "SURPLUS");
  EXPECT_EQ(EnumName(Priority::kResidual), "RESIDUAL");
  EXPECT_EQ(EnumName(Tightness::kEquity), "EQUITY");
  EXPECT_EQ(EnumName(Driver::kSocial), "SOCIAL");
  EXPECT_EQ(EnumName(LinkStatus::kEnded), "ENDED");
  EXPECT_EQ(EnumName(Role::kShareholder), "SHAREHOLDER");
}

}  // namespace
}  // namespace lianjie

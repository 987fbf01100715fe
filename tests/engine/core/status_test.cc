#include "engine/core/status.h"

#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "gtest/gtest.h"

namespace lianjie {
namespace {

TEST(ReasonTest, NamesAreUniqueAndReadBack) {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(Reason::kUnavailable); ++i) {
    const auto reason = static_cast<Reason>(i);
    EXPECT_TRUE(names.insert(ReasonName(reason)).second) << ReasonName(reason);
    EXPECT_EQ(ParseReason(ReasonName(reason)), reason);
  }
  EXPECT_FALSE(ParseReason("NO_SUCH_REASON").has_value());
  EXPECT_FALSE(ParseReason("").has_value());
}

TEST(ErrorTest, DetailsTravelInsideTheStatus) {
  const ErrorDetail detail = {
      .reason = Reason::kSharesExceedOne,
      .field = "links.share",
      .row = 41,
      .metadata = {{"payer", "合作社:1"}, {"sum", "1.2"}, {"", std::string("a\0b", 3)}}};
  const absl::Status status = MakeError(absl::StatusCode::kInvalidArgument, "too much", detail);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "too much");
  EXPECT_EQ(GetErrorDetail(status), detail);
}

TEST(ErrorTest, OthersHaveNone) {
  EXPECT_FALSE(GetErrorDetail(absl::OkStatus()).has_value());
  EXPECT_FALSE(GetErrorDetail(absl::InternalError("oops")).has_value());
}

TEST(ErrorTest, Shorthands) {
  const absl::Status invalid = InvalidField("persons", "is negative");
  EXPECT_EQ(invalid.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(invalid.message(), "persons: is negative");
  EXPECT_EQ(GetErrorDetail(invalid)->field, "persons");
  EXPECT_EQ(GetErrorDetail(invalid)->reason, Reason::kInvalidField);
  const absl::Status missing = NotFound(Reason::kNodeNotFound, "node", "H9");
  EXPECT_EQ(missing.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(missing.message(), "no node 'H9'");
  EXPECT_EQ(GetErrorDetail(missing)->metadata.at("node"), "H9");
}

TEST(ErrorTest, RowAndPrefixAreAdded) {
  const absl::Status status =
      WithRow(WithFieldPrefix(InvalidField("id", "is required"), "nodes"), 7);
  EXPECT_EQ(GetErrorDetail(status)->field, "nodes.id");
  EXPECT_EQ(GetErrorDetail(status)->row, 7);
  EXPECT_EQ(GetErrorDetail(WithFieldPrefix(absl::InternalError("x"), "nodes"))->field, "nodes");
  EXPECT_TRUE(WithRow(absl::OkStatus(), 7).ok());
  EXPECT_TRUE(WithFieldPrefix(absl::OkStatus(), "x").ok());
}

absl::StatusOr<int> Half(int n) {
  if (n % 2 != 0) return InvalidField("n", "is odd");
  return n / 2;
}

absl::StatusOr<int> Quarter(int n) {
  LIANJIE_ASSIGN_OR_RETURN(const int half, Half(n));
  LIANJIE_RETURN_IF_ERROR(Half(half).status());
  return half / 2;
}

TEST(MacroTest, ReturnTheFirstError) {
  EXPECT_EQ(*Quarter(12), 3);
  EXPECT_FALSE(Quarter(3).ok());
  EXPECT_FALSE(Quarter(6).ok());
}

}  // namespace
}  // namespace lianjie

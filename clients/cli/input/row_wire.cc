#include "clients/cli/input/row_wire.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstring>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lianjie::cli {
namespace {

// The most that a record's fields can take beside its texts, and what stands around a text.
constexpr std::size_t kFieldsBytes = 512;
constexpr std::size_t kAroundText = 16;

using Properties = std::map<std::string, std::string>;

template <typename... Texts> std::size_t TextsBytes(const Texts&... texts) {
  return ((texts.size() + kAroundText) + ...);
}

std::size_t PropertiesBytes(const Properties& properties) {
  std::size_t bytes = 0;
  for (const auto& [name, value] : properties) bytes += TextsBytes(name, value);
  return bytes;
}

std::int32_t ToInt32(std::int64_t value) {
  using Limits = std::numeric_limits<std::int32_t>;
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(value, Limits::min(), Limits::max()));
}

// Fields one after another, in the order of their numbers. What is not there (an empty text, 0 of
// an enumeration or of a field without presence, no value) is not written.
class RowOut {
 public:
  explicit RowOut(char* at) : at_(at) {}
  char* end() const { return at_; }

  void Text(std::uint32_t field, std::string_view text) {
    if (!text.empty()) Bytes(field, text);
  }
  // Also when it is empty: of a repeated field.
  void Bytes(std::uint32_t field, std::string_view bytes) {
    Tag(field, kBytes);
    at_ = WriteVarint(bytes.size(), at_);
    std::memcpy(at_, bytes.data(), bytes.size());
    at_ += bytes.size();
  }
  template <typename E> void Enum(std::uint32_t field, E value) {
    if (value == E::kUnspecified) return;
    Tag(field, kVarint);
    at_ = WriteVarint(static_cast<std::uint32_t>(value), at_);
  }
  void Number(std::uint32_t field, const std::optional<double>& value) {
    if (!value.has_value()) return;
    Tag(field, kFixed64);
    static_assert(std::endian::native == std::endian::little);
    std::memcpy(at_, &*value, sizeof(double));
    at_ += sizeof(double);
  }
  // Without presence: 0, but not -0, is no value.
  void PlainNumber(std::uint32_t field, double value) {
    if (std::bit_cast<std::uint64_t>(value) != 0) Number(field, value);
  }
  void Integer(std::uint32_t field, const std::optional<std::int64_t>& value) {
    if (!value.has_value()) return;
    Tag(field, kVarint);
    at_ = WriteVarint(static_cast<std::uint64_t>(std::int64_t{ToInt32(*value)}), at_);
  }
  void PlainInteger(std::uint32_t field, std::int64_t value) {
    if (value != 0) Integer(field, value);
  }
  // A google.type.Date, unless the end is open.
  void Day(std::uint32_t field, Date date, Date open) {
    if (date == open) return;
    const std::chrono::year_month_day civil{std::chrono::sys_days{std::chrono::days{date.days}}};
    Tag(field, kBytes);
    char* const size = at_++;
    PlainInteger(1, static_cast<int>(civil.year()));
    PlainInteger(2, static_cast<unsigned>(civil.month()));
    PlainInteger(3, static_cast<unsigned>(civil.day()));
    *size = static_cast<char>(at_ - size - 1);  // at most three fields: one byte says it
  }
  void Causes(std::uint32_t field, const std::vector<Cause>& causes) {
    if (causes.empty()) return;
    Tag(field, kBytes);
    at_ = WriteVarint(causes.size(), at_);  // each below 128, so a byte
    for (const Cause cause : causes) *at_++ = static_cast<char>(cause);
  }
  void Map(std::uint32_t field, const Properties& properties) {
    for (const auto& [name, value] : properties) {
      Tag(field, kBytes);
      at_ = WriteVarint(
          2 + VarintBytes(name.size()) + name.size() + VarintBytes(value.size()) + value.size(),
          at_);
      Bytes(1, name);
      Bytes(2, value);
    }
  }

 private:
  enum WireType : std::uint32_t { kVarint = 0, kFixed64 = 1, kBytes = 2 };

  void Tag(std::uint32_t field, WireType type) { at_ = WriteVarint(field << 3U | type, at_); }

  char* at_;
};

}  // namespace

std::size_t MostBytes(const NodeRecord& node) {
  std::size_t bytes = TextsBytes(node.id, node.subtype, node.name, node.region, node.industry);
  for (const std::string& label : node.labels) bytes += TextsBytes(label);
  return kFieldsBytes + bytes + node.causes.size() + PropertiesBytes(node.properties);
}

std::size_t MostBytes(const LinkRecord& link) {
  return kFieldsBytes +
         TextsBytes(link.id, link.agreement, link.source, link.target, link.policy, link.product) +
         PropertiesBytes(link.properties);
}

std::size_t MostBytes(const RegionRecord& region) {
  return kFieldsBytes + TextsBytes(region.code, region.parent, region.name);
}

std::size_t MostBytes(const LineRecord& line) { return kFieldsBytes + TextsBytes(line.region); }

char* WriteRow(const NodeRecord& node, char* at) {
  RowOut out(at);
  out.Text(1, node.id);
  out.Enum(2, node.kind);
  out.Text(3, node.subtype);
  out.Text(4, node.name);
  out.Text(5, node.region);
  out.Enum(6, node.sector);
  out.Text(7, node.industry);
  out.Enum(8, node.stage);
  out.Enum(9, node.registration);
  out.Enum(10, node.monitoring);
  out.Integer(11, node.lifted_out_year);
  out.Integer(12, node.persons);
  out.Integer(13, node.labour_skilled);
  out.Integer(14, node.labour_ordinary);
  out.Integer(15, node.labour_weak);
  out.Causes(16, node.causes);
  out.Integer(17, node.income_year);
  out.Number(18, node.income_wage_yuan);
  out.Number(19, node.income_operating_yuan);
  out.Number(20, node.income_property_yuan);
  out.Number(21, node.income_transfer_yuan);
  out.Number(22, node.land_mu);
  out.Number(23, node.capacity_jobs);
  out.Number(24, node.capacity_tonnes);
  out.Number(25, node.capacity_mu);
  out.Number(26, node.revenue_yuan);
  out.Number(27, node.equity_yuan);
  out.Enum(28, node.operating_status);
  out.Number(29, node.outside_revenue_yuan);
  out.PlainNumber(30, node.leak_share.value_or(0));
  out.Day(31, node.valid.from, kDateMin);
  out.Day(32, node.valid.to, kDateMax);
  for (const std::string& label : node.labels) out.Bytes(33, label);
  out.Map(34, node.properties);
  return out.end();
}

char* WriteRow(const LinkRecord& link, char* at) {
  RowOut out(at);
  out.Text(1, link.id);
  out.Text(2, link.agreement);
  out.Text(3, link.source);
  out.Text(4, link.target);
  out.Enum(5, link.mechanism);
  out.Enum(6, link.kind);
  out.Number(7, link.promised_yuan);
  out.Number(8, link.paid_yuan);
  out.Number(9, link.share);
  out.Enum(10, link.share_of);
  out.Number(11, link.capacity);
  out.Enum(12, link.priority);
  out.Enum(13, link.tightness);
  out.Enum(14, link.driver);
  out.Text(15, link.policy);
  out.Number(16, link.weight);
  out.Day(17, link.valid.from, kDateMin);
  out.Day(18, link.valid.to, kDateMax);
  out.Enum(19, link.status);
  out.Text(20, link.product);
  out.Enum(21, link.sector);
  out.Map(22, link.properties);
  return out.end();
}

char* WriteRow(const RegionRecord& region, char* at) {
  RowOut out(at);
  out.Text(1, region.code);
  out.Text(2, region.parent);
  out.Text(3, region.name);
  out.PlainInteger(4, region.level);
  return out.end();
}

char* WriteRow(const LineRecord& line, char* at) {
  RowOut out(at);
  out.Text(1, line.region);
  out.PlainInteger(2, line.year);
  out.Number(3, line.line_yuan);
  out.Number(4, line.minimum_benefit_yuan);
  return out.end();
}

}  // namespace lianjie::cli

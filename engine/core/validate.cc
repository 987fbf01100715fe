// The ranges that a single record must keep (see rules.h). One small checker collects the first
// fault, so that each record type reads as a list of its fields.
#include <cmath>
#include <concepts>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "engine/core/ids.h"
#include "engine/core/printable.h"
#include "engine/core/rules.h"
#include "engine/core/status.h"
#include "engine/core/text.h"

namespace lianjie {
namespace {

// Of every field the good case is looked at in place; what is not good goes to a Refuse, out of the
// way, which says why, and only the first counts.
class Checker {
 public:
  absl::Status Finish() && { return std::move(status_); }

  // A string of the user's that names a thing: no control characters, at most kMaxIdBytes.
  void Id(std::string_view field, std::string_view id, bool required) {
    const bool good = !id.empty() && id.size() <= kMaxIdBytes && IsPrintableAscii(id);
    if (!good && (required || !id.empty())) RefuseId(field, id);
  }

  void Text(std::string_view field, std::string_view text) {
    if (text.size() > kMaxTextBytes || !IsPrintableAscii(text)) RefuseText(field, text);
  }

  void Finite(std::string_view field, const std::optional<double>& value) {
    if (value.has_value() && !std::isfinite(*value)) RefuseFinite(field, *value);
  }

  void NotNegative(std::string_view field, const std::optional<double>& value) {
    if (value.has_value() && !(*value >= 0 && std::isfinite(*value))) {
      RefuseFinite(field, *value);
      Fail(field, [&] { return Cat(*value, " is negative"); });
    }
  }

  void Share(std::string_view field, const std::optional<double>& value) {
    if (value.has_value() && !(*value >= 0 && *value <= 1)) {
      RefuseFinite(field, *value);
      Fail(field, [&] { return Cat(*value, " is not between 0 and 1"); });
    }
  }

  void Count(std::string_view field, const std::optional<std::int64_t>& value) {
    constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
    if (value.has_value() && (*value < 0 || *value > kMost)) {
      Fail(field,
           [&] { return Cat(*value, *value < 0 ? " is negative" : " is more than 2147483647"); });
    }
  }

  void Year(std::string_view field, const std::optional<std::int64_t>& value) {
    if (value.has_value() && (*value < 1 || *value > 9999)) {
      Fail(field, [&] { return Cat(*value, " is not a year from 1 to 9999"); });
    }
  }

  template <typename E> void Enum(std::string_view field, E value) {
    static const std::size_t size = EnumNames<E>().size();
    if (static_cast<std::size_t>(value) >= size) {
      Fail(field, [&] { return Cat(static_cast<int>(value), " is not one of its values"); });
    }
  }

  void Dates(const Interval& valid) {
    if (valid.Empty()) RefuseDates(valid);
  }

  void Properties(const std::map<std::string, std::string>& properties) {
    for (const auto& [name, value] : properties) {
      if (!status_.ok()) return;
      if (name.empty())
        return Fail("properties", "a free property has no name", Reason::kMissingField);
      Id("properties", name, true);
      Text("properties", value);
    }
  }

  void Labels(const std::vector<std::string>& labels) {
    for (const std::string& label : labels) {
      if (!status_.ok()) return;
      if (label.find(';') != std::string::npos)
        return Fail("labels", Cat("'", label, "' has a ';', which parts labels"));
      Id("labels", label, true);
    }
  }

  void Fail(std::string_view field, std::string_view message,
            Reason reason = Reason::kInvalidField) {
    if (status_.ok()) status_ = InvalidField(field, message, reason);
  }

  bool ok() const { return status_.ok(); }

 private:
  template <std::invocable Message>
  [[gnu::cold, gnu::noinline]] void Fail(std::string_view field, Message message) {
    if (status_.ok()) Fail(field, message());
  }

  // Fails unless it is good after all: longer to look at.
  [[gnu::noinline]] void RefuseId(std::string_view field, std::string_view id) {
    if (!status_.ok()) return;
    if (id.empty()) return Fail(field, "is required", Reason::kMissingField);
    if (id.size() > kMaxIdBytes)
      return Fail(field, Cat("has ", id.size(), " bytes; an id has at most ", kMaxIdBytes));
    for (const char c : id) {
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
        return Fail(field, "has a control character");
    }
    Utf8(field, id);
  }

  [[gnu::noinline]] void RefuseText(std::string_view field, std::string_view text) {
    if (!status_.ok()) return;
    if (text.size() > kMaxTextBytes) {
      return Fail(field, Cat("has ", text.size(), " bytes; a text has at most ", kMaxTextBytes));
    }
    Utf8(field, text);
  }

  [[gnu::cold, gnu::noinline]] void RefuseFinite(std::string_view field, double value) {
    if (!std::isfinite(value)) Fail(field, Cat(value, " is not a finite number"));
  }

  [[gnu::cold, gnu::noinline]] void RefuseDates(const Interval& valid) {
    if (!status_.ok()) return;
    status_ = MakeError(
        absl::StatusCode::kInvalidArgument,
        Cat("valid_to: ", valid.to.ToString(), " is not after valid_from ", valid.from.ToString(),
            ": valid means valid_from <= day < valid_to"),
        {.reason = Reason::kDatesOutOfOrder,
         .field = "valid_to",
         .row = {},
         .metadata = {{"valid_from", valid.from.ToString()}, {"valid_to", valid.to.ToString()}}});
  }

  void Utf8(std::string_view field, std::string_view text) {
    if (!IsValidUtf8(text)) Fail(field, "is not valid UTF-8");
  }

  absl::Status status_;
};

void CheckHousehold(const NodeRecord& node, Checker& check) {
  check.Enum("registration", node.registration);
  check.Enum("monitoring", node.monitoring);
  check.Year("lifted_out_year", node.lifted_out_year);
  check.Count("persons", node.persons);
  check.Count("labour_skilled", node.labour_skilled);
  check.Count("labour_ordinary", node.labour_ordinary);
  check.Count("labour_weak", node.labour_weak);
  for (const Cause cause : node.causes) check.Enum("causes", cause);
  check.Year("income_year", node.income_year);
  check.NotNegative("income_wage_yuan", node.income_wage_yuan);
  check.Finite("income_operating_yuan", node.income_operating_yuan);  // a bad year
  check.NotNegative("income_property_yuan", node.income_property_yuan);
  check.NotNegative("income_transfer_yuan", node.income_transfer_yuan);
  check.NotNegative("land_mu", node.land_mu);
}

}  // namespace

absl::Status Validate(const NodeRecord& node) {
  Checker check;
  check.Id("id", node.id, true);
  check.Enum("kind", node.kind);
  check.Text("subtype", node.subtype);
  check.Text("name", node.name);
  check.Id("region", node.region, false);
  check.Enum("sector", node.sector);
  check.Text("industry", node.industry);
  check.Enum("stage", node.stage);
  CheckHousehold(node, check);
  check.NotNegative("capacity_jobs", node.capacity_jobs);
  check.NotNegative("capacity_tonnes", node.capacity_tonnes);
  check.NotNegative("capacity_mu", node.capacity_mu);
  check.NotNegative("revenue_yuan", node.revenue_yuan);
  check.Finite("equity_yuan", node.equity_yuan);  // debts may exceed what is owned
  check.Enum("operating_status", node.operating_status);
  check.Finite("outside_revenue_yuan",
               node.outside_revenue_yuan);  // input-output tables inject with a sign
  check.Share("leak_share", node.leak_share);
  check.Dates(node.valid);
  check.Labels(node.labels);
  check.Properties(node.properties);
  return std::move(check).Finish();
}

absl::Status Validate(const LinkRecord& link) {
  Checker check;
  check.Id("id", link.id, false);
  check.Id("agreement", link.agreement, false);
  check.Id("source", link.source, true);
  check.Id("target", link.target, true);
  check.Enum("mechanism", link.mechanism);
  check.Enum("kind", link.kind);
  if (check.ok() && link.kind != LinkKind::kUnspecified && link.kind != KindOf(link.mechanism)) {
    return MakeError(
        absl::StatusCode::kInvalidArgument,
        Cat("kind: ", EnumName(link.kind), " contradicts mechanism ", EnumName(link.mechanism),
            ", whose links are of kind ", EnumName(KindOf(link.mechanism))),
        {.reason = Reason::kKindContradictsMechanism,
         .field = "kind",
         .row = {},
         .metadata = {{"kind", std::string(EnumName(link.kind))},
                      {"mechanism", std::string(EnumName(link.mechanism))}}});
  }
  check.NotNegative("promised_yuan", link.promised_yuan);
  check.NotNegative("paid_yuan", link.paid_yuan);
  check.Share("share", link.share);
  check.Enum("share_of", link.share_of);
  check.NotNegative("capacity", link.capacity);
  check.Enum("priority", link.priority);
  check.Enum("tightness", link.tightness);
  check.Enum("driver", link.driver);
  check.Text("policy", link.policy);
  check.Finite("weight", link.weight);
  check.Dates(link.valid);
  check.Enum("status", link.status);
  check.Text("product", link.product);
  check.Enum("sector", link.sector);
  check.Properties(link.properties);
  return std::move(check).Finish();
}

absl::Status Validate(const RegionRecord& region) {
  Checker check;
  check.Id("code", region.code, true);
  check.Id("parent", region.parent, false);
  check.Text("name", region.name);
  if (region.level < 0 || region.level > kMaxRegionLevel) {
    check.Fail("level", Cat(region.level, " is not a level from 0 to ", kMaxRegionLevel));
  }
  if (region.parent == region.code) {
    check.Fail("parent", Cat("region '", region.code, "' is its own parent"),
               Reason::kRegionTreeInvalid);
  }
  return std::move(check).Finish();
}

absl::Status Validate(const LineRecord& line) {
  Checker check;
  check.Id("region", line.region, false);
  check.Year("year", line.year);
  check.NotNegative("line_yuan", line.line_yuan);
  check.NotNegative("minimum_benefit_yuan", line.minimum_benefit_yuan);
  if (!line.line_yuan.has_value() && !line.minimum_benefit_yuan.has_value()) {
    check.Fail("line_yuan", "is required where minimum_benefit_yuan is not given",
               Reason::kMissingField);
  }
  return std::move(check).Finish();
}

}  // namespace lianjie

#include "engine/core/fields.h"

#include <algorithm>
#include <array>
#include <optional>
#include <type_traits>
#include <utility>

#include "engine/core/csv_writer.h"
#include "engine/core/status.h"
#include "engine/core/text.h"

namespace lianjie {
namespace {

template <typename> inline constexpr bool kIsOptionalNumber = false;
template <> inline constexpr bool kIsOptionalNumber<std::optional<double>> = true;

absl::Status SetNumber(std::string_view name, std::string_view text, std::optional<double>& out) {
  if (text.empty()) {
    out.reset();
    return absl::OkStatus();
  }
  out = ParseDouble(text);
  if (out.has_value()) return absl::OkStatus();
  const std::string shown(text.substr(0, 60));
  if (text.find(',') != std::string_view::npos) {
    return InvalidField(
        name, Cat("'", shown,
                  "' has a comma: write numbers without thousands marks, with a decimal point"));
  }
  return InvalidField(name, Cat("'", shown, "' is not a finite decimal number"));
}

absl::Status SetInteger(std::string_view name, std::string_view text,
                        std::optional<std::int64_t>& out) {
  if (text.empty()) {
    out.reset();
    return absl::OkStatus();
  }
  out = ParseInt64(text);
  if (out.has_value()) return absl::OkStatus();
  return InvalidField(name, Cat("'", text.substr(0, 60), "' is not a whole number"));
}

template <typename E> absl::Status SetEnum(std::string_view name, std::string_view text, E& out) {
  if (text.empty()) {
    out = E::kUnspecified;
    return absl::OkStatus();
  }
  if (const std::optional<E> value = ParseEnum<E>(text)) {
    out = *value;
    return absl::OkStatus();
  }
  const auto names = EnumNames<E>().subspan(1);
  std::string message = Cat("'", text.substr(0, 60), "' is not one of ");
  for (std::size_t i = 0; i < names.size(); ++i) message += Cat(i == 0 ? "" : ", ", names[i]);
  if (const std::string_view near = Nearest(ToUpper(text), names); !near.empty()) {
    message += Cat("; did you mean ", near, "?");
  }
  return InvalidField(name, message);
}

absl::Status SetDate(std::string_view name, std::string_view text, Date unbounded, Date& out) {
  if (text.empty()) {
    out = unbounded;
    return absl::OkStatus();
  }
  const absl::StatusOr<Date> date = Date::Parse(text);
  if (!date.ok()) return InvalidField(name, FromAbsl(date.status().message()));
  out = *date;
  return absl::OkStatus();
}

// How one member is read, written and copied, by its type. `kName` is the address of a string_view
// constant.
template <auto kMember, const std::string_view& kName> struct Access;

template <typename Record, typename T, T Record::*kMember, const std::string_view& kName>
struct Access<kMember, kName> {
  static absl::Status Set(Record& record, std::string_view text) {
    T& out = record.*kMember;
    if constexpr (std::is_same_v<T, std::string>) {
      out = text;
      return absl::OkStatus();
    } else if constexpr (kIsOptionalNumber<T>) {
      return SetNumber(kName, text, out);
    } else if constexpr (std::is_same_v<T, std::optional<std::int64_t>>) {
      return SetInteger(kName, text, out);
    } else if constexpr (std::is_same_v<T, std::int64_t>) {
      std::optional<std::int64_t> value;
      if (absl::Status status = SetInteger(kName, text, value); !status.ok()) return status;
      if (!value.has_value()) return InvalidField(kName, "is required", Reason::kMissingField);
      out = *value;
      return absl::OkStatus();
    } else if constexpr (std::is_enum_v<T>) {
      return SetEnum<T>(kName, text, out);
    } else {
      out.clear();
      for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find(';', begin), text.size());
        const std::string_view part = Trim(text.substr(begin, end - begin));
        begin = end + 1;
        if (part.empty()) continue;
        if constexpr (std::is_same_v<T, std::vector<std::string>>) {
          out.emplace_back(part);
        } else {
          typename T::value_type value{};
          if (absl::Status status = SetEnum(kName, part, value); !status.ok()) return status;
          out.push_back(value);
        }
      }
      return absl::OkStatus();
    }
  }

  static FieldValue Get(const Record& record) {
    const T& in = record.*kMember;
    if constexpr (std::is_same_v<T, std::string>) {
      if (in.empty()) return {};
      return in;
    } else if constexpr (kIsOptionalNumber<T> || std::is_same_v<T, std::optional<std::int64_t>>) {
      if (!in.has_value()) return {};
      return *in;
    } else if constexpr (std::is_same_v<T, std::int64_t>) {
      return in;
    } else if constexpr (std::is_enum_v<T>) {
      if (in == T::kUnspecified) return {};
      return std::string(EnumName(in));
    } else {
      if (in.empty()) return {};
      std::vector<std::string> out;
      out.reserve(in.size());
      for (const auto& item : in) {
        if constexpr (std::is_same_v<T, std::vector<std::string>>) {
          out.push_back(item);
        } else {
          out.emplace_back(EnumName(item));
        }
      }
      return out;
    }
  }

  static void Append(const Record& record, std::string& out) {
    const T& in = record.*kMember;
    if constexpr (std::is_same_v<T, std::string>) {
      AppendCsvCell(out, in);
    } else if constexpr (kIsOptionalNumber<T>) {
      if (in.has_value()) AppendDouble(out, *in);
    } else if constexpr (std::is_same_v<T, std::optional<std::int64_t>>) {
      if (in.has_value()) AppendInteger(out, *in);
    } else if constexpr (std::is_same_v<T, std::int64_t>) {
      AppendInteger(out, in);
    } else if constexpr (std::is_enum_v<T>) {
      out += EnumName(in);
    } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
      if (in.size() == 1) return AppendCsvCell(out, in.front());
      AppendCsvCell(out, FormatFieldValue(Get(record)));
    } else {
      for (std::size_t i = 0; i < in.size(); ++i) {
        if (i > 0) out += ';';
        out += EnumName(in[i]);
      }
    }
  }

  static void Copy(Record& to, const Record& from) { to.*kMember = from.*kMember; }

  static constexpr FieldType Type() {
    if constexpr (std::is_same_v<T, std::string>) {
      return FieldType::kString;
    } else if constexpr (kIsOptionalNumber<T>) {
      return FieldType::kNumber;
    } else if constexpr (std::is_same_v<T, std::optional<std::int64_t>> ||
                         std::is_same_v<T, std::int64_t>) {
      return FieldType::kInteger;
    } else if constexpr (std::is_enum_v<T>) {
      return FieldType::kEnum;
    } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
      return FieldType::kStringList;
    } else {
      return FieldType::kEnumList;
    }
  }

  static constexpr FieldSpec<Record> Spec() { return {kName, Type(), &Set, &Get, &Append, &Copy}; }
};

constexpr std::string_view kValidFrom = "valid_from";
constexpr std::string_view kValidTo = "valid_to";

template <typename Record> constexpr FieldSpec<Record> ValidFrom() {
  return {kValidFrom,
          FieldType::kDate,
          [](Record& r, std::string_view text) {
            return SetDate(kValidFrom, text, kDateMin, r.valid.from);
          },
          [](const Record& r) {
            return r.valid.from == kDateMin ? FieldValue() : FieldValue(r.valid.from);
          },
          [](const Record& r, std::string& out) {
            if (r.valid.from != kDateMin) r.valid.from.AppendTo(out);
          },
          [](Record& to, const Record& from) { to.valid.from = from.valid.from; }};
}

template <typename Record> constexpr FieldSpec<Record> ValidTo() {
  return {kValidTo,
          FieldType::kDate,
          [](Record& r, std::string_view text) {
            return SetDate(kValidTo, text, kDateMax, r.valid.to);
          },
          [](const Record& r) {
            return r.valid.to == kDateMax ? FieldValue() : FieldValue(r.valid.to);
          },
          [](const Record& r, std::string& out) {
            if (r.valid.to != kDateMax) r.valid.to.AppendTo(out);
          },
          [](Record& to, const Record& from) { to.valid.to = from.valid.to; }};
}

// A field's name is its member's name: the macro keeps the two from drifting apart.
#define LIANJIE_NAME(field) constexpr std::string_view kName_##field = #field
#define LIANJIE_FIELD(record, field) Access<&record::field, kName_##field>::Spec()

LIANJIE_NAME(id);
LIANJIE_NAME(kind);
LIANJIE_NAME(subtype);
LIANJIE_NAME(name);
LIANJIE_NAME(region);
LIANJIE_NAME(sector);
LIANJIE_NAME(industry);
LIANJIE_NAME(stage);
LIANJIE_NAME(registration);
LIANJIE_NAME(monitoring);
LIANJIE_NAME(lifted_out_year);
LIANJIE_NAME(persons);
LIANJIE_NAME(labour_skilled);
LIANJIE_NAME(labour_ordinary);
LIANJIE_NAME(labour_weak);
LIANJIE_NAME(causes);
LIANJIE_NAME(income_year);
LIANJIE_NAME(income_wage_yuan);
LIANJIE_NAME(income_operating_yuan);
LIANJIE_NAME(income_property_yuan);
LIANJIE_NAME(income_transfer_yuan);
LIANJIE_NAME(land_mu);
LIANJIE_NAME(capacity_jobs);
LIANJIE_NAME(capacity_tonnes);
LIANJIE_NAME(capacity_mu);
LIANJIE_NAME(revenue_yuan);
LIANJIE_NAME(equity_yuan);
LIANJIE_NAME(operating_status);
LIANJIE_NAME(outside_revenue_yuan);
LIANJIE_NAME(leak_share);
LIANJIE_NAME(labels);
LIANJIE_NAME(agreement);
LIANJIE_NAME(source);
LIANJIE_NAME(target);
LIANJIE_NAME(mechanism);
LIANJIE_NAME(promised_yuan);
LIANJIE_NAME(paid_yuan);
LIANJIE_NAME(share);
LIANJIE_NAME(share_of);
LIANJIE_NAME(capacity);
LIANJIE_NAME(priority);
LIANJIE_NAME(tightness);
LIANJIE_NAME(driver);
LIANJIE_NAME(policy);
LIANJIE_NAME(weight);
LIANJIE_NAME(status);
LIANJIE_NAME(product);
LIANJIE_NAME(code);
LIANJIE_NAME(parent);
LIANJIE_NAME(level);
LIANJIE_NAME(year);
LIANJIE_NAME(line_yuan);
LIANJIE_NAME(minimum_benefit_yuan);

constexpr std::array kNodeFields = {
    LIANJIE_FIELD(NodeRecord, id),
    LIANJIE_FIELD(NodeRecord, kind),
    LIANJIE_FIELD(NodeRecord, subtype),
    LIANJIE_FIELD(NodeRecord, name),
    LIANJIE_FIELD(NodeRecord, region),
    LIANJIE_FIELD(NodeRecord, sector),
    LIANJIE_FIELD(NodeRecord, industry),
    LIANJIE_FIELD(NodeRecord, stage),
    LIANJIE_FIELD(NodeRecord, registration),
    LIANJIE_FIELD(NodeRecord, monitoring),
    LIANJIE_FIELD(NodeRecord, lifted_out_year),
    LIANJIE_FIELD(NodeRecord, persons),
    LIANJIE_FIELD(NodeRecord, labour_skilled),
    LIANJIE_FIELD(NodeRecord, labour_ordinary),
    LIANJIE_FIELD(NodeRecord, labour_weak),
    LIANJIE_FIELD(NodeRecord, causes),
    LIANJIE_FIELD(NodeRecord, income_year),
    LIANJIE_FIELD(NodeRecord, income_wage_yuan),
    LIANJIE_FIELD(NodeRecord, income_operating_yuan),
    LIANJIE_FIELD(NodeRecord, income_property_yuan),
    LIANJIE_FIELD(NodeRecord, income_transfer_yuan),
    LIANJIE_FIELD(NodeRecord, land_mu),
    LIANJIE_FIELD(NodeRecord, capacity_jobs),
    LIANJIE_FIELD(NodeRecord, capacity_tonnes),
    LIANJIE_FIELD(NodeRecord, capacity_mu),
    LIANJIE_FIELD(NodeRecord, revenue_yuan),
    LIANJIE_FIELD(NodeRecord, equity_yuan),
    LIANJIE_FIELD(NodeRecord, operating_status),
    LIANJIE_FIELD(NodeRecord, outside_revenue_yuan),
    LIANJIE_FIELD(NodeRecord, leak_share),
    ValidFrom<NodeRecord>(),
    ValidTo<NodeRecord>(),
    LIANJIE_FIELD(NodeRecord, labels),
};

constexpr std::array kLinkFields = {
    LIANJIE_FIELD(LinkRecord, id),
    LIANJIE_FIELD(LinkRecord, agreement),
    LIANJIE_FIELD(LinkRecord, source),
    LIANJIE_FIELD(LinkRecord, target),
    LIANJIE_FIELD(LinkRecord, mechanism),
    LIANJIE_FIELD(LinkRecord, kind),
    LIANJIE_FIELD(LinkRecord, promised_yuan),
    LIANJIE_FIELD(LinkRecord, paid_yuan),
    LIANJIE_FIELD(LinkRecord, share),
    LIANJIE_FIELD(LinkRecord, share_of),
    LIANJIE_FIELD(LinkRecord, capacity),
    LIANJIE_FIELD(LinkRecord, priority),
    LIANJIE_FIELD(LinkRecord, tightness),
    LIANJIE_FIELD(LinkRecord, driver),
    LIANJIE_FIELD(LinkRecord, policy),
    LIANJIE_FIELD(LinkRecord, weight),
    ValidFrom<LinkRecord>(),
    ValidTo<LinkRecord>(),
    LIANJIE_FIELD(LinkRecord, status),
    LIANJIE_FIELD(LinkRecord, product),
    LIANJIE_FIELD(LinkRecord, sector),
};

constexpr std::array kRegionFields = {
    LIANJIE_FIELD(RegionRecord, code),
    LIANJIE_FIELD(RegionRecord, parent),
    LIANJIE_FIELD(RegionRecord, name),
    LIANJIE_FIELD(RegionRecord, level),
};

constexpr std::array kLineFields = {
    LIANJIE_FIELD(LineRecord, region),
    LIANJIE_FIELD(LineRecord, year),
    LIANJIE_FIELD(LineRecord, line_yuan),
    LIANJIE_FIELD(LineRecord, minimum_benefit_yuan),
};

#undef LIANJIE_NAME
#undef LIANJIE_FIELD

}  // namespace

std::span<const FieldSpec<NodeRecord>> NodeFields() { return kNodeFields; }
std::span<const FieldSpec<LinkRecord>> LinkFields() { return kLinkFields; }
std::span<const FieldSpec<RegionRecord>> RegionFields() { return kRegionFields; }
std::span<const FieldSpec<LineRecord>> LineFields() { return kLineFields; }

std::string FormatFieldValue(const FieldValue& value) {
  struct Visitor {
    std::string operator()(std::monostate) const { return {}; }
    std::string operator()(const std::string& text) const { return text; }
    std::string operator()(std::int64_t number) const { return std::to_string(number); }
    std::string operator()(double number) const { return FormatDouble(number); }
    std::string operator()(Date date) const { return date.ToString(); }
    std::string operator()(const std::vector<std::string>& items) const {
      std::string out;
      for (const std::string& item : items) out += Cat(out.empty() ? "" : ";", item);
      return out;
    }
  };
  return std::visit(Visitor{}, value);
}

}  // namespace lianjie

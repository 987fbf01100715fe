#include "engine/graph/snapshot_fields.h"

#include <array>
#include <type_traits>
#include <utility>

#include "engine/core/rules.h"
#include "engine/core/text.h"

namespace lianjie {
namespace {

template <typename T> const NodeColumns& ColumnsOf(const Snapshot& snapshot, T NodeColumns::*) {
  return snapshot.nodes();
}
template <typename T> const LinkColumns& ColumnsOf(const Snapshot& snapshot, T LinkColumns::*) {
  return snapshot.links();
}

FieldValue Text(std::string_view value) {
  return value.empty() ? FieldValue() : FieldValue(std::string(value));
}

// Reads one column, by its type.
template <auto kColumn> FieldValue Read(const Snapshot& snapshot, std::uint32_t row) {
  const auto& column = ColumnsOf(snapshot, kColumn).*kColumn;
  using Column = std::decay_t<decltype(column)>;
  if constexpr (std::is_same_v<Column, StringPool> || std::is_same_v<Column, InternedColumn>) {
    return Text(column[row]);
  } else {
    if (column.empty()) return {};
    using Value = typename Column::value_type;
    const Value value = column[row];
    if constexpr (std::is_same_v<Value, double>) {
      return value == value ? FieldValue(value) : FieldValue();
    } else if constexpr (std::is_same_v<Value, std::int32_t>) {
      return value == kUnknownInt ? FieldValue() : FieldValue(std::int64_t{value});
    } else if constexpr (std::is_same_v<Value, Date>) {
      return value == kDateMin || value == kDateMax ? FieldValue() : FieldValue(value);
    } else {
      static_assert(std::is_enum_v<Value>);
      return Text(EnumName(value));
    }
  }
}

FieldValue ReadRegion(const Snapshot& snapshot, std::uint32_t row) {
  const RegionIndex region = snapshot.nodes().region[row];
  return region == kNoRegion ? FieldValue() : FieldValue(snapshot.regions().code(region));
}

FieldValue ReadLabels(const Snapshot& snapshot, std::uint32_t row) {
  const std::string_view joined = snapshot.nodes().labels[row];
  if (joined.empty()) return {};
  std::vector<std::string> labels;
  for (const std::string_view label : Split(joined, ';')) labels.emplace_back(label);
  return labels;
}

FieldValue ReadCauses(const Snapshot& snapshot, std::uint32_t row) {
  const SharedArray<std::uint16_t>& column = snapshot.nodes().causes;
  if (column.empty() || column[row] == 0) return {};
  std::vector<std::string> causes;
  const auto names = EnumNames<Cause>();
  for (std::size_t cause = 1; cause < names.size(); ++cause) {
    if ((column[row] >> cause & 1) != 0) causes.emplace_back(names[cause]);
  }
  return causes;
}

template <auto kEnd> FieldValue ReadEnd(const Snapshot& snapshot, std::uint32_t row) {
  return Text(snapshot.NodeId((snapshot.links().*kEnd)[row]));
}

FieldValue ReadKind(const Snapshot& snapshot, std::uint32_t row) {
  return Text(EnumName(KindOf(snapshot.links().mechanism[row])));
}

struct Field {
  std::string_view name;
  FieldReader read;
};

constexpr std::array kNodeFields = {
    Field{"id", &Read<&NodeColumns::ids>},
    Field{"kind", &Read<&NodeColumns::kind>},
    Field{"subtype", &Read<&NodeColumns::subtype>},
    Field{"region", &ReadRegion},
    Field{"sector", &Read<&NodeColumns::sector>},
    Field{"industry", &Read<&NodeColumns::industry>},
    Field{"stage", &Read<&NodeColumns::stage>},
    Field{"registration", &Read<&NodeColumns::registration>},
    Field{"monitoring", &Read<&NodeColumns::monitoring>},
    Field{"lifted_out_year", &Read<&NodeColumns::lifted_out_year>},
    Field{"persons", &Read<&NodeColumns::persons>},
    Field{"labour_skilled", &Read<&NodeColumns::labour_skilled>},
    Field{"labour_ordinary", &Read<&NodeColumns::labour_ordinary>},
    Field{"labour_weak", &Read<&NodeColumns::labour_weak>},
    Field{"causes", &ReadCauses},
    Field{"income_year", &Read<&NodeColumns::income_year>},
    Field{"income_wage_yuan", &Read<&NodeColumns::income_wage_yuan>},
    Field{"income_operating_yuan", &Read<&NodeColumns::income_operating_yuan>},
    Field{"income_property_yuan", &Read<&NodeColumns::income_property_yuan>},
    Field{"income_transfer_yuan", &Read<&NodeColumns::income_transfer_yuan>},
    Field{"land_mu", &Read<&NodeColumns::land_mu>},
    Field{"capacity_jobs", &Read<&NodeColumns::capacity_jobs>},
    Field{"capacity_tonnes", &Read<&NodeColumns::capacity_tonnes>},
    Field{"capacity_mu", &Read<&NodeColumns::capacity_mu>},
    Field{"revenue_yuan", &Read<&NodeColumns::revenue_yuan>},
    Field{"equity_yuan", &Read<&NodeColumns::equity_yuan>},
    Field{"operating_status", &Read<&NodeColumns::operating_status>},
    Field{"outside_revenue_yuan", &Read<&NodeColumns::outside_revenue_yuan>},
    Field{"leak_share", &Read<&NodeColumns::leak_share>},
    Field{"valid_from", &Read<&NodeColumns::valid_from>},
    Field{"valid_to", &Read<&NodeColumns::valid_to>},
    Field{"labels", &ReadLabels},
};

constexpr std::array kLinkFields = {
    Field{"id", &Read<&LinkColumns::ids>},
    Field{"source", &ReadEnd<&LinkColumns::source>},
    Field{"target", &ReadEnd<&LinkColumns::target>},
    Field{"mechanism", &Read<&LinkColumns::mechanism>},
    Field{"kind", &ReadKind},
    Field{"promised_yuan", &Read<&LinkColumns::promised_yuan>},
    Field{"paid_yuan", &Read<&LinkColumns::paid_yuan>},
    Field{"share", &Read<&LinkColumns::share>},
    Field{"share_of", &Read<&LinkColumns::share_of>},
    Field{"capacity", &Read<&LinkColumns::capacity>},
    Field{"priority", &Read<&LinkColumns::priority>},
    Field{"tightness", &Read<&LinkColumns::tightness>},
    Field{"driver", &Read<&LinkColumns::driver>},
    Field{"policy", &Read<&LinkColumns::policy>},
    Field{"weight", &Read<&LinkColumns::weight>},
    Field{"valid_from", &Read<&LinkColumns::valid_from>},
    Field{"valid_to", &Read<&LinkColumns::valid_to>},
    Field{"status", &Read<&LinkColumns::status>},
    Field{"product", &Read<&LinkColumns::product>},
    Field{"sector", &Read<&LinkColumns::sector>},
};

template <std::size_t kSize>
constexpr std::array<std::string_view, kSize> Names(const std::array<Field, kSize>& fields) {
  std::array<std::string_view, kSize> names;
  for (std::size_t i = 0; i < kSize; ++i) names[i] = fields[i].name;
  return names;
}

constexpr std::array kNodeNames = Names(kNodeFields);
constexpr std::array kLinkNames = Names(kLinkFields);

FieldReader Find(std::span<const Field> fields, std::string_view name) {
  for (const Field& field : fields) {
    if (field.name == name) return field.read;
  }
  return nullptr;
}

}  // namespace

std::span<const std::string_view> SnapshotNodeFields() { return kNodeNames; }
std::span<const std::string_view> SnapshotLinkFields() { return kLinkNames; }

FieldReader FindNodeFieldReader(std::string_view field) { return Find(kNodeFields, field); }
FieldReader FindLinkFieldReader(std::string_view field) { return Find(kLinkFields, field); }

FieldValue Snapshot::NodeField(NodeIndex n, std::string_view field) const {
  const FieldReader read = FindNodeFieldReader(field);
  return read == nullptr ? FieldValue() : read(*this, n);
}

FieldValue Snapshot::LinkField(LinkIndex l, std::string_view field) const {
  const FieldReader read = FindLinkFieldReader(field);
  return read == nullptr ? FieldValue() : read(*this, l);
}

}  // namespace lianjie

#include "clients/cli/input/header_mapper.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "engine/core/fields.h"
#include "engine/core/status.h"
#include "engine/core/text.h"

namespace lianjie::cli {
namespace {

constexpr std::string_view kPropertyPrefix = "prop:";

// A header's cell taken apart: "name:ID(Person)" is name, ID, Person.
struct HeaderCell {
  std::string name;
  std::string type;
  std::string space;
};

HeaderCell ParseHeaderCell(std::string_view cell) {
  HeaderCell out;
  const std::size_t colon = cell.rfind(':');
  if (colon == std::string_view::npos || cell.starts_with(kPropertyPrefix)) {
    out.name = cell;
    return out;
  }
  out.name = Trim(cell.substr(0, colon));
  std::string_view type = Trim(cell.substr(colon + 1));
  if (const std::size_t open = type.find('(');
      open != std::string_view::npos && type.ends_with(')')) {
    out.space = Trim(type.substr(open + 1, type.size() - open - 2));
    type = Trim(type.substr(0, open));
  }
  if (const std::size_t open = type.find('{'); open != std::string_view::npos)
    type = Trim(type.substr(0, open));
  out.type = type;
  return out;
}

bool IsPropertyType(std::string_view type) {
  constexpr std::array<std::string_view, 16> kTypes = {
      "string", "int",  "integer", "long",     "float",         "double", "boolean",   "byte",
      "short",  "char", "date",    "datetime", "localdatetime", "time",   "localtime", "duration"};
  std::string name = ToLower(type);
  if (name.ends_with("[]")) name.resize(name.size() - 2);
  return std::ranges::find(kTypes, name) != kTypes.end();
}

// A column of the file: how its cells are read into a record. By plain functions: one is called for
// every cell of a load.
template <typename Record> struct Target {
  using Set = absl::Status(Record& record, std::string_view text);
  using SetNamed = absl::Status(Record& record, std::string_view text, const std::string& name);

  std::string field;  // what errors call it
  Set* set = nullptr;
  SetNamed* set_named = nullptr;
  std::string name;  // what set_named is given
  // Whether an empty cell says something about a record in which nothing is set.
  bool reads_empty = false;

  bool ignored() const { return set == nullptr && set_named == nullptr; }
  absl::Status Read(Record& record, std::string_view text) const {
    return set != nullptr ? set(record, text) : set_named(record, text, name);
  }
};

template <typename Record>
Target<Record> SetterTarget(std::string_view field, typename Target<Record>::Set* set) {
  Target<Record> target;
  target.field = field;
  target.set = set;
  return target;
}

template <typename Record> Target<Record> FieldTarget(const FieldSpec<Record>& field) {
  return SetterTarget<Record>(field.name, field.set);
}

template <typename Record> Target<Record> PropertyTarget(std::string name) {
  Target<Record> target;
  target.field = Cat(kPropertyPrefix, name);
  if constexpr (requires(Record r) { r.properties; }) {
    target.name = std::move(name);
    target.set_named = [](Record& record, std::string_view text, const std::string& property) {
      if (!text.empty()) record.properties.insert_or_assign(property, text);
      return absl::OkStatus();
    };
  }
  return target;
}

// An id, with its space in front.
template <typename Record, std::string Record::*kMember>
Target<Record> IdTarget(std::string_view field, std::string space) {
  Target<Record> target;
  target.field = field;
  target.name = std::move(space);
  target.set_named = [](Record& record, std::string_view text, const std::string& in) {
    record.*kMember = in.empty() || text.empty() ? std::string(text) : Cat(in, "/", text);
    return absl::OkStatus();
  };
  return target;
}

absl::Status SetLabels(NodeRecord& node, std::string_view text) {
  for (const std::string_view part : Split(text, ';')) {
    const std::string_view label = Trim(part);
    const std::optional<NodeKind> kind = ParseEnum<NodeKind>(ToUpper(label));
    if (kind && node.kind == NodeKind::kUnspecified) {
      node.kind = *kind;
    } else if (!label.empty() && std::ranges::find(node.labels, label) == node.labels.end()) {
      node.labels.emplace_back(label);
    }
  }
  return absl::OkStatus();
}

absl::Status SetType(LinkRecord& link, std::string_view text) {
  if (const std::optional<Mechanism> mechanism = ParseEnum<Mechanism>(ToUpper(Trim(text)))) {
    link.mechanism = *mechanism;
  } else if (!text.empty()) {
    link.properties["type"] = std::string(text);
  }
  return absl::OkStatus();
}

// The columns that neo4j-admin gives a meaning; nothing for others.
template <typename Record> std::optional<Target<Record>> ConventionTarget(const HeaderCell& cell) {
  if (cell.type == "IGNORE") return Target<Record>{};
  if constexpr (std::is_same_v<Record, NodeRecord>) {
    if (cell.type == "ID") return IdTarget<NodeRecord, &NodeRecord::id>("id", cell.space);
    if (cell.type == "LABEL") return SetterTarget<NodeRecord>("labels", &SetLabels);
  }
  if constexpr (std::is_same_v<Record, LinkRecord>) {
    if (cell.type == "START_ID")
      return IdTarget<LinkRecord, &LinkRecord::source>("source", cell.space);
    if (cell.type == "END_ID")
      return IdTarget<LinkRecord, &LinkRecord::target>("target", cell.space);
    if (cell.type == "TYPE") return SetterTarget<LinkRecord>("mechanism", &SetType);
  }
  if (IsPropertyType(cell.type) && !cell.name.empty()) {
    if (const FieldSpec<Record>* field = FindField<Record>(cell.name)) return FieldTarget(*field);
    return PropertyTarget<Record>(cell.name);
  }
  return std::nullopt;
}

template <typename Record> std::vector<std::string_view> ColumnNames() {
  std::vector<std::string_view> names;
  for (const auto& field : Fields<Record>()) names.push_back(field.name);
  if constexpr (std::is_same_v<Record, NodeRecord>) names.insert(names.end(), {":ID", ":LABEL"});
  if constexpr (std::is_same_v<Record, LinkRecord>)
    names.insert(names.end(), {":START_ID", ":END_ID", ":TYPE"});
  return names;
}

template <typename Record> std::vector<std::string_view> RequiredFields() {
  if constexpr (std::is_same_v<Record, NodeRecord>) return {"id"};
  if constexpr (std::is_same_v<Record, LinkRecord>) return {"source", "target"};
  if constexpr (std::is_same_v<Record, RegionRecord>) return {"code"};
  if constexpr (std::is_same_v<Record, LineRecord>) return {"year"};
}

template <typename Record> class HeaderMapper final : public RowMapper {
 public:
  explicit HeaderMapper(std::vector<Target<Record>> targets) : targets_(std::move(targets)) {
    for (Target<Record>& target : targets_) {
      Record record;
      target.reads_empty =
          !target.ignored() && !(target.Read(record, {}).ok() && record == Record());
    }
  }

  absl::Status Map(const CsvRow& row, MappedRecords& out) override {
    LIANJIE_RETURN_IF_ERROR(CheckCellCount(row, targets_.size()));
    Record& record = out.Add<Record>(row.line);
    for (std::size_t i = 0; i < targets_.size(); ++i) {
      const Target<Record>& target = targets_[i];
      if (target.ignored() || (row.cells[i].empty() && !target.reads_empty)) continue;
      const absl::Status status = target.Read(record, row.cells[i]);
      if (!status.ok()) {
        out.pop_back();
        return CellError(target.field, FromAbsl(status.message()), row.line,
                         static_cast<std::int64_t>(i) + 1);
      }
    }
    return absl::OkStatus();
  }

  std::int64_t ColumnOf(RecordKind, std::string_view field) const override {
    for (std::size_t i = 0; i < targets_.size(); ++i) {
      if (targets_[i].field == field) return static_cast<std::int64_t>(i) + 1;
    }
    return 1;
  }

 private:
  std::vector<Target<Record>> targets_;
};

absl::Status UnknownColumn(std::string_view cell, RecordKind kind,
                           const std::vector<std::string_view>& names, std::int64_t line,
                           std::int64_t column) {
  std::string message = Cat("no column of a ", RecordKindName(kind), " has this name");
  if (const std::string_view near = Nearest(cell, names); !near.empty())
    message += Cat("; did you mean ", near, "?");
  if (kind == RecordKind::kNode || kind == RecordKind::kLink) {
    message += Cat(" (a free property is called prop:", cell, ")");
  }
  absl::Status status = CellError(cell, message, line, column);
  ErrorDetail detail = *GetErrorDetail(status);
  detail.reason = Reason::kUnknownField;
  return MakeError(status.code(), message, std::move(detail));
}

// Whether the header follows neo4j-admin's convention, in which a column without a type is a
// property of type string.
bool IsConvention(const CsvRow& header) {
  return std::ranges::any_of(header.cells, [](std::string_view raw) {
    const std::string type = ParseHeaderCell(Trim(raw)).type;
    return type == "ID" || type == "START_ID" || type == "END_ID";
  });
}

template <typename Record>
absl::StatusOr<std::unique_ptr<RowMapper>> Make(RecordKind kind, const CsvRow& header) {
  std::vector<Target<Record>> targets;
  const bool convention = IsConvention(header);
  for (const std::string_view raw : header.cells) {
    const std::string_view name = Trim(raw);
    const auto column = static_cast<std::int64_t>(targets.size()) + 1;
    if (const FieldSpec<Record>* field = FindField<Record>(name)) {
      targets.push_back(FieldTarget(*field));
      continue;
    }
    constexpr bool kHasProperties = requires(Record r) { r.properties; };
    if (kHasProperties && name.starts_with(kPropertyPrefix) &&
        name.size() > kPropertyPrefix.size()) {
      targets.push_back(PropertyTarget<Record>(std::string(name.substr(kPropertyPrefix.size()))));
      continue;
    }
    const HeaderCell cell = ParseHeaderCell(name);
    std::optional<Target<Record>> target;
    if (!cell.type.empty()) {
      target = ConventionTarget<Record>(cell);
    } else if (convention && kHasProperties) {
      target = PropertyTarget<Record>(std::string(name));
    }
    if (!target || (target->ignored() && cell.type != "IGNORE")) {
      return UnknownColumn(name, kind, ColumnNames<Record>(), header.line, column);
    }
    targets.push_back(*std::move(target));
  }
  for (std::size_t i = 0; i < targets.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      if (targets[k].field != targets[i].field || targets[i].field.empty() ||
          targets[i].field == "labels")
        continue;
      return CellError(targets[i].field,
                       Cat("two columns are ", targets[i].field, ": this one and column ", k + 1),
                       header.line, static_cast<std::int64_t>(i) + 1);
    }
  }
  for (const std::string_view required : RequiredFields<Record>()) {
    if (std::ranges::none_of(targets,
                             [&](const auto& target) { return target.field == required; })) {
      absl::Status status =
          CellError(required, Cat("the required column ", required, " is missing"), header.line, 1);
      ErrorDetail detail = *GetErrorDetail(status);
      detail.reason = Reason::kMissingField;
      return MakeError(status.code(), FromAbsl(status.message()), std::move(detail));
    }
  }
  return std::make_unique<HeaderMapper<Record>>(std::move(targets));
}

}  // namespace

absl::StatusOr<std::unique_ptr<RowMapper>> MakeHeaderMapper(RecordKind kind, const CsvRow& header) {
  LIANJIE_RETURN_IF_ERROR(CheckHeader(header));
  switch (kind) {
    case RecordKind::kNode:
      return Make<NodeRecord>(kind, header);
    case RecordKind::kLink:
      return Make<LinkRecord>(kind, header);
    case RecordKind::kRegion:
      return Make<RegionRecord>(kind, header);
    case RecordKind::kLine:
      return Make<LineRecord>(kind, header);
  }
  return absl::InternalError("a kind of record without a mapper");
}

}  // namespace lianjie::cli

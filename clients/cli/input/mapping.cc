#include "clients/cli/input/mapping.h"

#include <fnmatch.h>

#include <array>
#include <filesystem>

#include "clients/cli/base/failure.h"
#include "clients/cli/base/files.h"
#include "engine/core/fields.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "toml++/toml.h"

namespace lianjie::cli {
namespace {

template <typename Record> bool HasField(std::string_view name) {
  if constexpr (requires(Record r) { r.properties; }) {
    if (name.starts_with("prop:") && name.size() > 5) return true;
  }
  return FindField<Record>(name) != nullptr;
}

bool IsField(RecordKind kind, std::string_view name) {
  switch (kind) {
    case RecordKind::kNode:
      return HasField<NodeRecord>(name);
    case RecordKind::kLink:
      return HasField<LinkRecord>(name);
    case RecordKind::kRegion:
      return HasField<RegionRecord>(name);
    case RecordKind::kLine:
      return HasField<LineRecord>(name);
  }
  return false;
}

// Reads one mapping file. Every function below takes the key's place in the file into its errors.
class MappingReader {
 public:
  explicit MappingReader(const std::string& path) : path_(path) {}

  absl::StatusOr<Mapping> Read(const toml::table& root) const {
    LIANJIE_RETURN_IF_ERROR(CheckKeys(root, {"input"}));
    Mapping out;
    LIANJIE_ASSIGN_OR_RETURN(const std::vector<const toml::table*> inputs, Tables(root, "input"));
    if (inputs.empty()) return UsageError(Cat(path_, ":1:1: there is no [[input]]"));
    for (const toml::table* table : inputs) {
      LIANJIE_ASSIGN_OR_RETURN(MappingInput input, Input(*table));
      out.inputs.push_back(std::move(input));
    }
    return out;
  }

 private:
  absl::Status Error(const toml::node& node, std::string_view message) const {
    return UsageError(
        Cat(path_, ":", node.source().begin.line, ":", node.source().begin.column, ": ", message));
  }

  absl::Status CheckKeys(const toml::table& table, std::vector<std::string_view> names) const {
    for (const auto& [key, node] : table) {
      const std::string name(key.str());
      if (std::ranges::find(names, name) != names.end()) continue;
      const std::string_view near = Nearest(name, names);
      return Error(node, Cat("'", name, "' means nothing here",
                             near.empty() ? "" : Cat("; did you mean ", near, "?")));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<const toml::table*>> Tables(const toml::table& table,
                                                         std::string_view key) const {
    std::vector<const toml::table*> out;
    const toml::node* node = table.get(key);
    if (node == nullptr) return out;
    if (const toml::table* one = node->as_table()) return std::vector<const toml::table*>{one};
    const toml::array* many = node->as_array();
    if (many == nullptr) return Error(*node, Cat(key, " must be a table"));
    for (const toml::node& item : *many) {
      if (item.as_table() == nullptr) return Error(item, Cat(key, " must hold tables"));
      out.push_back(item.as_table());
    }
    return out;
  }

  absl::StatusOr<std::string> Text(const toml::node& node) const {
    if (const auto text = node.value<std::string>()) return *text;
    if (const auto* number = node.as_integer()) return Cat(number->get());
    if (const auto* number = node.as_floating_point()) return FormatDouble(number->get());
    return Error(node, "must be a text");
  }

  absl::Status TextAt(const toml::table& table, std::string_view key, std::string& out) const {
    const toml::node* node = table.get(key);
    if (node == nullptr) return absl::OkStatus();
    LIANJIE_ASSIGN_OR_RETURN(out, Text(*node));
    return absl::OkStatus();
  }

  absl::Status NumberAt(const toml::table& table, std::string_view key,
                        std::optional<double>& out) const {
    const toml::node* node = table.get(key);
    if (node == nullptr) return absl::OkStatus();
    out = node->value<double>();
    return out ? absl::OkStatus() : Error(*node, Cat(key, " must be a number"));
  }

  absl::Status TextsAt(const toml::table& table, std::string_view key,
                       std::vector<std::string>& out) const {
    const toml::node* node = table.get(key);
    if (node == nullptr) return absl::OkStatus();
    const toml::array* many = node->as_array();
    if (many == nullptr) {
      LIANJIE_ASSIGN_OR_RETURN(std::string one, Text(*node));
      out.push_back(std::move(one));
      return absl::OkStatus();
    }
    for (const toml::node& item : *many) {
      LIANJIE_ASSIGN_OR_RETURN(std::string one, Text(item));
      out.push_back(std::move(one));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<MappingCondition>> Conditions(const toml::table& table,
                                                           std::string_view key) const {
    LIANJIE_ASSIGN_OR_RETURN(const std::vector<const toml::table*> tables, Tables(table, key));
    std::vector<MappingCondition> out;
    for (const toml::table* one : tables) {
      LIANJIE_RETURN_IF_ERROR(CheckKeys(*one, {"column", "in", "not_in"}));
      MappingCondition condition;
      LIANJIE_RETURN_IF_ERROR(TextAt(*one, "column", condition.column));
      if (condition.column.empty() || one->contains("in") == one->contains("not_in")) {
        return Error(
            *one,
            "a condition is { column = ..., in = [...] } or { column = ..., not_in = [...] }");
      }
      condition.negated = one->contains("not_in");
      LIANJIE_RETURN_IF_ERROR(TextsAt(*one, condition.negated ? "not_in" : "in", condition.values));
      out.push_back(std::move(condition));
    }
    return out;
  }

  absl::StatusOr<MappingValue> Value(const toml::node& node) const {
    MappingValue out;
    const toml::table* table = node.as_table();
    if (table == nullptr) {  // "column"
      LIANJIE_ASSIGN_OR_RETURN(std::string column, Text(node));
      out.columns.push_back(std::move(column));
      return out;
    }
    LIANJIE_RETURN_IF_ERROR(
        CheckKeys(*table, {"column", "columns", "value", "separator", "prefix", "list", "values",
                           "default", "keep", "scale", "drop_last", "when"}));
    LIANJIE_RETURN_IF_ERROR(TextsAt(*table, "column", out.columns));
    LIANJIE_RETURN_IF_ERROR(TextsAt(*table, "columns", out.columns));
    LIANJIE_RETURN_IF_ERROR(TextAt(*table, "value", out.constant));
    if (out.columns.empty() == !table->contains("value"))
      return Error(*table, "one of column, columns and value must be given");
    LIANJIE_RETURN_IF_ERROR(TextAt(*table, "separator", out.separator));
    LIANJIE_RETURN_IF_ERROR(TextAt(*table, "prefix", out.prefix));
    LIANJIE_RETURN_IF_ERROR(TextAt(*table, "list", out.list));
    LIANJIE_RETURN_IF_ERROR(NumberAt(*table, "scale", out.scale));
    std::optional<double> drop_last;
    LIANJIE_RETURN_IF_ERROR(NumberAt(*table, "drop_last", drop_last));
    if (drop_last.value_or(0) < 0 || drop_last.value_or(0) > 1e6)
      return Error(*table, "drop_last must be a number of characters");
    out.drop_last = static_cast<std::size_t>(drop_last.value_or(0));
    if (const toml::node* values = table->get("values")) {
      if (values->as_table() == nullptr)
        return Error(*values, "values must be a table: { theirs = \"ours\" }");
      for (const auto& [theirs, ours] : *values->as_table()) {
        LIANJIE_ASSIGN_OR_RETURN(out.values[std::string(theirs.str())], Text(ours));
      }
    }
    if (table->contains("default")) {
      out.otherwise.emplace();
      LIANJIE_RETURN_IF_ERROR(TextAt(*table, "default", *out.otherwise));
    }
    out.keep = (*table)["keep"].value_or(false);
    LIANJIE_ASSIGN_OR_RETURN(out.when, Conditions(*table, "when"));
    return out;
  }

  absl::StatusOr<std::vector<MappingField>> FieldsAt(const toml::table& parent,
                                                     std::string_view key, RecordKind kind) const {
    std::vector<MappingField> out;
    const toml::node* node = parent.get(key);
    if (node == nullptr) return out;
    if (node->as_table() == nullptr) return Error(*node, Cat(key, " must be a table of fields"));
    for (const auto& [name, value] : *node->as_table()) {
      MappingField field{.field = std::string(name.str()), .alternatives = {}};
      if (!IsField(kind, field.field))
        return Error(value, Cat("'", field.field, "' is no field of a ", RecordKindName(kind)));
      if (const toml::array* many = value.as_array()) {
        for (const toml::node& item : *many) {
          LIANJIE_ASSIGN_OR_RETURN(MappingValue one, Value(item));
          field.alternatives.push_back(std::move(one));
        }
      } else {
        LIANJIE_ASSIGN_OR_RETURN(MappingValue one, Value(value));
        field.alternatives.push_back(std::move(one));
      }
      out.push_back(std::move(field));
    }
    return out;
  }

  absl::StatusOr<MappingRecord> Record(const toml::table& table) const {
    LIANJIE_RETURN_IF_ERROR(CheckKeys(table, {"kind", "distinct", "where", "fields"}));
    MappingRecord out;
    std::string kind;
    LIANJIE_RETURN_IF_ERROR(TextAt(table, "kind", kind));
    bool known = false;
    for (const RecordKind candidate :
         {RecordKind::kNode, RecordKind::kLink, RecordKind::kRegion, RecordKind::kLine}) {
      if (kind != RecordKindName(candidate)) continue;
      out.kind = candidate;
      known = true;
    }
    if (!known) return Error(table, "kind must be node, link, region or line");
    if (const toml::node* distinct = table.get("distinct")) {
      const auto text = distinct->value<std::string>();
      if (text && *text == "pair" && out.kind == RecordKind::kLink) {
        out.distinct = MappingRecord::Distinct::kPair;
      } else if (const auto truth = distinct->value<bool>()) {
        out.distinct = *truth ? MappingRecord::Distinct::kYes : MappingRecord::Distinct::kNo;
      } else {
        return Error(*distinct, "distinct must be true or false, or for links \"pair\"");
      }
    }
    LIANJIE_ASSIGN_OR_RETURN(out.where, Conditions(table, "where"));
    LIANJIE_ASSIGN_OR_RETURN(out.fields, FieldsAt(table, "fields", out.kind));
    if (out.fields.empty()) return Error(table, "the record has no fields");
    return out;
  }

  absl::StatusOr<MatrixSum> Sum(const toml::table& table) const {
    LIANJIE_RETURN_IF_ERROR(CheckKeys(table, {"field", "columns", "rows", "divide_by", "scale"}));
    MatrixSum out;
    LIANJIE_RETURN_IF_ERROR(TextAt(table, "field", out.field));
    if (!IsField(RecordKind::kNode, out.field))
      return Error(table, Cat("field: '", out.field, "' is no field of a node"));
    LIANJIE_RETURN_IF_ERROR(TextsAt(table, "columns", out.columns));
    LIANJIE_ASSIGN_OR_RETURN(out.rows, Conditions(table, "rows"));
    LIANJIE_ASSIGN_OR_RETURN(out.divide_by, Conditions(table, "divide_by"));
    if (out.columns.empty() == out.rows.empty())
      return Error(table, "a sum is over columns or over rows: give one of the two");
    std::optional<double> scale;
    LIANJIE_RETURN_IF_ERROR(NumberAt(table, "scale", scale));
    out.scale = scale.value_or(1);
    return out;
  }

  absl::StatusOr<MappingMatrix> Matrix(const toml::table& table) const {
    LIANJIE_RETURN_IF_ERROR(
        CheckKeys(table, {"label", "first_column", "last_column", "rows", "pays", "amount", "scale",
                          "prefix", "node", "link", "sum"}));
    MappingMatrix out;
    LIANJIE_RETURN_IF_ERROR(TextAt(table, "label", out.label));
    LIANJIE_RETURN_IF_ERROR(TextAt(table, "first_column", out.first_column));
    LIANJIE_RETURN_IF_ERROR(TextAt(table, "last_column", out.last_column));
    if (out.label.empty() || out.first_column.empty() || out.last_column.empty()) {
      return Error(table, "a matrix needs label, first_column and last_column");
    }
    std::string pays = "column";
    LIANJIE_RETURN_IF_ERROR(TextAt(table, "pays", pays));
    if (pays != "column" && pays != "row") return Error(table, "pays must be column or row");
    out.column_pays = pays == "column";
    LIANJIE_RETURN_IF_ERROR(TextAt(table, "amount", out.amount));
    if (!IsField(RecordKind::kLink, out.amount))
      return Error(table, Cat("amount: '", out.amount, "' is no field of a link"));
    std::optional<double> scale;
    LIANJIE_RETURN_IF_ERROR(NumberAt(table, "scale", scale));
    out.scale = scale.value_or(1);
    LIANJIE_RETURN_IF_ERROR(TextAt(table, "prefix", out.prefix));
    LIANJIE_ASSIGN_OR_RETURN(out.rows, Conditions(table, "rows"));
    LIANJIE_ASSIGN_OR_RETURN(out.node, FieldsAt(table, "node", RecordKind::kNode));
    LIANJIE_ASSIGN_OR_RETURN(out.link, FieldsAt(table, "link", RecordKind::kLink));
    LIANJIE_ASSIGN_OR_RETURN(const std::vector<const toml::table*> sums, Tables(table, "sum"));
    for (const toml::table* sum : sums) {
      LIANJIE_ASSIGN_OR_RETURN(MatrixSum one, Sum(*sum));
      out.sums.push_back(std::move(one));
    }
    return out;
  }

  absl::StatusOr<MappingInput> Input(const toml::table& table) const {
    LIANJIE_RETURN_IF_ERROR(CheckKeys(table, {"file", "delimiter", "record", "matrix"}));
    MappingInput out;
    LIANJIE_RETURN_IF_ERROR(TextAt(table, "file", out.file));
    if (out.file.empty()) return Error(table, "an input needs file, a name or a pattern as *.csv");
    std::string delimiter;
    LIANJIE_RETURN_IF_ERROR(TextAt(table, "delimiter", delimiter));
    if (delimiter.size() > 1) return Error(table, "delimiter must be one character");
    if (!delimiter.empty()) out.delimiter = delimiter[0];
    LIANJIE_ASSIGN_OR_RETURN(const std::vector<const toml::table*> records,
                             Tables(table, "record"));
    for (const toml::table* record : records) {
      LIANJIE_ASSIGN_OR_RETURN(MappingRecord one, Record(*record));
      out.records.push_back(std::move(one));
    }
    if (const toml::node* matrix = table.get("matrix")) {
      if (matrix->as_table() == nullptr) return Error(*matrix, "matrix must be a table");
      LIANJIE_ASSIGN_OR_RETURN(out.matrix, Matrix(*matrix->as_table()));
    }
    if (out.records.empty() == !out.matrix)
      return Error(table, "an input has either records or a matrix");
    return out;
  }

  const std::string& path_;
};

}  // namespace

absl::StatusOr<Mapping> Mapping::Parse(std::string_view text, const std::string& path) {
  toml::table table;
  try {
    table = toml::parse(text, path);
  } catch (const toml::parse_error& e) {
    return UsageError(Cat(path, ":", e.source().begin.line, ":", e.source().begin.column, ": ",
                          std::string(e.description())));
  }
  return MappingReader(path).Read(table);
}

absl::StatusOr<Mapping> Mapping::Load(const std::string& path) {
  LIANJIE_ASSIGN_OR_RETURN(const std::string text, ReadWholeFile("--mapping", path));
  return Parse(text, path);
}

const MappingInput* Mapping::Find(std::string_view path) const {
  const std::string name = std::filesystem::path(path).filename().string();
  for (const MappingInput& input : inputs) {
    if (fnmatch(input.file.c_str(), name.c_str(), 0) == 0) return &input;
  }
  return nullptr;
}

char MappedDelimiter(const Mapping& mapping, std::string_view path) {
  const MappingInput* input = mapping.Find(path);
  return input != nullptr ? input->delimiter : '\0';
}

}  // namespace lianjie::cli

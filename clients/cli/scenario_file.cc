#include "clients/cli/scenario_file.h"

#include <array>
#include <optional>

#include "clients/cli/base/failure.h"
#include "clients/cli/base/files.h"
#include "engine/core/fields.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "server/convert.h"
#include "toml++/toml.h"

namespace lianjie::cli {
namespace {

// Reads one file; remembers its path for errors.
class Reader {
 public:
  explicit Reader(const std::string& path) : path_(path) {}

  absl::Status Read(const toml::table& table, v1::Scenario& scenario) const {
    for (const auto& [key, node] : table) {
      const std::string name(key.str());
      if (name == "remove_nodes" || name == "remove_links") {
        auto* out = name == "remove_nodes" ? scenario.mutable_remove_nodes()
                                           : scenario.mutable_remove_links();
        const toml::array* ids = node.as_array();
        if (ids == nullptr) return Error(node, Cat(name, " must be a list of ids"));
        for (const toml::node& id : *ids) {
          LIANJIE_ASSIGN_OR_RETURN(*out->Add(), Text(id, name));
        }
      } else if (name == "splits") {
        LIANJIE_ASSIGN_OR_RETURN(const std::string splits, Text(node, name));
        if (splits != "frozen" && splits != "recomputed")
          return Error(node, "splits is neither frozen nor recomputed");
        scenario.set_splits(splits == "frozen" ? v1::SPLITS_FROZEN : v1::SPLITS_RECOMPUTED);
      } else if (name == "add_links" || name == "set_fields") {
        const toml::array* items = node.as_array();
        if (items == nullptr || !items->is_array_of_tables())
          return Error(node, Cat(name, " must be written as [[", name, "]]"));
        for (const toml::node& item : *items) {
          LIANJIE_RETURN_IF_ERROR(name == "add_links" ? AddLink(*item.as_table(), scenario)
                                                      : SetField(*item.as_table(), scenario));
        }
      } else {
        constexpr std::array<std::string_view, 5> kNames = {"remove_nodes", "remove_links",
                                                            "add_links", "set_fields", "splits"};
        const std::string_view near = Nearest(name, kNames);
        return Error(node, Cat("'", name, "' is no part of a scenario",
                               near.empty() ? "" : Cat("; did you mean ", near, "?")));
      }
    }
    return absl::OkStatus();
  }

 private:
  absl::Status Error(const toml::node& node, std::string_view message) const {
    return UsageError(
        Cat(path_, ":", node.source().begin.line, ":", node.source().begin.column, ": ", message));
  }

  absl::StatusOr<std::string> Text(const toml::node& node, std::string_view name) const {
    if (const auto text = node.value<std::string>()) return *text;
    if (const auto* number = node.as_integer()) return Cat(number->get());
    if (const auto* number = node.as_floating_point()) return FormatDouble(number->get());
    return Error(node, Cat(name, " is neither a text nor a number"));
  }

  absl::Status AddLink(const toml::table& table, v1::Scenario& scenario) const {
    LinkRecord link;
    for (const auto& [key, node] : table) {
      const std::string name(key.str());
      LIANJIE_ASSIGN_OR_RETURN(const std::string text, Text(node, name));
      const FieldSpec<LinkRecord>* field = FindField<LinkRecord>(name);
      if (field == nullptr) return Error(node, Cat("'", name, "' is no field of a link"));
      if (const absl::Status status = field->set(link, text); !status.ok())
        return Error(node, Cat(name, ": ", status.message()));
    }
    *scenario.add_add_links() = server::ToProto(link);
    return absl::OkStatus();
  }

  absl::Status SetField(const toml::table& table, v1::Scenario& scenario) const {
    v1::FieldEdit& edit = *scenario.add_set_fields();
    for (const auto& [key, node] : table) {
      const std::string name(key.str());
      LIANJIE_ASSIGN_OR_RETURN(const std::string text, Text(node, name));
      if (name == "node") {
        edit.set_node(text);
      } else if (name == "link") {
        edit.set_link(text);
      } else if (name == "field") {
        edit.set_field(text);
      } else if (name == "value") {
        edit.set_value(text);
      } else {
        return Error(node, Cat("'", name, "' is none of node, link, field, value"));
      }
    }
    return absl::OkStatus();
  }

  const std::string& path_;
};

}  // namespace

absl::Status ParseScenario(std::string_view text, const std::string& path, v1::Scenario& scenario) {
  toml::table table;
  try {
    table = toml::parse(text, path);
  } catch (const toml::parse_error& e) {
    return UsageError(Cat(path, ":", e.source().begin.line, ":", e.source().begin.column, ": ",
                          std::string(e.description())));
  }
  return Reader(path).Read(table, scenario);
}

absl::Status ReadScenario(const std::string& path, v1::Scenario& scenario) {
  LIANJIE_ASSIGN_OR_RETURN(const std::string text, ReadWholeFile("--scenario", path));
  return ParseScenario(text, path, scenario);
}

}  // namespace lianjie::cli

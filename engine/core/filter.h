// Filters in the AIP-160 subset that every list and every analysis takes:
//   kind = HOUSEHOLD AND (region : "52" OR labels : "base") AND NOT persons < 3
// Comparisons are = != < <= > >= and `:`, which means "has" on lists and "begins with" on text.
// Text compares bytewise, numbers as numbers, dates as ISO text; a field that is not given
// satisfies only `!=`; `field : *` asks whether it is given. AND binds closer than OR, as usual
// (AIP-160's reversed order surprises people; parentheses settle doubts). A value of other than
// letters, digits and plain signs is put in quotes, single or double, with backslash before a quote
// or backslash. `:` on a number or a date compares its text's beginning. Parsing knows nothing of
// records: the holder binds field names to values.
#ifndef LIANJIE_ENGINE_CORE_FILTER_H_
#define LIANJIE_ENGINE_CORE_FILTER_H_

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/core/fields.h"

namespace lianjie {

class Filter {
 public:
  // How a field of the row under test is read.
  using Getter = std::function<FieldValue(std::string_view field)>;

  // The empty filter: everything passes.
  Filter();

  // Parses `text`; every field must be one of `fields` (or "prop.NAME" / "properties.NAME" where
  // `free_properties`, which getters see as "prop.NAME"; a NAME with signs is put in quotes).
  // Errors: INVALID_FILTER with the position, what was expected, and the nearest field name. Depth
  // is limited to 64, length to 64 KiB.
  static absl::StatusOr<Filter> Parse(std::string_view text,
                                      std::span<const std::string_view> fields,
                                      bool free_properties = false);

  bool empty() const;
  const std::string& text() const;

  // Whether a row passes. Thread safe. O(terms).
  bool Matches(const Getter& get) const;

  // The fields that the filter reads, each once, in order of first use.
  std::span<const std::string> fields() const;

  // Checks each comparison by `check(field, ordered, value)`, where `ordered` is false for `:`; the
  // first error becomes INVALID_FILTER with the value's position.
  absl::Status CheckValues(const std::function<absl::Status(std::string_view field, bool ordered,
                                                            std::string_view value)>& check) const;

  struct Node;

 private:
  std::shared_ptr<const Node> root_;
  std::string text_;
  std::vector<std::string> fields_;
};

// The filter over records by NodeFields()/LinkFields() and their free properties. Values are
// checked against the field's type: a number or a date that is none and an unknown enum name are
// INVALID_FILTER. With `fields`, only those and no free properties may be named (a Snapshot's, for
// one).
absl::StatusOr<Filter> ParseNodeFilter(std::string_view text,
                                       std::span<const std::string_view> fields = {});
absl::StatusOr<Filter> ParseLinkFilter(std::string_view text,
                                       std::span<const std::string_view> fields = {});
bool Matches(const Filter& filter, const NodeRecord& node);
bool Matches(const Filter& filter, const LinkRecord& link);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_CORE_FILTER_H_

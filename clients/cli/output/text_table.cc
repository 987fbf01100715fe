#include "clients/cli/output/text_table.h"

#include <utf8proc.h>

#include <algorithm>
#include <functional>

namespace lianjie::cli {
namespace {

constexpr std::string_view kEllipsis = "…";

// Calls `visit` with every character and its width, until it says no.
void EachCharacter(std::string_view utf8,
                   const std::function<bool(std::string_view, std::size_t)>& visit) {
  while (!utf8.empty()) {
    utf8proc_int32_t point = 0;
    const utf8proc_ssize_t size =
        utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(utf8.data()),
                         static_cast<utf8proc_ssize_t>(utf8.size()), &point);
    const std::size_t bytes = size > 0 ? static_cast<std::size_t>(size) : 1;
    const int width = size > 0 ? utf8proc_charwidth(point) : 1;
    if (!visit(utf8.substr(0, bytes), width > 0 ? static_cast<std::size_t>(width) : 0)) return;
    utf8.remove_prefix(bytes);
  }
}

void AppendPadded(std::string& line, std::string_view cell, std::size_t width, Align align) {
  const std::size_t used = DisplayWidth(cell);
  const std::string blanks(width > used ? width - used : 0, ' ');
  if (align == Align::kRight) line += blanks;
  line += cell;
  if (align == Align::kLeft) line += blanks;
}

void EndLine(std::string& text) {
  text.erase(text.find_last_not_of(' ') + 1);
  text += '\n';
}

}  // namespace

std::size_t DisplayWidth(std::string_view utf8) {
  if (std::ranges::all_of(utf8, [](char c) { return c >= ' ' && c <= '~'; })) return utf8.size();
  std::size_t width = 0;
  EachCharacter(utf8, [&](std::string_view, std::size_t cells) {
    width += cells;
    return true;
  });
  return width;
}

std::string FitTo(std::string_view utf8, std::size_t width) {
  std::string clean(utf8);
  std::ranges::replace_if(
      clean, [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  if (DisplayWidth(clean) <= width) return clean;
  std::string out;
  std::size_t used = 1;  // of the ellipsis
  EachCharacter(clean, [&](std::string_view character, std::size_t cells) {
    if (used + cells > width) return false;
    used += cells;
    out += character;
    return true;
  });
  out += kEllipsis;
  return out;
}

void TextTable::AddColumn(std::string name, Align align) {
  names_.push_back(std::move(name));
  aligns_.push_back(align);
}

void TextTable::AddRow(std::vector<std::string> cells) {
  cells.resize(names_.size());
  rows_.push_back(std::move(cells));
}

std::string TextTable::ToString(std::size_t max_cell) const {
  std::vector<std::vector<std::string>> shown;
  shown.reserve(rows_.size());
  std::vector<std::size_t> widths;
  for (const std::string& name : names_) widths.push_back(DisplayWidth(name));
  for (const auto& row : rows_) {
    auto& cells = shown.emplace_back();
    for (std::size_t i = 0; i < row.size(); ++i) {
      cells.push_back(FitTo(row[i], max_cell));
      widths[i] = std::max(widths[i], DisplayWidth(cells.back()));
    }
  }
  std::string text;
  const auto append = [&](const std::vector<std::string>& cells) {
    text += indent_;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (i > 0) text += "  ";
      AppendPadded(text, cells[i], widths[i], aligns_[i]);
    }
    EndLine(text);
  };
  if (std::ranges::any_of(names_, [](const std::string& name) { return !name.empty(); })) {
    append(names_);
    text += indent_;
    for (std::size_t i = 0; i < widths.size(); ++i) {
      if (i > 0) text += "  ";
      text.append(widths[i], '-');
    }
    EndLine(text);
  }
  for (const auto& cells : shown) append(cells);
  return text;
}

}  // namespace lianjie::cli

#include "engine/graph/splice.h"

#include <atomic>
#include <iterator>
#include <string>
#include <string_view>

#include "engine/core/text.h"

namespace lianjie {
namespace {

// Long runs are cut, so that threads share them.
constexpr std::uint32_t kLongestRun = 1 << 16;

}  // namespace

Splice::Splice(std::size_t old_size, const std::vector<std::uint32_t>& removed,
               const std::vector<Insertion>& insertions, const std::vector<Update>& updates)
    : old_size_(old_size), keeps_rows_(removed.empty() && insertions.empty()) {
  inserted_.reserve(insertions.size());
  auto gone = removed.begin();
  auto in = insertions.begin();
  auto update = updates.begin();
  std::uint32_t at = 0;  // the first old row that is not done
  const auto end = static_cast<std::uint32_t>(old_size);
  while (true) {
    std::uint32_t next = end;
    if (gone != removed.end()) next = std::min(next, *gone);
    if (in != insertions.end()) next = std::min(next, in->before);
    if (update != updates.end()) next = std::min(next, update->old_row);
    AddRun(at, next);
    at = next;
    if (in != insertions.end() && in->before == at) {
      inserted_.push_back(static_cast<std::uint32_t>(size_));
      singles_.push_back({.at = static_cast<std::uint32_t>(size_++), .from = (in++)->from});
    } else if (gone != removed.end() && *gone == at) {
      ++gone, ++at;
    } else if (update != updates.end() && update->old_row == at) {
      // In a run, so that the row has an old place; its values come after.
      AddRun(at, at + 1);
      singles_.push_back({.at = static_cast<std::uint32_t>(size_ - 1),
                          .from = {.row = (update++)->delta_row, .old = false}});
      ++at;
    } else {
      return;
    }
  }
}

void Splice::AddRun(std::uint32_t old_begin, std::uint32_t old_end) {
  while (old_begin < old_end) {
    Run* const last = runs_.empty() ? nullptr : &runs_.back();
    const bool goes_on = last != nullptr && last->size < kLongestRun &&
                         last->begin + last->size == size_ &&
                         last->old_begin + last->size == old_begin;
    Run& run = goes_on ? *last
                       : runs_.emplace_back(Run{.begin = static_cast<std::uint32_t>(size_),
                                                .old_begin = old_begin});
    const std::uint32_t part = std::min(old_end - old_begin, kLongestRun - run.size);
    run.size += part;
    size_ += part;
    old_begin += part;
  }
}

Splice::Old Splice::OldOf(std::uint32_t row) const {
  const auto after =
      std::upper_bound(runs_.begin(), runs_.end(), row,
                       [](std::uint32_t r, const Run& run) { return r < run.begin; });
  if (after != runs_.begin()) {
    const Run& run = *(after - 1);
    if (row < run.begin + run.size) return {.row = run.old_begin + (row - run.begin), .same = true};
  }
  if (after != runs_.end()) return {.row = after->old_begin, .same = false};
  return {.row = static_cast<std::uint32_t>(old_size_), .same = false};
}

std::vector<std::uint32_t> Splice::Map(std::uint32_t gone) const {
  std::vector<std::uint32_t> map(old_size_, gone);
  tbb::parallel_for(std::size_t{0}, runs_.size(), [&](std::size_t i) {
    const Run& run = runs_[i];
    for (std::uint32_t k = 0; k < run.size; ++k) map[run.old_begin + k] = run.begin + k;
  });
  return map;
}

StringPool Splice::Apply(const StringPool& old, const StringPoolBuilder& delta) const {
  if (keeps_rows_) return old;  // ids: a row with another id would stand elsewhere
  const auto text = [&](const From& from) { return from.old ? old[from.row] : delta[from.row]; };
  // Runs and single rows in turn, each with the place of its first byte.
  std::vector<std::uint64_t> run_bytes(runs_.size());
  const Buffer<std::uint64_t> offsets(size_ + 1);
  std::uint64_t bytes = 0;
  std::size_t single = 0;
  std::vector<std::size_t> inserted;  // positions in singles_
  for (std::size_t i = 0; i <= runs_.size(); ++i) {
    const std::size_t until = i < runs_.size() ? runs_[i].begin : size_;
    for (; single < singles_.size() && singles_[single].at < until; ++single) {
      const Single& one = singles_[single];
      const bool updated = i > 0 && one.at < runs_[i - 1].begin + runs_[i - 1].size;
      if (updated) continue;
      inserted.push_back(single);
      offsets[one.at] = bytes;
      bytes += text(one.from).size();
    }
    if (i == runs_.size()) break;
    run_bytes[i] = bytes;
    bytes += old.offset(runs_[i].old_begin + runs_[i].size) - old.offset(runs_[i].old_begin);
  }
  offsets[size_] = bytes;
  const Buffer<char> out(bytes);
  tbb::parallel_for(std::size_t{0}, runs_.size(), [&](std::size_t i) {
    const Run& run = runs_[i];
    const std::uint64_t first = old.offset(run.old_begin);
    for (std::uint32_t k = 0; k < run.size; ++k) {
      offsets[run.begin + k] = old.offset(run.old_begin + k) - first + run_bytes[i];
    }
    std::copy_n(old.data() + first, old.offset(run.old_begin + run.size) - first,
                out.data() + run_bytes[i]);
  });
  for (const std::size_t i : inserted) {
    const std::string_view from = text(singles_[i].from);
    std::copy(from.begin(), from.end(), out.data() + offsets[singles_[i].at]);
  }
  return {SharedArray<char>(out), offsets};
}

InternedColumn Splice::Apply(const InternedColumn& old, const columns::Interner& delta) const {
  std::vector<std::string> brought = delta.values();
  std::sort(brought.begin(), brought.end());
  InternedColumn out;
  out.values.clear();
  std::set_union(old.values.begin(), old.values.end(), brought.begin(), brought.end(),
                 std::back_inserter(out.values));
  const auto code_in_out = [&out](std::string_view value) {
    return static_cast<std::uint32_t>(
        std::lower_bound(out.values.begin(), out.values.end(), value) - out.values.begin());
  };
  std::vector<std::uint32_t> rows;
  for (const std::uint32_t code : delta.codes()) {
    rows.push_back(code_in_out(delta.values()[code]));
  }
  const bool same_values = out.values.size() == old.values.size();
  if (same_values && Keeps(old.codes, rows, 0U)) return old;
  SharedArray<std::uint32_t> codes = old.codes.Unpack();
  if (!same_values && !codes.empty()) {
    std::vector<std::uint32_t> code_of;
    for (const std::string& value : old.values) code_of.push_back(code_in_out(value));
    codes = columns::Mapped(codes, code_of);
  }
  codes = Apply(codes, rows, 0);
  // A value that no row has any more is not kept.
  std::vector<std::uint8_t> used(out.values.size(), 0);
  used[0] = 1;
  columns::ForEachRow(codes.size(), [&](std::size_t i) {
    std::atomic_ref<std::uint8_t> flag(used[codes[i]]);
    if (flag.load(std::memory_order_relaxed) == 0) flag.store(1, std::memory_order_relaxed);
  });
  if (std::find(used.begin(), used.end(), 0) == used.end()) {
    columns::Assign(out.codes, codes, 0);
    return out;
  }
  std::vector<std::uint32_t> code_of(out.values.size());
  std::vector<std::string> values;
  for (std::size_t code = 0; code < used.size(); ++code) {
    code_of[code] = static_cast<std::uint32_t>(values.size());
    if (used[code] != 0) values.push_back(std::move(out.values[code]));
  }
  out.values = std::move(values);
  if (!codes.empty()) columns::Assign(out.codes, columns::Mapped(codes, code_of), 0);
  return out;
}

}  // namespace lianjie

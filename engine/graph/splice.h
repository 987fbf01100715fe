// How the rows of a changed Snapshot follow from those of the one before: runs of old rows that
// stand as they were, one after the other, and single rows that are new, changed or moved. Columns
// are made run by run, and a column in which nothing differs is shared. Inside engine/graph.
#ifndef LIANJIE_ENGINE_GRAPH_SPLICE_H_
#define LIANJIE_ENGINE_GRAPH_SPLICE_H_

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "engine/graph/columns.h"
#include "engine/graph/shared_array.h"
#include "engine/graph/snapshot.h"
#include "engine/graph/string_pool.h"
#include "tbb/parallel_for.h"

namespace lianjie {

// Immutable once made. Thread safe.
class Splice {
 public:
  // Where a single row has its values: in the old columns or in those of the delta.
  struct From {
    std::uint32_t row = 0;
    bool old = false;
  };
  struct Insertion {
    std::uint32_t before = 0;  // the old row that it comes before; the old size: the end
    From from;
  };
  struct Update {
    std::uint32_t old_row = 0;
    std::uint32_t delta_row = 0;
  };
  struct Run {
    std::uint32_t begin = 0;  // new
    std::uint32_t old_begin = 0;
    std::uint32_t size = 0;
  };
  struct Single {
    std::uint32_t at = 0;  // new
    From from;
  };

  // `removed` ascending; `insertions` in the order in which they are to stand; `updates` ascending,
  // of rows that are not removed.
  Splice(std::size_t old_size, const std::vector<std::uint32_t>& removed,
         const std::vector<Insertion>& insertions, const std::vector<Update>& updates);

  std::size_t size() const { return size_; }
  // Every row is where it was.
  bool keeps_rows() const { return keeps_rows_; }
  const std::vector<Run>& runs() const { return runs_; }
  const std::vector<Single>& singles() const { return singles_; }  // ascending
  // Where insertion i stands.
  std::uint32_t inserted(std::size_t i) const { return inserted_[i]; }

  // The old row that stands at `row`, or, where that is a single one, the first old row of the runs
  // after it, and whether it was in a run. O(log runs).
  struct Old {
    std::uint32_t row = 0;
    bool same = false;
  };
  Old OldOf(std::uint32_t row) const;
  // For each old row its new place; `gone` where it is in no run.
  std::vector<std::uint32_t> Map(std::uint32_t gone) const;

  // The new column, from the old one and that of the delta. Either may be empty: all `missing`.
  template <typename T>
  SharedArray<T> Apply(const SharedArray<T>& old, const std::vector<T>& delta,
                       std::type_identity_t<T> missing) const;
  template <typename T>
  PackedArray<T> Apply(const PackedArray<T>& old, const std::vector<T>& delta,
                       std::type_identity_t<T> missing) const;
  StringPool Apply(const StringPool& old, const StringPoolBuilder& delta) const;
  InternedColumn Apply(const InternedColumn& old, const columns::Interner& delta) const;

 private:
  // Whether the new column is the old one.
  template <typename Column, typename T>
  bool Keeps(const Column& old, const std::vector<T>& delta, T missing) const;
  void AddRun(std::uint32_t old_begin, std::uint32_t old_end);

  std::size_t old_size_ = 0;
  std::size_t size_ = 0;
  bool keeps_rows_ = true;
  std::vector<Run> runs_;
  std::vector<Single> singles_;
  std::vector<std::uint32_t> inserted_;
};

template <typename Column, typename T>
bool Splice::Keeps(const Column& old, const std::vector<T>& delta, T missing) const {
  const auto differs = [&](const Single& single) {  // an update: its values are the delta's
    const T before = old.empty() ? missing : old[single.at];
    const T after = delta.empty() ? missing : delta[single.from.row];
    return std::memcmp(&before, &after, sizeof(T)) != 0;
  };
  return keeps_rows_ && std::none_of(singles_.begin(), singles_.end(), differs);
}

template <typename T>
SharedArray<T> Splice::Apply(const SharedArray<T>& old, const std::vector<T>& delta,
                             std::type_identity_t<T> missing) const {
  const auto value = [&](const From& from) {
    if (from.old) return old.empty() ? missing : old[from.row];
    return delta.empty() ? missing : delta[from.row];
  };
  if (Keeps(old, delta, missing)) return old;
  if (old.empty() && delta.empty()) return {};
  const Buffer<T> out(size_);
  tbb::parallel_for(std::size_t{0}, runs_.size(), [&](std::size_t i) {
    const Run& run = runs_[i];
    if (old.empty()) {
      std::fill_n(out.data() + run.begin, run.size, missing);
    } else {
      std::copy_n(old.data() + run.old_begin, run.size, out.data() + run.begin);
    }
  });
  for (const Single& single : singles_) out[single.at] = value(single.from);
  // A column that nobody uses any more is an empty one.
  const bool used = std::any_of(out.data(), out.data() + size_,
                                [missing](const T& v) { return !columns::IsMissing(v, missing); });
  return used ? SharedArray<T>(out) : SharedArray<T>();
}

template <typename T>
PackedArray<T> Splice::Apply(const PackedArray<T>& old, const std::vector<T>& delta,
                             std::type_identity_t<T> missing) const {
  if (Keeps(old, delta, missing)) return old;
  return PackedArray<T>(Apply(old.Unpack(), delta, missing));
}

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_GRAPH_SPLICE_H_

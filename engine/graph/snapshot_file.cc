#include "engine/graph/snapshot_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "engine/graph/columns.h"
#include "engine/graph/hash.h"
#include "engine/graph/mapped_file.h"

namespace lianjie {
namespace {

constexpr std::array<char, 8> kMagic = {'L', 'J', 'S', 'N', 'A', 'P', '\r', '\n'};
// Changes with everything that changes what the bytes mean: columns, enumerations, the order.
constexpr std::uint32_t kLayout = 2;
constexpr std::size_t kAlignment = 64;
constexpr std::size_t kWriteBytes = std::size_t{8} << 20;

struct Header {
  std::array<char, 8> magic = kMagic;
  std::uint32_t layout = kLayout;
  std::uint32_t unused = 0;
  std::uint64_t identity = 0;
  std::int64_t revision = 0;
  std::uint64_t table_begin = 0;
  std::uint64_t table_bytes = 0;
  std::uint64_t table_checksum = 0;
  std::uint64_t checksum = 0;  // of all before it

  std::uint64_t Checksum() const {
    return Hash64({reinterpret_cast<const char*>(this), offsetof(Header, checksum)});
  }
};
static_assert(sizeof(Header) == kAlignment);

struct Section {
  std::uint64_t begin = 0;
  std::uint64_t bytes = 0;
  std::uint64_t checksum = 0;
};

struct Scalars {
  std::int64_t revision = 0;
  Date reference_date;
  std::int32_t unused = 0;
};

absl::Status FileError(std::string_view what, const std::string& path) {
  const int error = errno;
  return MakeError(
      absl::StatusCode::kUnavailable,
      Cat(what, " '", path, "': ", std::generic_category().message(error)),
      {.reason = Reason::kUnavailable, .field = {}, .row = {}, .metadata = {{"path", path}}});
}

absl::Status Unusable(absl::StatusCode code, const std::string& path, std::string_view why) {
  return MakeError(
      code, Cat("the saved snapshot '", path, "' cannot be used: ", why),
      {.reason = Reason::kUnavailable, .field = {}, .row = {}, .metadata = {{"path", path}}});
}

// Puts arrays out one after the other.
class Writer {
 public:
  explicit Writer(const OpenFile& file) : file_(file) {}

  template <typename T> void Array(const T* values, std::size_t size) {
    static_assert(std::is_trivially_copyable_v<T>);
    const std::string_view bytes(reinterpret_cast<const char*>(values), size * sizeof(T));
    at_ = (at_ + kAlignment - 1) / kAlignment * kAlignment;
    sections_.push_back({.begin = at_, .bytes = bytes.size(), .checksum = Hash64(bytes)});
    Put(bytes);
  }
  template <typename T> void operator()(const SharedArray<T>& array) {
    Array(array.data(), array.size());
  }
  template <typename T> void operator()(const std::vector<T>& values) {
    Array(values.data(), values.size());
  }
  template <typename T> void operator()(const PackedArray<T>& array) { array.VisitArrays(*this); }
  void operator()(const std::vector<std::string>& strings) {
    std::vector<std::uint64_t> ends;
    std::string bytes;
    for (const std::string& s : strings) {
      bytes += s;
      ends.push_back(bytes.size());
    }
    (*this)(ends);
    Array(bytes.data(), bytes.size());
  }

  // The table, and the header, with which the file becomes one.
  bool Finish(Header header) {
    header.table_begin = at_ = (at_ + kAlignment - 1) / kAlignment * kAlignment;
    const std::string_view table(reinterpret_cast<const char*>(sections_.data()),
                                 sections_.size() * sizeof(Section));
    header.table_bytes = table.size();
    header.table_checksum = Hash64(table);
    header.checksum = header.Checksum();
    Put(table);
    at_ = 0;
    Put({reinterpret_cast<const char*>(&header), sizeof(header)});
    return good_;
  }

 private:
  void Put(std::string_view bytes) {
    while (good_ && !bytes.empty()) {
      const ssize_t done = pwrite(file_.get(), bytes.data(), std::min(bytes.size(), kWriteBytes),
                                  static_cast<off_t>(at_));
      good_ = done > 0;
      if (!good_) return;
      at_ += static_cast<std::uint64_t>(done);
      bytes.remove_prefix(static_cast<std::size_t>(done));
    }
  }

  const OpenFile& file_;
  std::uint64_t at_ = sizeof(Header);
  bool good_ = true;
  std::vector<Section> sections_;
};

// Takes them back in the same order.
class Reader {
 public:
  Reader(std::shared_ptr<const Mapping> mapping, std::span<const Section> sections)
      : mapping_(std::move(mapping)), sections_(sections) {}

  template <typename T> std::span<const T> Array() {
    if (next_ >= sections_.size() || sections_[next_].bytes % sizeof(T) != 0) {
      good_ = false;
      return {};
    }
    const Section& section = sections_[next_++];
    return {reinterpret_cast<const T*>(mapping_->bytes().data() + section.begin),
            section.bytes / sizeof(T)};
  }
  template <typename T> void operator()(SharedArray<T>& array) {
    array = SharedArray<T>(mapping_, Array<T>());
  }
  template <typename T> void operator()(std::vector<T>& values) {
    const std::span<const T> from = Array<T>();
    values.assign(from.begin(), from.end());
  }
  template <typename T> void operator()(PackedArray<T>& array) { array.VisitArrays(*this); }
  void operator()(std::vector<std::string>& strings) {
    const std::span<const std::uint64_t> ends = Array<std::uint64_t>();
    const std::span<const char> bytes = Array<char>();
    strings.clear();
    strings.reserve(ends.size());
    std::uint64_t begin = 0;
    for (const std::uint64_t end : ends) {
      if (end < begin || end > bytes.size()) {
        good_ = false;
        return;
      }
      strings.emplace_back(bytes.data() + begin, end - begin);
      begin = end;
    }
  }
  bool AllTaken() const { return good_ && next_ == sections_.size(); }

 private:
  std::shared_ptr<const Mapping> mapping_;
  std::span<const Section> sections_;
  std::size_t next_ = 0;
  bool good_ = true;
};

// Lines as arrays.
struct LineArrays {
  std::vector<std::string> region;
  std::vector<std::int64_t> year;
  std::vector<double> line_yuan, minimum_benefit_yuan;  // NaN: not known

  void Take(const std::vector<LineRecord>& lines) {
    for (const LineRecord& line : lines) {
      region.push_back(line.region);
      year.push_back(line.year);
      line_yuan.push_back(line.line_yuan.value_or(columns::kNaN));
      minimum_benefit_yuan.push_back(line.minimum_benefit_yuan.value_or(columns::kNaN));
    }
  }
  std::vector<LineRecord> Give() const {
    const auto known = [](double v) { return v == v ? std::optional(v) : std::nullopt; };
    std::vector<LineRecord> lines;
    for (std::size_t i = 0; i < region.size(); ++i) {
      lines.push_back({region[i], year[i], known(line_yuan[i]), known(minimum_benefit_yuan[i])});
    }
    return lines;
  }
  bool EqualSizes() const {
    return year.size() == region.size() && line_yuan.size() == region.size() &&
           minimum_benefit_yuan.size() == region.size();
  }
};

}  // namespace

// The one who sees all members.
class SnapshotFile {
 public:
  template <typename S, typename F>
  static void Visit(S& s, std::vector<Scalars>& scalars, LineArrays& lines, F& f) {
    f(scalars);
    s.nodes_.ids.VisitArrays(f);
    s.links_.ids.VisitArrays(f);
    columns::ForEachNodeColumn([&f](auto, auto& column) { f(column); }, s.nodes_);
    columns::ForEachLinkColumn([&f](auto, auto& column) { f(column); }, s.links_);
    const auto interned = [&f](auto& column) { f(column.codes), f(column.values); };
    columns::ForEachNodeStrings(interned, s.nodes_);
    columns::ForEachLinkStrings(interned, s.links_);
    s.regions_.VisitArrays(f);
    f(lines.region), f(lines.year), f(lines.line_yuan), f(lines.minimum_benefit_yuan);
    f(s.out_offsets_), f(s.in_offsets_), f(s.in_links_), f(s.region_begin_);
    VisitTable(s.by_id_, f);
  }

  static absl::Status Save(const Snapshot& s, std::uint64_t identity, const std::string& path) {
    const std::string beside = path + ".new";
    const OpenFile file(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC);
    if (file.get() < 0) return FileError("cannot make", beside);
    std::vector<Scalars> scalars = {
        {.revision = s.revision_, .reference_date = s.reference_date_, .unused = 0}};
    LineArrays lines;
    lines.Take(s.lines_);
    Writer writer(file);
    Visit(s, scalars, lines, writer);
    Header header;
    header.identity = identity;
    header.revision = s.revision_;
    if (!writer.Finish(header) || fsync(file.get()) != 0) {
      const absl::Status error = FileError("cannot write", beside);
      unlink(beside.c_str());
      return error;
    }
    if (rename(beside.c_str(), path.c_str()) != 0) return FileError("cannot rename", beside);
    return absl::OkStatus();
  }

  static absl::StatusOr<std::shared_ptr<const Snapshot>> Load(
      const std::string& path, std::shared_ptr<const Mapping> mapping,
      std::span<const Section> sections) {
    const std::shared_ptr<Snapshot> s(new Snapshot());
    std::vector<Scalars> scalars;
    LineArrays lines;
    Reader reader(std::move(mapping), sections);
    Visit(*s, scalars, lines, reader);
    const bool whole = reader.AllTaken() && scalars.size() == 1 && lines.EqualSizes() &&
                       s->regions_.FinishArrays() && SizesFit(*s);
    if (!whole)
      return Unusable(absl::StatusCode::kDataLoss, path, "its arrays do not fit together");
    s->revision_ = scalars[0].revision;
    s->reference_date_ = scalars[0].reference_date;
    s->lines_ = lines.Give();
    return s;
  }

 private:
  template <typename F> static void VisitTable(const IdTable& table, F& f) { f(table.slots()); }
  template <typename F> static void VisitTable(IdTable& table, F& f) {
    SharedArray<std::uint32_t> slots;
    f(slots);
    table = IdTable(std::move(slots));
  }

  template <typename T> static bool Fits(const SharedArray<T>& column, std::size_t rows) {
    return column.empty() || column.size() == rows;
  }
  template <typename T> static bool Fits(const PackedArray<T>& column, std::size_t rows) {
    return column.FinishArrays(rows);
  }

  static bool SizesFit(const Snapshot& s) {
    const std::size_t nodes = s.nodes_.kind.size();
    const std::size_t links = s.links_.target.size();
    bool fit = s.nodes_.ids.FinishArrays(nodes) && s.links_.ids.FinishArrays(links) &&
               s.links_.source.size() == links && s.in_links_.size() == links &&
               s.out_offsets_.size() == nodes + 1 && s.in_offsets_.size() == nodes + 1 &&
               s.region_begin_.size() == s.regions_.size() + 2;
    const auto as_nodes = [&](auto, const auto& c) { fit &= Fits(c, nodes); };
    const auto as_links = [&](auto, const auto& c) { fit &= Fits(c, links); };
    columns::ForEachNodeColumn(as_nodes, s.nodes_);
    columns::ForEachLinkColumn(as_links, s.links_);
    columns::ForEachNodeStrings([&](const auto& c) { as_nodes(0, c.codes); }, s.nodes_);
    columns::ForEachLinkStrings([&](const auto& c) { as_links(0, c.codes); }, s.links_);
    return fit;
  }
};

absl::Status SaveSnapshot(const Snapshot& snapshot, std::uint64_t identity,
                          const std::string& path) {
  return SnapshotFile::Save(snapshot, identity, path);
}

namespace {

absl::StatusOr<std::shared_ptr<const Snapshot>> OpenFileOf(const std::string& path,
                                                           std::optional<std::uint64_t> identity) {
  const OpenFile file(path, O_RDONLY | O_CLOEXEC);
  if (file.get() < 0) {
    if (errno != ENOENT) return FileError("cannot open", path);
    return Unusable(absl::StatusCode::kNotFound, path, "there is none");
  }
  const auto damaged = [&path](std::string_view why) {
    return Unusable(absl::StatusCode::kDataLoss, path, why);
  };
  struct stat status {};
  if (fstat(file.get(), &status) != 0) return FileError("cannot read", path);
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size < sizeof(Header)) return damaged("it is cut off");
  const auto mapping = Mapping::Of(file, size);
  if (mapping == nullptr) return FileError("cannot map", path);
  const std::string_view bytes = mapping->bytes();
  Header header;
  std::memcpy(&header, bytes.data(), sizeof(header));
  if (header.magic != kMagic) return damaged("it is no snapshot");
  if (header.checksum != header.Checksum()) return damaged("the checksum of its header is wrong");
  if (header.layout != kLayout || header.identity != identity.value_or(header.identity)) {
    return Unusable(absl::StatusCode::kFailedPrecondition, path,
                    header.layout != kLayout ? "it has another layout" : "it is of another graph");
  }
  if (header.table_begin > size || header.table_bytes > size - header.table_begin ||
      header.table_bytes % sizeof(Section) != 0) {
    return damaged("it is cut off");
  }
  const std::string_view table = bytes.substr(header.table_begin, header.table_bytes);
  if (Hash64(table) != header.table_checksum) return damaged("the checksum of its table is wrong");
  const std::span sections(reinterpret_cast<const Section*>(table.data()),
                           table.size() / sizeof(Section));
  std::atomic<bool> good{true};
  tbb::parallel_for(
      std::size_t{0}, sections.size(),
      [&](std::size_t i) {
        const Section& s = sections[i];
        const bool inside = s.begin <= size && s.bytes <= size - s.begin;
        if (!inside || Hash64(bytes.substr(s.begin, s.bytes)) != s.checksum) good = false;
        if (inside) mapping->LetGo(s.begin, s.bytes);
      },
      tbb::simple_partitioner());
  if (!good) return damaged("the checksum of a column is wrong");
  return SnapshotFile::Load(path, mapping, sections);
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Snapshot>> OpenSnapshot(const std::string& path,
                                                             std::uint64_t identity) {
  return OpenFileOf(path, identity);
}

absl::StatusOr<std::shared_ptr<const Snapshot>> OpenSavedSnapshot(const std::string& path) {
  return OpenFileOf(path, std::nullopt);
}

}  // namespace lianjie

#include "clients/cli/input/byte_source.h"

#include <fcntl.h>
#include <iconv.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "clients/cli/base/interrupt.h"
#include "engine/core/text.h"

namespace lianjie::cli {
namespace {

constexpr std::size_t kReadBytes = std::size_t{256} << 10;

class FileSource final : public ByteSource {
 public:
  explicit FileSource(int fd) : fd_(fd) {
    struct stat about {};
    may_wait_ = ::fstat(fd, &about) != 0 || !S_ISREG(about.st_mode);
  }
  ~FileSource() override {
    if (fd_ > STDIN_FILENO) ::close(fd_);
  }

  absl::StatusOr<std::size_t> Read(std::span<char> out) override {
    ssize_t got = 0;
    do {
      if (may_wait_ && !Wait()) return absl::CancelledError("interrupted");
      got = ::read(fd_, out.data(), out.size());
    } while (got < 0 && (errno == EINTR || errno == EAGAIN));
    if (got < 0) return absl::DataLossError(Cat("cannot be read: ", std::strerror(errno)));
    raw_bytes_ += static_cast<std::uint64_t>(got);
    return static_cast<std::size_t>(got);
  }
  std::uint64_t raw_bytes() const override { return raw_bytes_; }

 private:
  // Until there is something to read, or the end; false when an interrupt comes first.
  bool Wait() const {
    std::array<pollfd, 2> waits = {{{fd_, POLLIN, 0}, {InterruptDescriptor(), POLLIN, 0}}};
    while (::poll(waits.data(), waits.size(), -1) < 0 && errno == EINTR) {
    }
    return waits[1].revents == 0;
  }

  int fd_;
  bool may_wait_ = false;  // a pipe, a terminal: somebody else decides when there is more
  std::uint64_t raw_bytes_ = 0;
};

// What a decoder reads from: a buffer over the source below it.
class Refill {
 public:
  explicit Refill(std::unique_ptr<ByteSource> source) : source_(std::move(source)) {}

  // Bytes that are there; reads on only when there are none, and keeps them in place otherwise.
  // Empty at the end.
  absl::StatusOr<std::span<char>> Peek() {
    if (begin_ == end_) {
      absl::StatusOr<std::size_t> got = source_->Read(buffer_);
      if (!got.ok()) return got.status();
      begin_ = 0;
      end_ = *got;
    }
    return std::span(buffer_).subspan(begin_, end_ - begin_);
  }
  // Adds bytes behind those that are there; false at the end of the source.
  absl::StatusOr<bool> More() {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    absl::StatusOr<std::size_t> got = source_->Read(std::span(buffer_).subspan(end_));
    if (!got.ok()) return got.status();
    end_ += *got;
    return *got > 0;
  }
  void Skip(std::size_t count) { begin_ += count; }
  // What is there; else what the source gives, which is not copied on the way.
  absl::StatusOr<std::size_t> Read(std::span<char> out) {
    if (begin_ == end_) return source_->Read(out);
    const std::size_t count = std::min(end_ - begin_, out.size());
    std::memcpy(out.data(), buffer_.data() + begin_, count);
    begin_ += count;
    return count;
  }
  const ByteSource& source() const { return *source_; }

 private:
  std::unique_ptr<ByteSource> source_;
  std::vector<char> buffer_ = std::vector<char>(kReadBytes);
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

// The bytes as they are, those that Refill has looked at first among them.
class PlainSource final : public ByteSource {
 public:
  explicit PlainSource(Refill input) : input_(std::move(input)) {}

  absl::StatusOr<std::size_t> Read(std::span<char> out) override { return input_.Read(out); }
  std::uint64_t raw_bytes() const override { return input_.source().raw_bytes(); }

 private:
  Refill input_;
};

// A gzip file may be several members one after another.
class GzipSource final : public ByteSource {
 public:
  explicit GzipSource(Refill input) : input_(std::move(input)) {
    inflateInit2(&stream_, 15 + 16);  // 16: a gzip header, and its checksum at the end
  }
  ~GzipSource() override { inflateEnd(&stream_); }

  absl::StatusOr<std::size_t> Read(std::span<char> out) override {
    while (true) {
      absl::StatusOr<std::span<char>> in = input_.Peek();
      if (!in.ok()) return in.status();
      if (in->empty() && !inside_) return std::size_t{0};
      if (!inside_) {
        inflateReset(&stream_);
        inside_ = true;
      }
      stream_.next_in = reinterpret_cast<Bytef*>(in->data());
      stream_.avail_in = static_cast<uInt>(in->size());
      stream_.next_out = reinterpret_cast<Bytef*>(out.data());
      stream_.avail_out = static_cast<uInt>(out.size());
      const int result = inflate(&stream_, Z_NO_FLUSH);
      input_.Skip(in->size() - stream_.avail_in);
      if (result == Z_STREAM_END) {
        inside_ = false;
      } else if (result != Z_OK && result != Z_BUF_ERROR) {
        return absl::DataLossError(Cat("the gzip stream is damaged: ",
                                       stream_.msg != nullptr ? stream_.msg : "unreadable"));
      }
      if (const std::size_t count = out.size() - stream_.avail_out; count > 0) return count;
      if (in->empty() && inside_)
        return absl::DataLossError("the gzip stream ends early: the file is truncated");
    }
  }
  std::uint64_t raw_bytes() const override { return input_.source().raw_bytes(); }

 private:
  Refill input_;
  z_stream stream_{};
  bool inside_ = false;
};

class ZstdSource final : public ByteSource {
 public:
  explicit ZstdSource(Refill input)
      : input_(std::move(input)), stream_(ZSTD_createDStream(), &ZSTD_freeDStream) {}

  absl::StatusOr<std::size_t> Read(std::span<char> out) override {
    ZSTD_outBuffer output{out.data(), out.size(), 0};
    while (output.pos == 0) {
      absl::StatusOr<std::span<char>> in = input_.Peek();
      if (!in.ok()) return in.status();
      if (in->empty() && wanted_ == 0) break;
      ZSTD_inBuffer input{in->data(), in->size(), 0};
      wanted_ = ZSTD_decompressStream(stream_.get(), &output, &input);
      if (ZSTD_isError(wanted_) != 0) {
        return absl::DataLossError(Cat("the zstd stream is damaged: ", ZSTD_getErrorName(wanted_)));
      }
      input_.Skip(input.pos);
      if (in->empty() && output.pos == 0 && wanted_ != 0) {
        return absl::DataLossError("the zstd stream ends early: the file is truncated");
      }
    }
    return output.pos;
  }
  std::uint64_t raw_bytes() const override { return input_.source().raw_bytes(); }

 private:
  Refill input_;
  std::unique_ptr<ZSTD_DStream, std::size_t (*)(ZSTD_DStream*)> stream_;
  std::size_t wanted_ = 0;  // 0: at the end of a frame
};

class IconvSource final : public ByteSource {
 public:
  IconvSource(std::unique_ptr<ByteSource> source, iconv_t converter, std::string encoding)
      : input_(std::move(source)), converter_(converter), encoding_(std::move(encoding)) {}
  ~IconvSource() override { iconv_close(converter_); }

  absl::StatusOr<std::size_t> Read(std::span<char> out) override {
    char* to = out.data();
    std::size_t room = out.size();
    while (room == out.size()) {
      absl::StatusOr<std::span<char>> in = input_.Peek();
      if (!in.ok()) return in.status();
      if (in->empty()) return std::size_t{0};
      char* from = in->data();
      std::size_t left = in->size();
      const std::size_t result = iconv(converter_, &from, &left, &to, &room);
      input_.Skip(in->size() - left);
      if (result != static_cast<std::size_t>(-1) || errno == E2BIG) continue;
      if (errno == EILSEQ) return absl::DataLossError(Cat("holds bytes that are not ", encoding_));
      if (room != out.size()) break;
      absl::StatusOr<bool> more = input_.More();
      if (!more.ok()) return more.status();
      if (!*more)
        return absl::DataLossError(Cat("ends in the middle of a character of ", encoding_));
    }
    return out.size() - room;
  }
  std::uint64_t raw_bytes() const override { return input_.source().raw_bytes(); }

 private:
  Refill input_;
  iconv_t converter_;
  std::string encoding_;
};

// Drops the byte order mark of UTF-8, and refuses the two of UTF-16, which would be taken for
// garbage otherwise.
class MarklessSource final : public ByteSource {
 public:
  explicit MarklessSource(std::unique_ptr<ByteSource> source) : source_(std::move(source)) {}

  absl::StatusOr<std::size_t> Read(std::span<char> out) override {
    if (begun_) return source_->Read(out);
    begun_ = true;
    std::size_t count = 0;
    while (count < std::min<std::size_t>(3, out.size())) {
      absl::StatusOr<std::size_t> got = source_->Read(out.subspan(count));
      if (!got.ok()) return got.status();
      if (*got == 0) break;
      count += *got;
    }
    const std::string_view head(out.data(), count);
    if (head.starts_with("\xFF\xFE") || head.starts_with("\xFE\xFF")) {
      return absl::DataLossError("is UTF-16: save it as UTF-8, or give --encoding utf-16");
    }
    if (!head.starts_with("\xEF\xBB\xBF")) return count;
    std::memmove(out.data(), out.data() + 3, count - 3);
    return count > 3 ? absl::StatusOr<std::size_t>(count - 3) : source_->Read(out);
  }
  std::uint64_t raw_bytes() const override { return source_->raw_bytes(); }

 private:
  std::unique_ptr<ByteSource> source_;
  bool begun_ = false;
};

absl::StatusOr<std::unique_ptr<ByteSource>> OpenFile(const std::string& path) {
  if (path == "-") return std::make_unique<FileSource>(STDIN_FILENO);
  struct stat about {};
  if (::stat(path.c_str(), &about) == 0 && S_ISDIR(about.st_mode)) {
    return absl::InvalidArgumentError("is a folder, not a file");
  }
  // Not to wait for a pipe's writer here, where an interrupt would not be seen; Read does.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    const std::string why = std::strerror(errno);
    return errno == ENOENT ? absl::NotFoundError("no such file") : absl::PermissionDeniedError(why);
  }
  ::posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
  return std::make_unique<FileSource>(fd);
}

}  // namespace

absl::StatusOr<std::unique_ptr<ByteSource>> OpenByteSource(const std::string& path,
                                                           std::string_view encoding) {
  absl::StatusOr<std::unique_ptr<ByteSource>> file = OpenFile(path);
  if (!file.ok()) return file.status();
  Refill input(*std::move(file));
  absl::StatusOr<std::span<char>> head = input.Peek();
  if (!head.ok()) return head.status();
  while (head->size() < 4) {  // a pipe may give less at first
    absl::StatusOr<bool> more = input.More();
    if (!more.ok()) return more.status();
    if (!*more) break;
    head = input.Peek();
  }
  const std::string_view magic(head->data(), head->size());
  std::unique_ptr<ByteSource> source;
  if (magic.starts_with("\x1F\x8B")) {
    source = std::make_unique<GzipSource>(std::move(input));
  } else if (magic.starts_with("\x28\xB5\x2F\xFD")) {
    source = std::make_unique<ZstdSource>(std::move(input));
  } else {
    source = std::make_unique<PlainSource>(std::move(input));
  }
  const std::string name = ToLower(encoding);
  if (!name.empty() && name != "utf-8" && name != "utf8") {
    iconv_t converter = iconv_open("UTF-8", name.c_str());
    // NOLINTNEXTLINE(performance-no-int-to-ptr): iconv's own way of saying no
    if (converter == reinterpret_cast<iconv_t>(-1)) {
      return absl::InvalidArgumentError(Cat(
          "--encoding: '", encoding, "' is not an encoding that this machine knows; try gb18030"));
    }
    source = std::make_unique<IconvSource>(std::move(source), converter, std::string(encoding));
  }
  return std::make_unique<MarklessSource>(std::move(source));
}

std::uint64_t RawFileSize(const std::string& path) {
  struct stat about {};
  if (path == "-" || ::stat(path.c_str(), &about) != 0 || !S_ISREG(about.st_mode)) return 0;
  return static_cast<std::uint64_t>(about.st_size);
}

}  // namespace lianjie::cli

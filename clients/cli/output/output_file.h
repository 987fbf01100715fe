// Where a command writes its answer: standard output, or a file that appears under its name only
// once it is complete.
#ifndef LIANJIE_CLIENTS_CLI_OUTPUT_OUTPUT_FILE_H_
#define LIANJIE_CLIENTS_CLI_OUTPUT_OUTPUT_FILE_H_

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/core/csv_writer.h"

namespace lianjie::cli {

// Used from one thread.
class OutputFile {
 public:
  // `path` empty or "-": standard output.
  static absl::StatusOr<std::unique_ptr<OutputFile>> Open(const std::string& path);
  // A file that was not closed is removed.
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  absl::Status Write(std::string_view bytes);
  // Must be called; until then a file has another name.
  absl::Status Close();
  TextSink Sink() {
    return [this](std::string_view bytes) { return Write(bytes); };
  }

 private:
  OutputFile(std::string path, std::FILE* file, bool owned)
      : path_(std::move(path)), file_(file), owned_(owned) {}
  std::string PartialPath() const;
  absl::Status Failed() const;

  std::string path_;
  std::FILE* file_;
  bool owned_;
};

}  // namespace lianjie::cli

#endif  // LIANJIE_CLIENTS_CLI_OUTPUT_OUTPUT_FILE_H_

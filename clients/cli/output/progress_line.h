// One line of progress on stderr that writes over itself, and only where stderr is a terminal.
#ifndef LIANJIE_CLIENTS_CLI_OUTPUT_PROGRESS_LINE_H_
#define LIANJIE_CLIENTS_CLI_OUTPUT_PROGRESS_LINE_H_

#include <chrono>
#include <string>
#include <string_view>

namespace lianjie::cli {

// Used from one thread.
class ProgressLine {
 public:
  ProgressLine();
  ~ProgressLine() { Clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  // At most ten times a second. `total` 0: not known. Tells the time that is left once it can be
  // estimated.
  void Show(std::string_view what, double done, double total, std::string_view tail = {});
  void Clear();

 private:
  const bool terminal_;
  const std::chrono::steady_clock::time_point begin_;
  std::chrono::steady_clock::time_point last_;
  bool shown_ = false;
};

}  // namespace lianjie::cli

#endif  // LIANJIE_CLIENTS_CLI_OUTPUT_PROGRESS_LINE_H_

// What the C++ workers share: one process a system loads a graph once, then runs kernels as the
// driver asks, so that systems can take turns in one run. A line in, a line out:
//   load FILE                       ok seconds=S rss_bytes=B bytes_before=B
//   run KERNEL OUT NAME=VALUE ...   ok seconds=S NAME=NUMBER ...  (the result's numbers go to OUT,
//                                   as 64-bit floats), or: none (no such kernel here)
//   list                            names KERNEL ... (known once a graph is loaded)
//   quit
// Anything that goes wrong: error TEXT. worker.py speaks the same.
#ifndef LIANJIE_BENCHMARKS_COMPARE_WORKER_H_
#define LIANJIE_BENCHMARKS_COMPARE_WORKER_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "graph_file.h"

namespace lianjie::compare {

// The options of one run, by name.
class Options {
 public:
  void Set(const std::string& name, const std::string& value) { values_[name] = value; }
  double Number(const std::string& name) const;  // throws when it is not given
  std::uint64_t Whole(const std::string& name) const;
  std::vector<std::uint32_t> Vertices(const std::string& name) const;  // "1,2,3"

 private:
  const std::string& Text(const std::string& name) const;
  std::map<std::string, std::string> values_;
};

struct Outcome {
  double seconds = 0;
  std::vector<double> result;
  std::map<std::string, double> values;
};

using Kernel = std::function<Outcome(const Options&)>;

class Stopwatch {
 public:
  double Seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
  }

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

// Answers lines until `quit` or the end of the input. `load` gets the graph and makes of it what
// the kernels read; what it takes is timed together with reading the file.
int Serve(const std::function<void(GraphFile)>& load, const std::map<std::string, Kernel>& kernels);

}  // namespace lianjie::compare

#endif  // LIANJIE_BENCHMARKS_COMPARE_WORKER_H_

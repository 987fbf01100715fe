#include "worker.h"

#include <malloc.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace lianjie::compare {
namespace {

std::uint64_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  statm >> size >> resident;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

void WriteResult(const std::string& path, const std::vector<double>& result) {
  std::ofstream out(path, std::ios::binary);
  out.write(reinterpret_cast<const char*>(result.data()),
            static_cast<std::streamsize>(result.size() * sizeof(double)));
  out.flush();
  if (!out) throw std::runtime_error("cannot write " + path);
}

std::string Load(std::istringstream& words, const std::function<void(GraphFile)>& load) {
  std::string file;
  words >> file;
  const std::uint64_t before = ResidentBytes();
  const Stopwatch watch;
  load(ReadGraph(file));
  const double seconds = watch.Seconds();
  malloc_trim(0);  // what was needed on the way alone
  std::ostringstream answer;
  answer << "ok seconds=" << seconds << " rss_bytes=" << ResidentBytes()
         << " bytes_before=" << before;
  return answer.str();
}

std::string Run(std::istringstream& words, const std::map<std::string, Kernel>& kernels) {
  std::string name;
  std::string out;
  std::string word;
  words >> name >> out;
  Options options;
  while (words >> word) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos) throw std::runtime_error("no option: " + word);
    options.Set(word.substr(0, equals), word.substr(equals + 1));
  }
  const auto kernel = kernels.find(name);
  if (kernel == kernels.end()) return "none";
  const Outcome outcome = kernel->second(options);
  WriteResult(out, outcome.result);
  std::ostringstream answer;
  answer.precision(17);
  answer << "ok seconds=" << outcome.seconds;
  for (const auto& [key, value] : outcome.values) answer << ' ' << key << '=' << value;
  return answer.str();
}

}  // namespace

const std::string& Options::Text(const std::string& name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) throw std::runtime_error("the option " + name + " is missing");
  return found->second;
}

double Options::Number(const std::string& name) const { return std::stod(Text(name)); }
std::uint64_t Options::Whole(const std::string& name) const { return std::stoull(Text(name)); }

std::vector<std::uint32_t> Options::Vertices(const std::string& name) const {
  std::vector<std::uint32_t> vertices;
  std::istringstream list(Text(name));
  std::string item;
  while (std::getline(list, item, ','))
    vertices.push_back(static_cast<std::uint32_t>(std::stoul(item)));
  return vertices;
}

int Serve(const std::function<void(GraphFile)>& load,
          const std::map<std::string, Kernel>& kernels) {
  std::string line;
  while (std::getline(std::cin, line)) {
    std::istringstream words(line);
    std::string command;
    words >> command;
    if (command == "quit") break;
    std::string answer;
    try {
      if (command == "load") {
        answer = Load(words, load);
      } else if (command == "run") {
        answer = Run(words, kernels);
      } else if (command == "list") {
        answer = "names";
        for (const auto& [name, kernel] : kernels) answer += ' ' + name;
      } else {
        answer = "error no such command: " + command;
      }
    } catch (const std::exception& error) {
      answer = std::string("error ") + error.what();
      for (char& c : answer)
        if (c == '\n') c = ' ';
    }
    std::cout << answer << '\n' << std::flush;
  }
  return 0;
}

}  // namespace lianjie::compare

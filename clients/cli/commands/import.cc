// `lianjie import`.
#include <array>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "CLI/App.hpp"
#include "clients/cli/base/failure.h"
#include "clients/cli/connection.h"
#include "clients/cli/input/importer.h"
#include "clients/cli/input/mapping.h"
#include "clients/cli/output/json_text.h"
#include "clients/cli/output/output_file.h"
#include "clients/cli/output/progress_line.h"
#include "clients/cli/output/text_table.h"
#include "clients/cli/session.h"
#include "engine/core/status.h"
#include "engine/core/text.h"

namespace lianjie::cli {
namespace {

constexpr char kFooter[] =
    "Files are CSV or TSV (.tsv, .tab), as they are or packed by gzip or zstd. Their first row "
    "names the columns: the fields of\nnodes (id ...), links (source, target ...), regions (code "
    "...) and lines (year ...), prop:NAME for free properties, or\nthe headers of neo4j-admin. All "
    "good rows become visible at once, or none.\n\n"
    "Examples:\n"
    "  lianjie import --data county.data --nodes nodes.csv --links links.csv --regions regions.csv "
    "--lines lines.csv\n"
    "  lianjie import --server localhost:7443 --graph tea --nodes a.csv.gz b.csv.gz --links "
    "links.tsv --bad-rows bad.csv\n"
    "  lianjie import --data io.data --mapping io.toml --input china_2020_42.csv";

struct ImportFlags {
  std::vector<std::string> nodes, links, regions, lines, inputs;
  std::string request_id, mapping, bad_rows, encoding, delimiter;
  std::string on_existing = "error", format = "table";
};

absl::StatusOr<char> ParseDelimiter(const std::string& text) {
  if (text.empty()) return '\0';
  if (text == "tab" || text == "\\t" || text == "\t") return '\t';
  if (text.size() == 1 && text[0] != '"' && text[0] != '\n' && text[0] != '\r') return text[0];
  return UsageError(Cat("--delimiter: '", text, "' is not one character, nor tab"));
}

struct KindCounts {
  const char* name;
  const v1::ImportCounts& counts;
};

std::array<KindCounts, 4> CountsOf(const v1::ImportResponse& response) {
  return {{{"nodes", response.nodes()},
           {"links", response.links()},
           {"regions", response.regions()},
           {"lines", response.lines()}}};
}

absl::Status PrintTable(const ImportOutcome& outcome, const ImportFlags& flags, double seconds,
                        OutputFile& out) {
  TextTable table;
  table.AddColumn("");
  table.AddColumn("created", Align::kRight);
  table.AddColumn("updated", Align::kRight);
  for (const KindCounts& kind : CountsOf(outcome.response)) {
    table.AddRow({kind.name, Cat(kind.counts.created_count()), Cat(kind.counts.updated_count())});
  }
  std::string text = table.ToString();
  if (outcome.bad_rows > 0) {
    text += Cat("bad rows: ", outcome.bad_rows, ", put aside in ", flags.bad_rows, "\n");
    if (outcome.bad_rows_listed < outcome.bad_rows)
      text += Cat("the file lists the first ", outcome.bad_rows_listed, " of them\n");
  } else if (!flags.bad_rows.empty()) {
    text += "bad rows: 0\n";
  }
  return out.Write(text +
                   fmt::format("revision {}, {:.1f} s\n", outcome.response.revision(), seconds));
}

absl::Status PrintJson(const ImportOutcome& outcome, OutputFile& out) {
  JsonText json(out.Sink());
  json.StartObject();
  json.Key("revision");
  json.Int(outcome.response.revision());
  for (const KindCounts& kind : CountsOf(outcome.response)) {
    json.Key(kind.name);
    json.StartObject();
    json.Key("created");
    json.Int(kind.counts.created_count());
    json.Key("updated");
    json.Int(kind.counts.updated_count());
    json.EndObject();
  }
  json.Key("bad_rows");
  json.Int(outcome.bad_rows);
  json.EndObject();
  return json.Finish();
}

// What is to be loaded, and how.
absl::StatusOr<ImportSettings> ReadFlags(const Settings& settings, const ImportFlags& flags) {
  ImportSettings load;
  load.graph = settings.graph;
  load.request_id = flags.request_id;
  load.bad_rows_path = flags.bad_rows;
  load.encoding = flags.encoding;
  LIANJIE_ASSIGN_OR_RETURN(load.delimiter, ParseDelimiter(flags.delimiter));
  if (flags.on_existing != "error" && flags.on_existing != "update") {
    return UsageError(Cat("--on-existing: '", flags.on_existing, "' is neither error nor update"));
  }
  load.update_existing = flags.on_existing == "update";
  const auto add = [&](const std::vector<std::string>& paths, std::optional<RecordKind> kind) {
    for (const std::string& path : paths) load.inputs.push_back({path, kind});
  };
  add(flags.regions, RecordKind::kRegion);
  add(flags.lines, RecordKind::kLine);
  add(flags.nodes, RecordKind::kNode);
  add(flags.links, RecordKind::kLink);
  add(flags.inputs, std::nullopt);
  if (load.inputs.empty())
    return UsageError(
        "there is nothing to import: give --nodes, --links, --regions, --lines or --input");
  if (!IsValidUtf8(settings.graph)) return UsageError("--graph: is not valid UTF-8");
  if (!IsValidUtf8(flags.request_id)) return UsageError("--request-id: is not valid UTF-8");
  for (const ImportInput& input : load.inputs) {  // before a store is made for nothing
    if (!IsValidUtf8(input.path)) return UsageError("a file's name is not valid UTF-8");
    std::error_code error;
    if (input.path == "-" || std::filesystem::exists(input.path, error)) continue;
    return absl::NotFoundError(Cat(input.path, ": no such file"));
  }
  return load;
}

// How far the server is with a load of so many rows, as its list of loads has it. An answer that
// does not come is no failure of the load.
void ShowWriting(Connection& connection, const std::string& graph, std::int64_t rows,
                 ProgressLine& line) {
  const auto statistics = Call(connection.admin(), &v1::AdminService::Stub::GetStorageStatistics,
                               v1::GetStorageStatisticsRequest());
  if (!statistics.ok()) return;
  for (const v1::LoadStatus& load : statistics->loads()) {
    if (load.graph() != graph || load.row_count() != rows || !load.has_progress()) continue;
    line.Show("write", static_cast<double>(load.progress().completed_work()),
              static_cast<double>(load.progress().total_work()), Cat(rows, " rows"));
    return;
  }
}

absl::Status Import(const Settings& settings, const ImportFlags& flags) {
  LIANJIE_ASSIGN_OR_RETURN(const Format format, ParseTableOrJson("import", flags.format));
  LIANJIE_ASSIGN_OR_RETURN(ImportSettings load, ReadFlags(settings, flags));
  std::optional<Mapping> mapping;
  if (!flags.mapping.empty()) {
    LIANJIE_ASSIGN_OR_RETURN(mapping, Mapping::Load(flags.mapping));
    load.mapping = &*mapping;
  } else if (!flags.inputs.empty()) {
    return UsageError("--input needs --mapping FILE, which says what its rows are");
  }
  ProgressLine progress;
  load.progress = [&progress](std::uint64_t done, std::uint64_t total, std::int64_t rows) {
    progress.Show("import", static_cast<double>(done), static_cast<double>(total),
                  Cat(rows, " rows"));
  };
  const auto begin = std::chrono::steady_clock::now();
  LIANJIE_ASSIGN_OR_RETURN(const std::unique_ptr<Connection> connection,
                           Connection::Open(settings, /*may_create=*/true));
  std::optional<ProgressLine> writing;  // has an estimate of its own
  load.waiting = [&](std::int64_t rows) {
    if (!writing) {
      progress.Clear();
      writing.emplace();
    }
    ShowWriting(*connection, load.graph, rows, *writing);
  };
  const absl::StatusOr<ImportOutcome> outcome = RunImport(connection->channel(), load);
  progress.Clear();
  writing.reset();
  if (!outcome.ok()) return outcome.status();
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  LIANJIE_ASSIGN_OR_RETURN(const std::unique_ptr<OutputFile> out, OutputFile::Open(""));
  LIANJIE_RETURN_IF_ERROR(format == Format::kJson ? PrintJson(*outcome, *out)
                                                  : PrintTable(*outcome, flags, seconds, *out));
  return out->Close();
}

}  // namespace

void AddImport(CLI::App& app, Session& session) {
  CLI::App* command = app.add_subcommand("import", "Load CSV files into a graph, all rows or none");
  command->footer(kFooter);
  command->fallthrough();
  auto flags = std::make_shared<ImportFlags>();
  const auto files = [&](const char* name, std::vector<std::string>& paths, const char* help) {
    command->add_option(name, paths, help)->type_name("FILE")->expected(1, 1 << 20);
  };
  files("--nodes", flags->nodes, "Files of nodes");
  files("--links", flags->links, "Files of links");
  files("--regions", flags->regions, "Files of regions");
  files("--lines", flags->lines, "Files of poverty lines");
  files("--input", flags->inputs, "Files that the mapping file speaks of");
  command
      ->add_option("--mapping", flags->mapping,
                   "Mapping file: how to read columns that are not ours")
      ->type_name("FILE.toml");
  command
      ->add_option("--bad-rows", flags->bad_rows,
                   "Put bad rows aside there, with their reasons, and load the rest")
      ->type_name("FILE");
  command
      ->add_option("--on-existing", flags->on_existing,
                   "What an id does that the graph has: error or update; default: error")
      ->type_name("error|update");
  command
      ->add_option("--request-id", flags->request_id,
                   "A name of this load, at most 128 bytes: given again after a kill or a lost "
                   "answer, the same load is done once; known for as long as the store's retention")
      ->type_name("ID");
  command
      ->add_option("--encoding", flags->encoding,
                   "Encoding of the files, as gb18030; default: UTF-8")
      ->type_name("NAME");
  command
      ->add_option("--delimiter", flags->delimiter,
                   "Between cells, or tab; default: by the file's name")
      ->type_name("CHARACTER");
  command->add_option("--format", flags->format, "How to answer: table or json")
      ->type_name("FORMAT");
  command
      ->add_option(
          "--load-memory", session.flags.load_memory,
          "With --data: memory that the rows may take, the rest waits on the store's disk; "
          "default: a sixth of the machine's, but at least 2G; least: 1M")
      ->type_name("SIZE");
  command->callback([&session, flags] {
    session.action = [flags](const Settings& settings) { return Import(settings, *flags); };
  });
}

}  // namespace lianjie::cli

// `lianjie generate county|province|nation`.
#include <chrono>
#include <cmath>
#include <filesystem>
#include <memory>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "CLI/App.hpp"
#include "clients/cli/base/failure.h"
#include "clients/cli/base/interrupt.h"
#include "clients/cli/input/region_file.h"
#include "clients/cli/output/cells.h"
#include "clients/cli/output/json_text.h"
#include "clients/cli/output/output_file.h"
#include "clients/cli/output/text_table.h"
#include "clients/cli/session.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "engine/generate/county.h"
#include "engine/generate/csv_sink.h"
#include "engine/generate/nation.h"

namespace lianjie::cli {
namespace {

struct GenerateFlags {
  std::string scale, out, regions, province, format = "table";
  std::int64_t households = 0;
  std::uint64_t seed = 1;
};

// The figures that were made, beside those they were calibrated to.
std::string FigureText(const CountyFigure& figure, double value) {
  if (figure.unit.starts_with("yuan")) return MoneyForPeople(value);
  return figure.unit == "share" ? fmt::format("{:.4f}", value) : NumberForPeople(value);
}

absl::Status Print(const std::vector<CountyFigure>& figures, std::int64_t links,
                   const GenerateFlags& flags, Format format, double seconds) {
  LIANJIE_ASSIGN_OR_RETURN(const std::unique_ptr<OutputFile> out, OutputFile::Open(""));
  if (format == Format::kJson) {
    JsonText json(out->Sink());
    json.StartArray();
    for (const CountyFigure& figure : figures) {
      json.StartObject();
      json.Key("name");
      json.String(figure.name);
      json.Key("unit");
      json.String(figure.unit);
      json.Key("target");
      figure.target ? json.Double(*figure.target) : json.Null();
      json.Key("made");
      json.Double(figure.made);
      json.EndObject();
    }
    json.EndArray();
    return json.Finish();
  }
  TextTable table;
  table.AddColumn(Cat("synthetic ", flags.scale));
  for (const char* name : {"calibrated to", "made"}) table.AddColumn(name, Align::kRight);
  table.AddColumn("");
  for (const CountyFigure& figure : figures) {
    table.AddRow({figure.name, figure.target ? FigureText(figure, *figure.target) : "",
                  FigureText(figure, figure.made), figure.unit});
  }
  return out->Write(table.ToString() +
                    fmt::format("written to {} in {:.1f} s, {} links a second\n", flags.out,
                                seconds,
                                NumberForPeople(std::round(static_cast<double>(links) / seconds))));
}

// Ends the generation when an interrupt came; it looks once in a while.
class InterruptibleSink final : public RecordSink {
 public:
  explicit InterruptibleSink(RecordSink& sink) : sink_(sink) {}
  absl::Status Region(const RegionRecord& region) override { return sink_.Region(region); }
  absl::Status Line(const LineRecord& line) override { return sink_.Line(line); }
  absl::Status Node(const NodeRecord& node) override {
    if (++count_ % 1024 == 0 && Interrupted()) return absl::CancelledError("interrupted");
    return sink_.Node(node);
  }
  absl::Status Link(const LinkRecord& link) override { return sink_.Link(link); }

 private:
  RecordSink& sink_;
  std::int64_t count_ = 0;
};

// The four tables, each under its name once all are complete.
struct TableFiles {
  static absl::StatusOr<TableFiles> Open(const std::string& folder) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) return absl::UnknownError(Cat(folder, ": cannot be made: ", error.message()));
    TableFiles files;
    for (const auto& [name, file] : {std::pair{"nodes", &files.nodes},
                                     {"links", &files.links},
                                     {"regions", &files.regions},
                                     {"lines", &files.lines}}) {
      LIANJIE_ASSIGN_OR_RETURN(*file, OutputFile::Open(Cat(folder, "/", name, ".csv")));
    }
    return files;
  }

  absl::Status Close() {
    for (OutputFile* file : {nodes.get(), links.get(), regions.get(), lines.get()})
      LIANJIE_RETURN_IF_ERROR(file->Close());
    return absl::OkStatus();
  }

  std::unique_ptr<OutputFile> nodes, links, regions, lines;
};

double SecondsSince(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

// What is wrong with an option, by its name on the command line.
absl::Status BadOption(const absl::Status& status) {
  return UsageError(Cat("--", FailureText(status)));
}

absl::Status GenerateOneCounty(const GenerateFlags& flags, Format format) {
  const CountyOptions options{.households = flags.households, .seed = flags.seed};
  if (const absl::Status valid = options.Validate(); !valid.ok()) return BadOption(valid);
  const auto begin = std::chrono::steady_clock::now();
  LIANJIE_ASSIGN_OR_RETURN(TableFiles files, TableFiles::Open(flags.out));
  CsvRecordSink csv(files.nodes->Sink(), files.links->Sink(), files.regions->Sink(),
                    files.lines->Sink());
  InterruptibleSink sink(csv);
  LIANJIE_ASSIGN_OR_RETURN(const CountySummary summary, GenerateCounty(options, sink));
  LIANJIE_RETURN_IF_ERROR(csv.Finish());
  LIANJIE_RETURN_IF_ERROR(files.Close());
  return Print(summary.Figures(), summary.links, flags, format, SecondsSince(begin));
}

absl::StatusOr<Territory> MakeTerritory(const TerritoryOptions& options,
                                        const std::string& regions) {
  if (const absl::Status valid = options.Validate(); !valid.ok()) return BadOption(valid);
  if (regions.empty() && !options.province.empty())
    return UsageError("--province: needs --regions FILE, a table with that province");
  if (regions.empty()) return Territory::Make(options);
  LIANJIE_ASSIGN_OR_RETURN(std::vector<RegionRecord> table, ReadRegionFile(regions));
  absl::StatusOr<Territory> territory = Territory::FromRegions(options, std::move(table));
  return territory.ok() ? std::move(territory) : BadOption(territory.status());
}

absl::Status GenerateManyCounties(const Settings& settings, const GenerateFlags& flags,
                                  Format format) {
  const TerritoryOptions options{
      .scale = flags.scale == "nation" ? Scale::kNation : Scale::kProvince,
      .households = flags.households,
      .seed = flags.seed,
      .province = flags.province};
  const auto begin = std::chrono::steady_clock::now();
  LIANJIE_ASSIGN_OR_RETURN(const Territory territory, MakeTerritory(options, flags.regions));
  LIANJIE_ASSIGN_OR_RETURN(TableFiles files, TableFiles::Open(flags.out));
  const WriteOptions writing{
      .threads = settings.threads > 0
                     ? settings.threads
                     : static_cast<int>(std::max(1U, std::thread::hardware_concurrency())),
      .stopped = Interrupted};
  const TerritoryTexts texts{.nodes = files.nodes->Sink(),
                             .links = files.links->Sink(),
                             .regions = files.regions->Sink(),
                             .lines = files.lines->Sink()};
  LIANJIE_ASSIGN_OR_RETURN(const TerritorySummary summary,
                           WriteTerritory(territory, texts, writing));
  LIANJIE_RETURN_IF_ERROR(files.Close());
  return Print(summary.Figures(), summary.all.links, flags, format, SecondsSince(begin));
}

absl::Status Generate(const Settings& settings, const GenerateFlags& flags) {
  LIANJIE_ASSIGN_OR_RETURN(const Format format, ParseTableOrJson("generate", flags.format));
  return flags.scale == "county" ? GenerateOneCounty(flags, format)
                                 : GenerateManyCounties(settings, flags, format);
}

struct ScaleHelp {
  const char* name;
  const char* help;
  std::int64_t households;
};

void AddScale(CLI::App& generate, Session& session, const ScaleHelp& about) {
  CLI::App* scale = generate.add_subcommand(about.name, about.help);
  scale->fallthrough();
  auto flags = std::make_shared<GenerateFlags>();
  flags->scale = about.name;
  flags->households = about.households;
  scale
      ->add_option("--households", flags->households,
                   Cat("How many households; default: ", about.households))
      ->type_name("N");
  scale
      ->add_option("--seed", flags->seed,
                   Cat("The same seed makes the same ", about.name, "; default: 1"))
      ->type_name("S");
  scale->add_option("--out", flags->out, "Folder for nodes.csv, links.csv, regions.csv, lines.csv")
      ->type_name("DIR")
      ->required();
  scale->add_option("--format", flags->format, "table or json")->type_name("FORMAT");
  if (flags->scale != "county") {
    scale
        ->add_option("--regions", flags->regions,
                     "Table of regions (code, parent, name, level) from province (1) to village "
                     "(5) to make it on; default: made ones, with codes that no place has")
        ->type_name("FILE");
  }
  if (flags->scale == "province") {
    scale
        ->add_option("--province", flags->province,
                     "Which province of --regions; default: the first")
        ->type_name("CODE");
  }
  scale->callback([&session, flags] {
    session.action = [flags](const Settings& settings) { return Generate(settings, *flags); };
  });
}

}  // namespace

void AddGenerate(CLI::App& app, Session& session) {
  CLI::App* generate =
      app.add_subcommand("generate",
                         "Make a synthetic county, province or nation, the same for "
                         "the same seed");
  generate->footer(
      "Memory does not grow with the number of households, and the bytes are the same at any "
      "number "
      "of --threads.\n\n"
      "Examples:\n"
      "  lianjie generate county --households 40000 --seed 1 --out county\n"
      "  lianjie generate province --seed 1 --out province\n"
      "  lianjie generate nation --households 3000000 --regions regions.csv --out nation");
  generate->fallthrough();
  generate->require_subcommand(1);
  AddScale(*generate, session, {"county", "A county with its townships and villages", 40000});
  AddScale(
      *generate, session,
      {"province", "Counties and what binds them, about 3 million nodes", kProvinceHouseholds});
  AddScale(*generate, session,
           {"nation", "Provinces of counties, about 32 million nodes and 100 million links",
            TerritoryOptions().households});
}

}  // namespace lianjie::cli

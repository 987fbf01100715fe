// `lianjie generate county`.
#include <chrono>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "CLI/App.hpp"
#include "clients/cli/base/failure.h"
#include "clients/cli/base/interrupt.h"
#include "clients/cli/output/cells.h"
#include "clients/cli/output/json_text.h"
#include "clients/cli/output/output_file.h"
#include "clients/cli/output/text_table.h"
#include "clients/cli/session.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "engine/generate/county.h"
#include "engine/generate/csv_sink.h"

namespace lianjie::cli {
namespace {

struct GenerateFlags {
  std::string scale, out, format = "table";
  std::int64_t households = 40000;
  std::uint64_t seed = 1;
};

// The figures that were made, beside those they were calibrated to.
std::string FigureText(const CountyFigure& figure, double value) {
  if (figure.unit.starts_with("yuan")) return MoneyForPeople(value);
  return figure.unit == "share" ? fmt::format("{:.4f}", value) : NumberForPeople(value);
}

absl::Status Print(const CountySummary& summary, const GenerateFlags& flags, Format format,
                   double seconds) {
  LIANJIE_ASSIGN_OR_RETURN(const std::unique_ptr<OutputFile> out, OutputFile::Open(""));
  if (format == Format::kJson) {
    JsonText json(out->Sink());
    json.StartArray();
    for (const CountyFigure& figure : summary.Figures()) {
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
  table.AddColumn("synthetic county");
  for (const char* name : {"calibrated to", "made"}) table.AddColumn(name, Align::kRight);
  table.AddColumn("");
  for (const CountyFigure& figure : summary.Figures()) {
    table.AddRow({figure.name, figure.target ? FigureText(figure, *figure.target) : "",
                  FigureText(figure, figure.made), figure.unit});
  }
  return out->Write(table.ToString() +
                    fmt::format("written to {} in {:.1f} s\n", flags.out, seconds));
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

absl::Status Generate(const GenerateFlags& flags) {
  if (flags.scale == "province" || flags.scale == "nation") {
    return UsageError(Cat("generate ", flags.scale,
                          " is planned and comes with a later version; a county can be made now"));
  }
  LIANJIE_ASSIGN_OR_RETURN(const Format format, ParseTableOrJson("generate", flags.format));
  const CountyOptions options{.households = flags.households, .seed = flags.seed};
  if (const absl::Status valid = options.Validate(); !valid.ok())
    return UsageError(Cat("--", FailureText(valid)));
  std::error_code error;
  std::filesystem::create_directories(flags.out, error);
  if (error) return absl::UnknownError(Cat(flags.out, ": cannot be made: ", error.message()));
  const auto begin = std::chrono::steady_clock::now();
  LIANJIE_ASSIGN_OR_RETURN(const std::unique_ptr<OutputFile> nodes,
                           OutputFile::Open(flags.out + "/nodes.csv"));
  LIANJIE_ASSIGN_OR_RETURN(const std::unique_ptr<OutputFile> links,
                           OutputFile::Open(flags.out + "/links.csv"));
  LIANJIE_ASSIGN_OR_RETURN(const std::unique_ptr<OutputFile> regions,
                           OutputFile::Open(flags.out + "/regions.csv"));
  LIANJIE_ASSIGN_OR_RETURN(const std::unique_ptr<OutputFile> lines,
                           OutputFile::Open(flags.out + "/lines.csv"));
  CsvRecordSink csv(nodes->Sink(), links->Sink(), regions->Sink(), lines->Sink());
  InterruptibleSink sink(csv);
  LIANJIE_ASSIGN_OR_RETURN(const CountySummary summary, GenerateCounty(options, sink));
  LIANJIE_RETURN_IF_ERROR(csv.Finish());
  for (OutputFile* file : {nodes.get(), links.get(), regions.get(), lines.get()})
    LIANJIE_RETURN_IF_ERROR(file->Close());
  return Print(summary, flags, format,
               std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
}

void AddScale(CLI::App& generate, Session& session, const char* name, const char* help) {
  CLI::App* scale = generate.add_subcommand(name, help);
  scale->fallthrough();
  auto flags = std::make_shared<GenerateFlags>();
  flags->scale = name;
  const bool planned = flags->scale != "county";
  scale->add_option("--households", flags->households, "How many households; default: 40000")
      ->type_name("N");
  scale->add_option("--seed", flags->seed, "The same seed makes the same county; default: 1")
      ->type_name("S");
  scale->add_option("--out", flags->out, "Folder for nodes.csv, links.csv, regions.csv, lines.csv")
      ->type_name("DIR")
      ->required(!planned);
  scale->add_option("--format", flags->format, "table or json")->type_name("FORMAT");
  scale->callback([&session, flags] {
    session.action = [flags](const Settings&) { return Generate(*flags); };
  });
}

}  // namespace

void AddGenerate(CLI::App& app, Session& session) {
  CLI::App* generate =
      app.add_subcommand("generate", "Make a synthetic county, the same for the same seed");
  generate->footer("Examples:\n  lianjie generate county --households 40000 --seed 1 --out county");
  generate->fallthrough();
  generate->require_subcommand(1);
  AddScale(*generate, session, "county", "A county with its townships and villages");
  AddScale(*generate, session, "province", "Planned");
  AddScale(*generate, session, "nation", "Planned");
}

}  // namespace lianjie::cli

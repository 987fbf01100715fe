#include "clients/cli/output/verification_text.h"

#include <memory>
#include <string>

#include "clients/cli/base/failure.h"
#include "clients/cli/output/json_text.h"
#include "clients/cli/output/output_file.h"
#include "clients/cli/output/text_table.h"
#include "engine/core/status.h"
#include "engine/core/text.h"

namespace lianjie::cli {
namespace {

std::string Faults(std::int64_t count) {
  return count == 0 ? "no fault" : Cat(count, count == 1 ? " fault" : " faults");
}

std::string Text(const v1::Verification& found, std::string_view what) {
  TextTable table;
  table.AddColumn("graph");
  for (const char* name :
       {"revision", "nodes", "links", "regions", "lines", "changes", "requests", "faults"}) {
    table.AddColumn(name, Align::kRight);
  }
  table.AddColumn("digest");
  for (const auto& row : found.graphs()) {
    const v1::Graph& graph = row.graph();
    table.AddRow({graph.name(), Cat(graph.revision()), Cat(graph.node_count()),
                  Cat(graph.link_count()), Cat(graph.region_count()), Cat(graph.line_count()),
                  Cat(row.change_count()), Cat(row.request_count()), Cat(row.fault_count()),
                  graph.digest()});
  }
  std::string text = found.graphs().empty() ? std::string() : table.ToString() + "\n";
  for (const std::string& fault : found.faults()) text += Cat(fault, "\n");
  if (found.fault_count() > found.faults_size()) {
    text += Cat("and ", found.fault_count() - found.faults_size(), " more\n");
  }
  text += Cat(what, ": ", Faults(found.fault_count()), " in ", found.record_count(),
              " keys; digest ", found.digest(), "\n");
  return text;
}

}  // namespace

absl::Status PrintVerification(const v1::Verification& found, Format format, std::string_view what,
                               std::string_view advice) {
  LIANJIE_ASSIGN_OR_RETURN(const std::unique_ptr<OutputFile> out, OutputFile::Open(""));
  if (format == Format::kTable) {
    LIANJIE_RETURN_IF_ERROR(out->Write(Text(found, what)));
  } else {
    JsonText json(out->Sink());
    json.Message(found);
    LIANJIE_RETURN_IF_ERROR(json.Finish());
  }
  if (found.fault_count() == 0) return absl::OkStatus();
  return BadDataError(Cat(what, " has ", Faults(found.fault_count()), "; ", advice));
}

}  // namespace lianjie::cli

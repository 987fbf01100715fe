// `lianjie run ANALYSIS`: one command below `run` for each analysis of the API, with its own flags,
// and the frame's flags that all of them share.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <utility>
#include <vector>

#include "CLI/App.hpp"
#include "clients/cli/analysis_flags.h"
#include "clients/cli/base/failure.h"
#include "clients/cli/base/interrupt.h"
#include "clients/cli/connection.h"
#include "clients/cli/frame_flags.h"
#include "clients/cli/output/output_file.h"
#include "clients/cli/output/progress_line.h"
#include "clients/cli/session.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "server/describe.h"

namespace lianjie::cli {
namespace {

constexpr char kRunFooter[] = R"(Examples:
  lianjie run benefit_flow --data county.data --decompose mechanism,tier
  lianjie run distances --source F1,F2 --direction reverse --format csv --out distances.csv
  lianjie run left_out --region 520422 --lines lines.csv --as-of 2020-12-31
  lianjie run page_rank --filter-nodes 'kind = FIRM' --weight paid_yuan

`lianjie analyses` lists the analyses, `lianjie analyses NAME` and `lianjie run NAME --help` describe one.)";

// One analysis' command, kept for as long as the program parses and runs.
struct AnalysisCommand {
  const google::protobuf::FieldDescriptor* field = nullptr;  // of v1::Analysis
  std::unique_ptr<MessageFlags> flags;
};

absl::Status Stream(Connection& connection, const v1::RunRequest& request, ResultWriter& writer) {
  grpc::ClientContext context;
  const OnInterrupt cancel([&context] { context.TryCancel(); });
  auto reader = connection.analyses().Run(&context, request);
  ProgressLine progress;
  absl::Status written;
  v1::RunResponse response;
  bool answered = false;
  while (written.ok() && reader->Read(&response)) {
    if (response.has_progress()) {
      progress.Show(response.progress().phase(),
                    static_cast<double>(response.progress().completed_work()),
                    static_cast<double>(response.progress().total_work()));
    } else if (response.has_header()) {
      progress.Clear();
      answered = true;
      written = writer.Begin(response.header());
    } else if (response.has_batch()) {
      written = writer.Batch(response.batch());
    }
  }
  progress.Clear();
  if (!written.ok()) context.TryCancel();
  const absl::Status status = CallStatus(reader->Finish());
  if (!written.ok()) return written;
  LIANJIE_RETURN_IF_ERROR(status);
  if (!answered) return absl::InternalError("the server gave no answer");
  return writer.End();
}

// The sentence without the field's name in front.
std::string Without(const std::string& field, const absl::Status& status) {
  std::string message(FromAbsl(status.message()));
  if (message.starts_with(field)) message = message.substr(field.size());
  return message.substr(std::min(message.size(), message.find_first_not_of(": ")));
}

// An error of an option is said with the flag that a user knows.
absl::Status WithFlag(const absl::Status& status, const google::protobuf::Descriptor& options) {
  std::optional<ErrorDetail> detail = GetErrorDetail(status);
  if (!detail || detail->field.empty()) return status;
  for (const auto& [path, flag] :
       {std::pair("frame.filter.nodes", "--filter-nodes"),
        std::pair("frame.filter.links", "--filter-links"),
        std::pair("frame.limits.max_memory_bytes", "--memory"),
        std::pair("frame.filter.region", "--region"), std::pair("frame.period", "--period")}) {
    if (!detail->field.starts_with(path)) continue;
    const std::string text = Cat(flag, ": ", Without(detail->field, status));
    detail->field.clear();
    return MakeError(status.code(), text, *std::move(detail));
  }
  const std::string field = detail->field.substr(detail->field.rfind('.') + 1);
  if (options.FindFieldByName(field) == nullptr) return status;
  std::string flag = Cat("--", field);
  std::ranges::replace(flag, '_', '-');
  const std::string message = Without(detail->field, status);
  detail->field.clear();
  return MakeError(status.code(), Cat(flag, ": ", message), *std::move(detail));
}

absl::Status RunAnalysis(const Settings& settings, const AnalysisCommand& command,
                         const FrameFlags& frame) {
  v1::RunRequest request;
  google::protobuf::Message* options = request.mutable_analysis()->GetReflection()->MutableMessage(
      request.mutable_analysis(), command.field);
  LIANJIE_RETURN_IF_ERROR(command.flags->Fill(*options));
  LIANJIE_ASSIGN_OR_RETURN(const Format format, ParseFormat(frame.format));
  LIANJIE_RETURN_IF_ERROR(frame.Fill(settings, format, *request.mutable_frame()));
  frame.FillOwnLimit(format, *options);
  LIANJIE_RETURN_IF_ERROR(CheckTexts(request));
  LIANJIE_ASSIGN_OR_RETURN(const std::unique_ptr<Connection> connection,
                           Connection::Open(settings, /*may_create=*/false));
  LIANJIE_ASSIGN_OR_RETURN(const std::unique_ptr<OutputFile> out, OutputFile::Open(frame.out));
  const auto say = [](std::string_view notes) {
    std::fputs(std::string(notes).c_str(), stderr);
    return absl::OkStatus();
  };
  const std::unique_ptr<ResultWriter> writer = MakeResultWriter(format, out->Sink(), say);
  const absl::Status status = Stream(*connection, request, *writer);
  if (!status.ok()) return WithFlag(status, *options->GetDescriptor());
  return out->Close();
}

void AddAnalysis(CLI::App& run, Session& session, const std::shared_ptr<FrameFlags>& frame,
                 const std::vector<std::string>& taken,
                 const google::protobuf::FieldDescriptor& field) {
  const absl::StatusOr<v1::AnalysisInfo> info = server::Describe(field.name(), "");
  std::vector<std::pair<std::string, std::string>> help;
  std::string description;
  if (info.ok()) {
    description = info->summary();
    for (const v1::OptionInfo& option : info->options()) {
      std::string text = option.description();
      if (!option.values().empty()) {
        text += " Values:";
        for (int i = 0; i < option.values_size(); ++i) {
          text += Cat(i == 0 ? " " : ", ", ToLower(option.values(i)));
        }
        text += ".";
      }
      help.emplace_back(option.name(), std::move(text));
    }
  }
  CLI::App* app = run.add_subcommand(field.name(), description);
  app->fallthrough();
  app->footer(
      Cat("The frame's options (--as-of, --region, --format ...) are those of `lianjie run "
          "--help`; `lianjie analyses ",
          field.name(), "` says more."));
  auto command = std::make_shared<AnalysisCommand>();
  command->field = &field;
  command->flags = std::make_unique<MessageFlags>(*app, *field.message_type(), help, taken,
                                                  std::vector<std::string>{kOwnLimit});
  app->callback([&session, command, frame] {
    session.action = [command, frame](const Settings& settings) {
      return RunAnalysis(settings, *command, *frame);
    };
  });
}

}  // namespace

void AddRun(CLI::App& app, Session& session, bool with_analyses) {
  CLI::App* run = app.add_subcommand("run", "Run an analysis");
  run->footer(kRunFooter);
  run->fallthrough();
  run->require_subcommand(1);
  auto frame = std::make_shared<FrameFlags>();
  const std::vector<std::string> taken = frame->AddTo(*run);
  if (!with_analyses) return;
  const google::protobuf::Descriptor* analyses = v1::Analysis::descriptor();
  for (int i = 0; i < analyses->field_count(); ++i)
    AddAnalysis(*run, session, frame, taken, *analyses->field(i));
}

absl::StatusOr<Format> ParseFormat(std::string_view name) {
  const std::string lower = ToLower(name);
  if (lower == "table") return Format::kTable;
  if (lower == "csv") return Format::kCsv;
  if (lower == "json") return Format::kJson;
  return UsageError(Cat("--format: '", name, "' is not one of table, csv, json"));
}

absl::StatusOr<Format> ParseTableOrJson(std::string_view command, std::string_view name) {
  absl::StatusOr<Format> format = ParseFormat(name);
  if (format.ok() && *format == Format::kCsv)
    return UsageError(Cat("--format: ", command, " answers as table or json"));
  return format;
}

}  // namespace lianjie::cli

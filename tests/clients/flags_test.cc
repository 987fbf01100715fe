// Flags made from the API's messages, settings, and what is said about wrong words.
#include <cstdlib>
#include <string>
#include <vector>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "clients/cli/analysis_flags.h"
#include "clients/cli/base/failure.h"
#include "clients/cli/connection.h"
#include "clients/cli/frame_flags.h"
#include "clients/cli/scenario_file.h"
#include "clients/cli/settings.h"
#include "clients/cli/suggest.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "lianjie/v1/analysis.pb.h"
#include "tests/clients/temp_file.h"

namespace lianjie::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

template <typename Message>
std::string Filled(std::vector<std::string> arguments, Message& message,
                   const std::vector<std::string>& taken = {}) {
  CLI::App app;
  const MessageFlags flags(app, *Message::descriptor(), {}, taken);
  std::reverse(arguments.begin(), arguments.end());
  try {
    app.parse(arguments);
  } catch (const CLI::ParseError& error) {
    return error.what();
  }
  return std::string(flags.Fill(message).message());
}

TEST(MessageFlags, FillFieldsByName) {
  v1::PageRank page_rank;
  EXPECT_EQ(Filled({"--damping", "0.9", "--iterations", "50", "--direction", "reverse", "--source",
                    "A,B", "--source", "C\\,D", "--dangling", "DANGLING_DROP"},
                   page_rank),
            "");
  EXPECT_EQ(page_rank.damping(), 0.9);
  EXPECT_EQ(page_rank.iterations(), 50);
  EXPECT_EQ(page_rank.direction(), v1::DIRECTION_REVERSE);
  EXPECT_EQ(page_rank.dangling(), v1::DANGLING_DROP);
  EXPECT_THAT(page_rank.source(), ElementsAre("A", "B", "C,D"));
}

TEST(MessageFlags, TakeListsOfEnums) {
  v1::BenefitFlow flow;
  EXPECT_EQ(
      Filled({"--decompose", "mechanism,Tier", "--mode", "SHARE", "--signed-injections"}, flow),
      "");
  EXPECT_THAT(flow.decompose(), ElementsAre(v1::DECOMPOSITION_MECHANISM, v1::DECOMPOSITION_TIER));
  EXPECT_TRUE(flow.signed_injections());
  v1::BenefitFlow off;
  EXPECT_EQ(Filled({"--signed-injections=false"}, off), "");
  EXPECT_FALSE(off.signed_injections());
}

TEST(MessageFlags, NameTheFlagAtFault) {
  v1::BenefitFlow flow;
  EXPECT_THAT(
      Filled({"--mode", "shares"}, flow),
      HasSubstr("--mode: 'shares' is not one of ledger, share, terms; did you mean share?"));
  EXPECT_THAT(Filled({"--tolerance", "small"}, flow),
              HasSubstr("--tolerance: 'small' is not a number"));
  v1::ExplainBenefit explain;
  EXPECT_THAT(Filled({"--k", "1.5"}, explain), HasSubstr("--k: '1.5' is not a whole number"));
  EXPECT_THAT(Filled({"--k", "5000000000"}, explain),
              HasSubstr("--k: '5000000000' is not a whole number"));
}

TEST(MessageFlags, StepAsideForTheFrame) {
  v1::ChainTrace trace;
  EXPECT_EQ(Filled({"--option-limit", "5", "--node", "C"}, trace, {"--limit"}), "");
  EXPECT_EQ(trace.limit(), 5);
}

TEST(MessageFlags, ReadLinesFromAFile) {
  const TempFile file("lines.csv",
                      "region,year,line_yuan,minimum_benefit_yuan\n,2020,4000,\n52,2020,,100\n");
  v1::Coverage coverage;
  EXPECT_EQ(Filled({"--lines", file.path()}, coverage), "");
  ASSERT_EQ(coverage.lines_size(), 2);
  EXPECT_EQ(coverage.lines(0).line_yuan(), 4000);
  EXPECT_FALSE(coverage.lines(1).has_line_yuan());
  const TempFile bad("lines.csv", "region,year,line_yuan\n,2020,many\n");
  EXPECT_THAT(Filled({"--lines", bad.path()}, coverage),
              HasSubstr("lines.csv:2:3: line_yuan: 'many'"));
  const TempFile far("lines.csv", "region,year,line_yuan\n,-4294965276,4000\n");
  EXPECT_THAT(Filled({"--lines", far.path()}, coverage),
              HasSubstr("lines.csv:2:2: year: -4294965276 is not a year"));
}

TEST(FrameFlags, FillTheLimitOfAnAnalysis) {
  const auto limit = [](std::int64_t given, Format format) {
    FrameFlags flags;
    flags.limit = given;
    v1::ChainTrace trace;
    flags.FillOwnLimit(format, trace);
    return trace.limit();
  };
  EXPECT_EQ(limit(-1, Format::kTable), 0);  // the analysis' default
  EXPECT_EQ(limit(-1, Format::kCsv), kNoLimit);
  EXPECT_EQ(limit(-1, Format::kJson), kNoLimit);
  EXPECT_EQ(limit(7, Format::kTable), 7);
  EXPECT_EQ(limit(7, Format::kJson), 7);
  EXPECT_EQ(limit(0, Format::kTable), kNoLimit);
  v1::Degree degree;
  FrameFlags().FillOwnLimit(Format::kJson, degree);
  EXPECT_EQ(degree.ByteSizeLong(), 0U);
}

TEST(Connection, RefusesTextsThatAreNotUtf8) {
  v1::RunRequest request;
  EXPECT_TRUE(CheckTexts(request).ok());
  request.mutable_analysis()->mutable_distances()->add_source("fine");
  EXPECT_TRUE(CheckTexts(request).ok());
  request.mutable_analysis()->mutable_distances()->add_source("\xff");
  EXPECT_EQ(CheckTexts(request).message(), "source: is not valid UTF-8");
}

TEST(FrameFlags, FillTheFrame) {
  FrameFlags flags;
  flags.period = "2020-01-01..2021-01-01";
  flags.region = "52";
  flags.limit = 0;
  v1::Frame frame;
  ASSERT_TRUE(flags.Fill({}, Format::kTable, frame).ok());
  EXPECT_EQ(frame.period().end().year(), 2021);
  EXPECT_EQ(frame.filter().region(), "52");
  EXPECT_EQ(frame.limits().max_rows(), 0);
  flags.limit = -1;
  ASSERT_TRUE(flags.Fill({}, Format::kTable, frame).ok());
  EXPECT_EQ(frame.limits().max_rows(), kTableRows);
  flags.as_of = "2020-02-30";
  EXPECT_EQ(ExitCodeOf(flags.Fill({}, Format::kTable, frame)), kExitUsage);
  flags.period.clear();
  EXPECT_THAT(std::string(flags.Fill({}, Format::kTable, frame).message()), HasSubstr("--as-of: "));
  EXPECT_EQ(ParseConsistency("at_least:42")->at_least_revision(), 42);
  EXPECT_FALSE(ParseConsistency("newest").ok());
}

TEST(Scenario, IsReadFromToml) {
  v1::Scenario scenario;
  const absl::Status status = ParseScenario(
      "remove_nodes = ['F']\nsplits = "
      "'recomputed'\n[[add_links]]\nsource='C'\ntarget='H'\nmechanism='ORDER'\npaid_yuan=500\n"
      "[[set_fields]]\nlink='L'\nfield='paid_yuan'\nvalue=12\n",
      "s.toml", scenario);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_THAT(scenario.remove_nodes(), ElementsAre("F"));
  EXPECT_EQ(scenario.add_links(0).paid_yuan(), 500);
  EXPECT_EQ(scenario.set_fields(0).value(), "12");
  EXPECT_EQ(scenario.splits(), v1::SPLITS_RECOMPUTED);
  EXPECT_THAT(std::string(ParseScenario("remove_node = ['F']\n", "s.toml", scenario).message()),
              HasSubstr("did you mean remove_nodes?"));
}

Flags FlagsWith(const std::string& config) {
  Flags flags;
  flags.config = config;
  return flags;
}

TEST(Settings, FlagsWin) {
  ::setenv("LIANJIE_SERVER", "far:1", 1);
  const TempFile file("lianjie.toml", "data = 'there'\ngraph = 'tea'\nmemory = '2GiB'\n");
  Flags flags;
  flags.config = file.path();
  auto settings = ResolveSettings(flags);
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(settings->server, "far:1");
  EXPECT_EQ(settings->data, "");
  EXPECT_EQ(settings->graph, "tea");
  EXPECT_EQ(settings->memory_bytes, std::uint64_t{2} << 30);
  flags.data = "here";
  flags.graph = "rice";
  settings = ResolveSettings(flags);
  EXPECT_EQ(settings->data, "here");
  EXPECT_EQ(settings->server, "");
  EXPECT_EQ(settings->graph, "rice");
  ::unsetenv("LIANJIE_SERVER");
  EXPECT_EQ(ResolveSettings(FlagsWith(file.path()))->data, "there");
  flags.server = "near:1";
  EXPECT_EQ(ExitCodeOf(ResolveSettings(flags).status()), kExitUsage);
  const TempFile wrong("lianjie.toml", "\ngrahp = 'tea'\n");
  EXPECT_THAT(std::string(ResolveSettings(FlagsWith(wrong.path())).status().message()),
              HasSubstr("lianjie.toml:2: 'grahp' is no setting; did you mean graph?"));
}

TEST(Settings, KnowLoopback) {
  for (const char* address : {"localhost:1", "127.0.0.1:0", "127.1.2.3:1", "[::1]:1"})
    EXPECT_TRUE(IsLoopback(address)) << address;
  for (const char* address : {"0.0.0.0:1", "[::]:1", "10.0.0.1:1", "example.org:1"})
    EXPECT_FALSE(IsLoopback(address)) << address;
}

TEST(Suggest, NamesTheNearest) {
  CLI::App app("", "lianjie");
  std::string graph;
  app.add_option("--graph", graph);
  app.fallthrough();
  CLI::App* run = app.add_subcommand("run", "");
  run->fallthrough();
  CLI::App* rank = run->add_subcommand("page_rank", "");
  std::string damping;
  rank->add_option("--damping", damping);
  EXPECT_THAT(ExplainArguments(app, {"rum"}), HasSubstr("'rum' is no command; did you mean run?"));
  EXPECT_THAT(ExplainArguments(app, {"run", "pagerank"}),
              HasSubstr("'pagerank' is no analysis; did you mean page_rank?"));
  EXPECT_THAT(ExplainArguments(app, {"--graph", "tea", "run", "page_rank", "--dampin", "0.5"}),
              HasSubstr("'--dampin' is no option; did you mean --damping?"));
  EXPECT_THAT(ExplainArguments(app, {"quux"}), HasSubstr("'quux' is no command\n"));
  EXPECT_EQ(ExplainArguments(app, {"--graph", "rum", "run", "page_rank"}), "");
}

}  // namespace
}  // namespace lianjie::cli

// What manners_benchmark runs: each analysis with the options that change what it costs. The words
// in capitals are put in from the graph: HOUSEHOLD, ORGANISATION (who pays most links), SOURCE and
// TARGET (a money path of several links between them, where there is one).
#ifndef LIANJIE_BENCHMARKS_MANNERS_CASES_H_
#define LIANJIE_BENCHMARKS_MANNERS_CASES_H_

#include <array>
#include <string_view>

namespace lianjie {

inline constexpr std::array kMannersCases = {
    std::string_view("shortest_path { source: 'SOURCE' target: 'TARGET' }"),
    std::string_view(
        "shortest_path { source: 'SOURCE' target: 'TARGET' direction: DIRECTION_UNDIRECTED "
        "weight: 'paid_yuan' }"),
    std::string_view("distances { source: 'ORGANISATION' }"),
    std::string_view("distances { source: 'ORGANISATION' direction: DIRECTION_UNDIRECTED }"),
    std::string_view("distances { source: 'ORGANISATION' direction: DIRECTION_UNDIRECTED weight: "
                     "'paid_yuan' missing_weight: 1 }"),
    std::string_view("chain_trace { node: 'ORGANISATION' }"),
    std::string_view("k_shortest_paths { source: 'SOURCE' target: 'TARGET' k: 20 direction: "
                     "DIRECTION_UNDIRECTED }"),
    std::string_view("widest_path { source: 'SOURCE' target: 'TARGET' weight: 'paid_yuan' "
                     "direction: DIRECTION_UNDIRECTED }"),
    std::string_view("timed_trace { node: 'ORGANISATION' }"),
    std::string_view("max_flow { source: 'SOURCE' target: 'TARGET' weight: 'paid_yuan' direction: "
                     "DIRECTION_UNDIRECTED }"),
    std::string_view("degree {}"),
    std::string_view("degree { direction: DIRECTION_UNDIRECTED weight: 'paid_yuan' }"),
    std::string_view("page_rank {}"),
    std::string_view("page_rank { direction: DIRECTION_UNDIRECTED weight: 'paid_yuan' }"),
    std::string_view("betweenness { direction: DIRECTION_UNDIRECTED }"),
    std::string_view("betweenness {}"),
    std::string_view("betweenness { direction: DIRECTION_UNDIRECTED epsilon: 0.01 }"),
    std::string_view("closeness { direction: DIRECTION_UNDIRECTED }"),
    std::string_view("closeness {}"),
    std::string_view("harmonic { direction: DIRECTION_UNDIRECTED }"),
    std::string_view("harmonic {}"),
    std::string_view("eigenvector { direction: DIRECTION_UNDIRECTED }"),
    std::string_view("katz { direction: DIRECTION_UNDIRECTED }"),
    std::string_view("hits {}"),
    std::string_view("k_core {}"),
    std::string_view("weak_components {}"),
    std::string_view("strong_components {}"),
    std::string_view("articulation {}"),
    std::string_view("label_propagation {}"),
    std::string_view("louvain {}"),
    std::string_view("clustering {}"),
    std::string_view("benefit_flow {}"),
    std::string_view("benefit_flow { mode: FLOW_MODE_SHARE }"),
    std::string_view(
        "benefit_flow { decompose: DECOMPOSITION_TIER decompose: DECOMPOSITION_MECHANISM }"),
    std::string_view("explain_benefit { node: 'HOUSEHOLD' }"),
    std::string_view("dependence {}"),
    std::string_view("dependence { mode: FLOW_MODE_SHARE }"),
    std::string_view("dependence { organisation: 'ORGANISATION' }"),
    std::string_view("coverage {}"),
    std::string_view("left_out {}"),
};

}  // namespace lianjie

#endif  // LIANJIE_BENCHMARKS_MANNERS_CASES_H_

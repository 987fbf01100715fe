#include "engine/core/record_view.h"

namespace lianjie {

NodeView ViewOf(const NodeRecord& node) {
  NodeView view;
  view.id = node.id;
  view.subtype = node.subtype;
  view.region = node.region;
  view.industry = node.industry;
  view.lifted_out_year = node.lifted_out_year;
  view.persons = node.persons;
  view.income_year = node.income_year;
  view.labour_skilled = node.labour_skilled;
  view.labour_ordinary = node.labour_ordinary;
  view.labour_weak = node.labour_weak;
  view.income_wage_yuan = node.income_wage_yuan.value_or(kNoAmount);
  view.income_operating_yuan = node.income_operating_yuan.value_or(kNoAmount);
  view.income_property_yuan = node.income_property_yuan.value_or(kNoAmount);
  view.income_transfer_yuan = node.income_transfer_yuan.value_or(kNoAmount);
  view.land_mu = node.land_mu.value_or(kNoAmount);
  view.capacity_jobs = node.capacity_jobs.value_or(kNoAmount);
  view.capacity_tonnes = node.capacity_tonnes.value_or(kNoAmount);
  view.capacity_mu = node.capacity_mu.value_or(kNoAmount);
  view.revenue_yuan = node.revenue_yuan.value_or(kNoAmount);
  view.equity_yuan = node.equity_yuan.value_or(kNoAmount);
  view.outside_revenue_yuan = node.outside_revenue_yuan.value_or(kNoAmount);
  view.leak_share = node.leak_share.value_or(kNoAmount);
  view.valid = node.valid;
  view.kind = node.kind;
  view.sector = node.sector;
  view.stage = node.stage;
  view.registration = node.registration;
  view.monitoring = node.monitoring;
  view.operating_status = node.operating_status;
  view.causes = node.causes;
  view.labels.assign(node.labels.begin(), node.labels.end());
  return view;
}

LinkView ViewOf(const LinkRecord& link) {
  LinkView view;
  view.id = link.id;
  view.policy = link.policy;
  view.product = link.product;
  view.promised_yuan = link.promised_yuan.value_or(kNoAmount);
  view.paid_yuan = link.paid_yuan.value_or(kNoAmount);
  view.share = link.share.value_or(kNoAmount);
  view.capacity = link.capacity.value_or(kNoAmount);
  view.weight = link.weight.value_or(kNoAmount);
  view.valid = link.valid;
  view.mechanism = link.mechanism;
  view.share_of = link.share_of;
  view.priority = link.priority;
  view.tightness = link.tightness;
  view.driver = link.driver;
  view.status = link.status;
  view.sector = link.sector;
  return view;
}

}  // namespace lianjie

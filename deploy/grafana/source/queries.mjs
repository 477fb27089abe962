// Pieces of PromQL. Everything is summed or joined by cluster and instance; where there is no label `cluster`, the empty one
// joins as well as any.

// promql`...`: on one line.
export const promql = (text, ...values) => String.raw({ raw: text }, ...values).replace(/\s+/g, ' ').trim();

export const nodes = 'cluster=~"$cluster",job=~"$job",instance=~"$instance"';
// of(metric, matcher...): of the nodes that the dashboard is about.
export const of = (metric, ...matchers) => `${metric}{${[nodes, ...matchers].join(',')}}`;
export const rate = (metric, ...matchers) => `rate(${of(metric, ...matchers)}[$__rate_interval])`;
// On the Instance dashboard, of the devices that are chosen there.
export const chosen = 'device=~"$device"';
export const of_chosen = (metric, ...matchers) => of(metric, chosen, ...matchers);
// What was counted in all of the dashboard's time.
export const counted = (metric, ...matchers) => `increase(${of(metric, ...matchers)}[$__range])`;

export const node = 'cluster, instance';
export const device = 'cluster, instance, device';
export const sum_by = (labels, expression) => `sum by (${labels}) (${expression})`;
export const device_rate = (metric, ...matchers) => sum_by(device, rate(metric, ...matchers));
export const node_rate = (metric, ...matchers) => sum_by(node, rate(metric, ...matchers));

// Those n that have most of it in all of the dashboard's time, so that they are the same at each of its moments.
export const most = (n, expression, by, metric) => promql`
  ${expression} and on (${by}) topk(${n}, sum by (${by}) (increase(${of(metric)}[$__range] @ end())))`;

// union('label', {value: expression}): one query for all of them, told apart by a label.
export const union = (label, expressions) => Object.entries(expressions)
  .map(([value, expression]) => `label_replace(${expression}, "${label}", "${value}", "", "")`).join(' or ');

// Of nothing, a ratio is no number: 0/0 is left out.
export const ratio = (part, whole) => `${part} / (${whole} > 0)`;

// by_place('subnet_id', 'device', rates): what is not known is called so, and not left out.
export const by_place = (place, info, join, value) => promql`
  sum by (${place}) (label_replace(
    ${value} * on (${join}) group_left (${place}) ${of(info)},
    "${place}", "unknown", "${place}", ""))`;

// What runs on many nodes is one workload: the Slurm job of a step, and the pods whose names differ in their numbers only
// (train-worker-0 and train-worker-1, sweep-3-x7k2p). The same in PromQL, for a label, and in the variable's regex.
export const with_workload = (expression) => promql`
  label_replace(label_replace(label_replace(label_replace(${expression},
    "workload", "$1", "owner", "(.*)"),
    "workload", "$1", "owner", "(slurm:[^.]+)(?:[.].*)?"),
    "workload", "$1", "owner", "(pod:[^/]+/[^/]+)(?:/.*)?"),
    "workload", "$1", "owner", "(pod:[^/]+/[^/]+?)(?:-[0-9]+)+(?:-[a-z0-9]{5})?(?:/.*)?")`;
export const workload_of_owner =
  '/^(slurm:[^.]+|pod:[^/]+\\/[^/]+?(?=(?:-[0-9]+)+(?:-[a-z0-9]{5})?(?:\\/|$))|pod:[^/]+\\/[^/]+|.*)/';
export const chosen_owners = 'owner=~"($owner)(?:[.][^.]+|(?:-[0-9]+)+(?:-[a-z0-9]{5})?)?(?:/.*)?"';

// A Slurm job, a pod or any other workload: its nodes, its slowest rail, its stragglers, and what happened first.
import * as look from './look.mjs';
import { check_titles } from './checks.mjs';
import { chosen_owners, device, node, of, promql, rate, sum_by, union, workload_of_owner } from './queries.mjs';

const { column, prose, text } = look;
const of_owner = (metric, ...more) => of(metric, chosen_owners, ...more);
// The devices that the job holds objects of, at each moment; and what is known of those.
const held = promql`group by (${device}) (${of_owner('efa_device_owner_info')})`;
const held_nodes = promql`group by (${node}) (${of_owner('efa_device_owner_info')})`;
const of_held = (expression) => promql`(${expression} and on (${device}) ${held})`;
const device_rate = (metric) => of_held(sum_by(device, rate(metric)));
const node_rate = (metric) => promql`sum by (${node}) ${device_rate(metric)}`;
const total = (metric) => promql`sum ${device_rate(metric)}`;
const moved = of_held(promql`${sum_by(device, rate('efa_tx_bytes_total'))} + ${sum_by(device, rate('efa_rx_bytes_total'))}`);
const node_moved = promql`(sum by (${node}) ${moved})`;
// To the median of the job's; of nothing there is none.
const to_median = (values, more = '') => promql`
  ${more}${values} / on (cluster) group_left () (quantile by (cluster) (0.5, ${values}) > 0)`;
const spread = (labels, expression) => promql`count by (${labels}) (${expression})`;
const held_info = promql`(${of('efa_device_info')} and on (${device}) ${held})`;
const node_info = promql`(${of('efa_instance_info')} and on (${node}) ${held_nodes})`;
const no_v3 = promql`unless on (${node}) ${of('efa_instance_type_info', 'nitro_version="v3"')}`;
const retransmitted = promql`(sum by (${node}) ${device_rate('efa_retrans_bytes_total')} / (sum by (${node}) ${device_rate('efa_tx_bytes_total')} > 0) ${no_v3})`;
const node_column = column('instance', 'Node', { links: look.to_instance });

// When something was seen first in the time shown, to a step of $__interval, in milliseconds.
const first = (condition) => promql`
  1000 * min by (${device}) (min_over_time(timestamp(${condition} and on (${device}) ${held})[$__range:$__interval]))`;
const grew = (metric) => first(promql`${sum_by(device, `increase(${of(metric)}[$__rate_interval])`)} > 0`);

const summary = {
  title: 'The job',
  lines: [[4,
    look.number({ title: 'Nodes', w: 2, unit: 'short', queries: [[promql`count(${held_nodes})`, 'nodes']],
      help: prose`
        Nodes on which the job holds devices now. Fewer than it was given: processes that have ended, or that fell back to
        TCP.` }),
    look.number({ title: 'Devices', w: 2, unit: 'short', queries: [[promql`count(${held})`, 'devices']],
      help: 'Devices that the job holds objects of, over all its nodes.' }),
    look.number({ title: 'Processes', w: 2, unit: 'short',
      queries: [[promql`sum(${of_owner('efa_owner_processes')})`, 'processes']],
      help: 'Its processes that hold objects of a device. The number of ranks, or a multiple of it.' }),
    look.number({ title: 'Registered', w: 3, unit: 'bytes',
      queries: [[promql`sum(${of_owner('efa_owner_registered_bytes')})`, 'memory']],
      help: 'Memory that the job has registered with devices; what is registered with several counts as often.' }),
    look.number({ title: 'Throughput', w: 5, unit: 'Bps',
      queries: [[total('efa_tx_bytes_total'), 'sent'], [total('efa_rx_bytes_total'), 'received']],
      help: 'What the job’s devices move. With shared devices it is not the job’s alone.' }),
    look.number({ title: 'Slowest rail', w: 3, unit: 'percentunit', thresholds: look.bad_below(0.5),
      queries: [[promql`min(${to_median(moved)})`, 'of median']],
      help: prose`
        What the job’s slowest device moves, of the median of its devices. A job that uses all its rails evenly is near 100
        %. 0 %: a device that it holds and does not use.` }),
    look.number({ title: 'Slowest node', w: 3, unit: 'percentunit', thresholds: look.bad_below(0.8),
      queries: [[promql`min(${to_median(node_moved)})`, 'of median']],
      help: prose`
        What the job’s slowest node moves, of the median of its nodes. All ranks of a collective operation wait for the
        slowest, so that a straggler slows the others down too: see First events for who began.` }),
    look.number({ title: 'Shared', w: 2, unit: 'short', thresholds: look.warn_from(1),
      queries: [[promql`count(${of('efa_device_owners')} > 1 and on (${device}) ${held}) or vector(0)`, 'devices']],
      help: 'Devices that another workload holds, too. Their traffic and errors are not this job’s alone.' }),
    look.number({ title: 'Since', w: 2, unit: 'dateTimeFromNow',
      queries: [[promql`1000 * min(${of_owner('efa_owner_start_time_seconds')})`, 'start']],
      help: 'Start of the first of its processes that hold devices.' }),
  ], [9,
    look.table({
      title: 'Node by node', w: 16, sort: 'Of median',
      queries: [
        promql`max by (${node}, instance_type, availability_zone_id, placement_group) ${node_info}`,
        promql`count by (${node}) (${held})`, `sum by (${node}) ${device_rate('efa_tx_bytes_total')}`, `sum by (${node}) ${device_rate('efa_rx_bytes_total')}`,
        to_median(node_moved), promql`min by (${node}) (${to_median(moved)})`, retransmitted,
        promql`count by (${node}) (${of('efa_health_check', 'severity="fail"')} == 1 and on (${node}) ${held_nodes})`,
      ],
      columns: [
        node_column, column('Value #B', 'Devices', { unit: 'short' }), column('Value #C', 'Sent', { unit: 'Bps' }), column('Value #D', 'Received', { unit: 'Bps' }),
        column('Value #E', 'Of median', { unit: 'percentunit', thresholds: look.bad_below(0.8) }),
        column('Value #F', 'Slowest rail', { unit: 'percentunit', thresholds: look.bad_below(0.5) }),
        column('Value #G', 'Retransmitted', { unit: 'percentunit', thresholds: look.bad_above(0.0001, 0.01) }),
        column('Value #H', 'Failing checks', { unit: 'short', thresholds: look.bad_from(1) }),
        column('instance_type', 'Type'), column('availability_zone_id', 'Zone'), column('placement_group', 'Placement group'),
      ],
      help: prose`
        A row for each node, the slowest first. Of median: what it moves, to the median of the job’s nodes. Slowest rail:
        its slowest device, to the median of all the job’s devices. Click on a node to see its devices.`,
    }),
    look.table({
      title: 'First events', w: 8, sort: 'First seen',
      queries: [union('event', {
        'retransmission time-out': grew('efa_retrans_timeout_events_total'),
        'peer unresponsive': grew('efa_unresponsive_remote_events_total'),
        'connection impaired': grew('efa_impaired_remote_conn_events_total'),
        'packets dropped': grew('efa_rx_drops_total'),
        'RDMA read failed': grew('efa_rdma_read_wr_err_total'),
        'RDMA write failed': grew('efa_rdma_write_wr_err_total'),
        'command unanswered': grew('efa_no_completion_cmds_total'),
        'device not up': first(promql`max by (${device}) (${of('efa_device_up')}) == 0`),
      })],
      columns: [
        column('Value', 'First seen', { unit: 'dateTimeAsIso', width: 170 }), column('event', 'Event'), column('instance', 'Node', { links: look.to_instance }),
        column('device', 'Device'),
      ],
      help: prose`
        What went wrong on which device first, in the time shown, the earliest on top: the others are often its
        consequences. What was there at the beginning may have begun before. To a step of the graphs: choose a short time
        around the trouble for a finer answer. Empty is good.`,
    }),
  ]],
};

const speed = {
  title: 'Stragglers',
  lines: [[9,
    look.lines({ title: 'Moved by node', w: 8, unit: 'Bps', links: look.series_to_instance,
      queries: [[node_moved, '{{instance}}']],
      help: prose`
        Bytes a second of the job’s devices on each node, sent and received added. Lines of one job should lie on each
        other. All at zero at once: a checkpoint, a hang, or the end.` }),
    look.lines({ title: 'Nodes to their median', w: 8, unit: 'percentunit', links: look.series_to_instance,
      queries: [[to_median(node_moved), '{{instance}}']],
      help: prose`
        The same, to the median of the job’s nodes: 100 % is like the others. A line far off for long is a straggler, or a
        rank with another role. In a synchronous job all wait for the slowest, so that differences are small.` }),
    look.lines({ title: 'Rails to their median', w: 8, unit: 'percentunit',
      queries: [
        [promql`min(${to_median(moved)})`, 'slowest'], [promql`quantile(0.1, ${to_median(moved)})`, '10 %'],
        [promql`max(${to_median(moved)})`, 'fastest'],
      ],
      help: prose`
        The job’s slowest device, the tenth of its devices below which the slowest are, and its fastest, to their median.
        Close together: balanced. One slow rail alone sets the pace of a collective operation over all rails.` }),
  ], [8,
    look.table({ title: 'Slowest rails', w: 8, sort: 'Of median', queries: [promql`bottomk(15, ${to_median(moved)})`],
      columns: [
        node_column, column('device', 'Device'),
        column('Value', 'Of median', { unit: 'percentunit', thresholds: look.bad_below(0.5) }),
      ],
      help: prose`
        The 15 of the job’s devices that move least now, to the median of them all. The same device on all nodes: the job
        does not use that rail. One device of one node: that device or its path.` }),
    look.heat({ title: 'Rails over time', w: 16, unit: 'Bps',
      queries: [
        [promql`sum by (instance, device) ${moved} and on (instance, device) bottomk(48, sum by (instance, device) (${of_held(sum_by(device, `increase(${of('efa_tx_bytes_total')}[$__range] @ end())`))}))`, '{{instance}} {{device}}'],
      ],
      help: prose`
        A row for each of the 48 devices of the job that sent least in the time shown; the brighter, the more it moves. A
        dark row among bright ones is a slow or unused rail.` }),
  ]],
};

const trouble = {
  title: 'Trouble',
  lines: [[8,
    look.lines({ title: 'Retransmitted share', w: 6, unit: 'percentunit', links: look.series_to_instance,
      queries: [[retransmitted, '{{instance}}']],
      help: prose`
        Share of bytes that was sent again, by node. One node above the others is a bad path there; all together is
        congestion. Nodes before Nitro v4 do not count it and are left out.` }),
    look.lines({ title: 'Time-outs', w: 6, unit: 'cps', links: look.series_to_instance,
      queries: [[node_rate('efa_retrans_timeout_events_total'), '{{instance}}']],
      help: prose`
        Retransmission time-outs a second by node. Each is milliseconds in which a connection stands still, and with it the
        job. Both ends of a broken path count them.` }),
    look.lines({ title: 'Peers and connections', w: 6, unit: 'cps',
      queries: [
        [total('efa_unresponsive_remote_events_total'), 'unresponsive'],
        [total('efa_impaired_remote_conn_events_total'), 'impaired'],
      ],
      help: prose`
        Events a second over the job. unresponsive: peers that do not answer, as when a rank has died; the nodes that count
        it are those that live. impaired: connections that were slowed down.` }),
    look.lines({ title: 'Dropped on receipt', w: 6, unit: 'pps', links: look.series_to_instance,
      queries: [[node_rate('efa_rx_drops_total'), '{{instance}}']],
      help: prose`
        Packets a second that arrived and were dropped, by node: a receiver that does not keep up, and often the straggler
        itself.` }),
  ], [8,
    look.table({ title: 'Ranks that retransmit', w: 9, sort: '-Packets',
      queries: [
        promql`sum by (instance, device, owner, rank, local_rank) (${of_owner('efa_device_rank_info')} * on (${device}) group_left () ${sum_by(device, rate('efa_retrans_pkts_total'))})`,
      ],
      columns: [
        node_column, ...text({ device: 'Device', rank: 'Rank', local_rank: 'Local rank' }),
        column('Value', 'Packets', { unit: 'pps' }),
      ],
      help: prose`
        The job’s ranks, and the packets a second that the devices they hold send again. Empty unless ownership.environment
        is on. A device that several ranks hold stands here once for each.` }),
    look.table({ title: 'Checks that fail', w: 9, sort: 'Severity',
      queries: [promql`${of('efa_health_check')} == 1 and on (${node}) ${held_nodes}`],
      columns: [
        node_column, column('code', 'Check', { mappings: check_titles, plain: true }),
        column('severity', 'Severity', { mappings: look.values_as({ fail: ['fail', 'vermilion'], warn: ['warn', 'orange'] }) }),
      ],
      help: 'What efa-agent doctor says of the job’s nodes. Codes are explained in deploy/doctor/README.md.' }),
    look.table({ title: 'Shared devices', w: 6, sort: 'Node',
      queries: [
        promql`max by (instance, device, owner) (${of('efa_device_owner_info')} and on (${device}) ${held} and on (${device}) ${of('efa_device_owners')} > 1)`,
      ],
      columns: [node_column, ...text({ device: 'Device', owner: 'Held by' })],
      help: prose`
        Devices of the job that somebody else holds, too, and who. Empty is good: only then are all numbers of this page the
        job’s own.` }),
  ]],
};

const placement = {
  title: 'Where it is, and who it is',
  lines: [[7,
    look.table({ title: 'Zones and networks', w: 9, sort: '-Devices',
      queries: [
        spread('availability_zone_id, vpc_id, subnet_id', promql`${held_info} * on (${node}) group_left (availability_zone_id) ${of('efa_instance_info')}`),
      ],
      columns: [
        ...text({ availability_zone_id: 'Zone', vpc_id: 'VPC', subnet_id: 'Subnet' }),
        column('Value', 'Devices', { unit: 'short' }),
      ],
      help: prose`
        Where the job’s devices are. There should be one row: EFA traffic does not pass between zones or VPCs, and seldom
        should between subnets.` }),
    look.table({ title: 'Security groups', w: 7, sort: '-Devices', queries: [spread('security_group_ids', held_info)],
      columns: [...text({ security_group_ids: 'Groups' }), column('Value', 'Devices', { unit: 'short' })],
      help: prose`
        Security groups of the job’s devices. More than one row: they may not let each other through, and the job hangs at
        its start.` }),
    look.table({ title: 'Kinds of nodes', w: 8, sort: '-Nodes',
      queries: [
        spread('instance_type, placement_group, driver_version, libfabric_version', promql`${node_info} * on (${node}) group_left (driver_version, libfabric_version) ${of('efa_host_info')}`),
      ],
      columns: [
        ...text({ instance_type: 'Type', placement_group: 'Placement group', driver_version: 'Driver', libfabric_version: 'libfabric' }),
        column('Value', 'Nodes', { unit: 'short' }),
      ],
      help: prose`
        The job’s nodes by type, placement group and versions. There should be one row; another one is where to look for
        stragglers.` }),
  ], [7,
    look.table({ title: 'Owners', w: 12, sort: 'Owner',
      queries: [
        promql`count by (owner, kind, slurm_job_id, slurm_step, job_name, namespace, pod, command) (${of_owner('efa_owner_info')})`,
      ],
      columns: [
        ...text({ owner: 'Owner', kind: 'Kind', slurm_job_id: 'Job', slurm_step: 'Step', job_name: 'Name', namespace: 'Namespace', pod: 'Pod', command: 'Command' }),
        column('Value', 'Nodes', { unit: 'short' }),
      ],
      help: prose`
        What the chosen job consists of: the steps of a Slurm job, or the pods whose names differ in their numbers only.` }),
    look.lines({ title: 'Registered memory', w: 6, unit: 'bytes', links: look.series_to_instance,
      queries: [[promql`sum by (instance) (${of_owner('efa_owner_registered_bytes')})`, '{{instance}}']],
      help: prose`
        Memory registered by the job on each node. It should be the same everywhere and stop growing after the first steps;
        growth that does not end is a leak of registrations.` }),
    look.lines({ title: 'Objects', w: 6, unit: 'short',
      queries: [[promql`sum by (type) (${of_owner('efa_owner_resources')})`, '{{type}}']],
      help: 'Objects of the devices that the job holds over all nodes. qp stands here only if ownership.queue_pairs is on.' }),
  ]],
};

export default look.dashboard({
  uid: 'efa-job',
  title: 'EFA / Job',
  description: 'A Slurm job, pod or other workload on Elastic Fabric Adapters: its nodes, slowest rail, stragglers, first event. Of efa-agent.',
  variables: [
    look.variable('owner', 'Job', 'label_values(efa_owner_info{cluster=~"$cluster",job=~"$job"}, owner)', { multi: true, regex: workload_of_owner }),
    look.variable('instance', 'Node', 'label_values(efa_owner_info{cluster=~"$cluster",job=~"$job"}, instance)', look.any),
  ],
  rows: [summary, speed, trouble, placement],
});

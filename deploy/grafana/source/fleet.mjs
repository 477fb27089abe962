// Who is unhealthy, who talks most, where packets are lost.
import * as look from './look.mjs';
import { check_titles } from './checks.mjs';
import {
  by_place, counted, device, device_rate, most, node, node_rate, of, promql, rate, ratio, sum_by, union, with_workload,
} from './queries.mjs';

const { column, prose } = look;
const tx = node_rate('efa_tx_bytes_total');
const rx = node_rate('efa_rx_bytes_total');
const device_moved = promql`(${device_rate('efa_tx_bytes_total')} + ${device_rate('efa_rx_bytes_total')})`;
// What the instance type has; of types that the agent does not know, what the ports say.
const bandwidth = promql`
  (max by (${node}) (${of('efa_instance_network_bytes_per_second')}) or sum by (${node}) (${of('efa_port_rate_bytes_per_second')}))`;
const expected = promql`max by (${node}) (${of('efa_devices_expected')})`;
const counts_retransmissions = promql`unless on (${node}) ${of('efa_instance_type_info', 'nitro_version="v3"')}`;
const retransmitted = promql`(${ratio(node_rate('efa_retrans_bytes_total'), tx)} ${counts_retransmissions})`;
const blind = promql`
  (max by (${node}) (${of('up')}) == 0)
  or (max by (${node}) (${of('efa_scrape_collector_success', 'collector="devices"')}) == 0)
  or (max by (${node}) (${of('efa_devices')}) > 0 unless on (${node}) ${of('efa_device_up')} == 1)`;
const only_positive = (expression) => `${expression} > 0`;
const node_column = column('instance', 'Node', { links: look.to_instance });

const now = {
  title: 'Now',
  lines: [[4,
    look.number({
      title: 'Agents that answer', w: 3, unit: 'short',
      queries: [[promql`sum(${of('up')})`, 'answer'], [promql`count(${of('up')})`, 'of']],
      help: prose`
        Agents that answered the last scrape, of those that Prometheus asks. Both numbers should be the same; who is missing
        stands in the table below.`,
    }),
    look.number({
      title: 'Blind agents', w: 3, unit: 'short', thresholds: look.bad_from(1),
      queries: [[promql`count(${blind}) or vector(0)`, 'blind']],
      help: prose`
        Agents that do not answer, cannot list devices, or can read none of the devices they list. Nothing else on this page
        speaks of their nodes: no news of them is not good news.`,
    }),
    look.number({
      title: 'Devices', w: 4, unit: 'short',
      queries: [
        [promql`sum(${of('efa_device_up')})`, 'up'], [promql`sum(${of('efa_devices')})`, 'found'],
        [promql`sum(${expected})`, 'expected'],
      ],
      help: prose`
        EFA devices whose counters are read, that were found, and that should be there: what devices.expected says, else the
        maximum of the instance type, which is no promise where fewer were attached on purpose.`,
    }),
    look.number({
      title: 'Stuck or down', w: 3, unit: 'short', thresholds: look.bad_from(1),
      queries: [
        [promql`sum(${of('efa_device_stuck')})`, 'stuck'],
        [promql`count(${of('efa_device_up')} == 0) or vector(0)`, 'down'],
      ],
      help: prose`
        stuck: a reader hangs in the kernel, as the device does not answer its driver. down: the counters were not read in
        the last scrape, for whatever reason; stuck devices are down, too.`,
    }),
    look.number({
      title: 'Failing checks', w: 3, unit: 'short', thresholds: look.bad_from(1),
      queries: [
        [promql`count(${of('efa_health_check', 'severity="fail"')} == 1) or vector(0)`, 'fail'],
        [promql`count(${of('efa_health_check', 'severity="warn"')} == 1) or vector(0)`, 'warn'],
      ],
      help: prose`
        Checks of efa-agent doctor that fail, over all nodes. fail: something is broken. warn: somebody should look. Absent
        is not passed: a check that cannot be made counts as neither.`,
    }),
    look.number({
      title: 'Throughput', w: 4, unit: 'Bps',
      queries: [[promql`sum(${rate('efa_tx_bytes_total')})`, 'sent'], [promql`sum(${rate('efa_rx_bytes_total')})`, 'received']],
      help: prose`
        Bytes a second of all devices, of all verbs. Within one fleet both are about the same: what one sends, another
        receives.`,
    }),
    look.number({
      title: 'Utilisation', w: 2, unit: 'percentunit', queries: [[promql`sum(${tx}) / sum(${bandwidth})`, 'sent']],
      help: prose`
        What is sent, of all that the nodes could send. Training jobs come in bursts: a low average over the scrape interval
        says nothing of the peaks within it.`,
    }),
    look.number({
      title: 'Simulated', w: 2, unit: 'short', thresholds: look.warn_from(1),
      queries: [[promql`count(${of('efa_agent_simulated')}) or vector(0)`, 'agents']],
      help: 'Agents that run with --simulate. Their numbers are made up; there should be none outside of a test.',
    }),
  ]],
};

const info_labels = 'instance_type, availability_zone_id, placement_group';
const failing = promql`(${of('efa_health_check')} == 1)`;
const unhealthy = {
  title: 'Who is unhealthy',
  lines: [[10,
    look.table({
      title: 'Checks that fail', w: 14,
      queries: [promql`
        ${failing} * on (${node}) group_left (${info_labels}) ${of('efa_instance_info')}
        or ${failing} unless on (${node}) ${of('efa_instance_info')}`],
      columns: [
        node_column, column('code', 'Check', { mappings: check_titles, plain: true, width: 420 }),
        column('severity', 'Severity', { mappings: look.values_as({ fail: ['fail', 'vermilion'], warn: ['warn', 'orange'] }) }),
        column('instance_type', 'Type'), column('availability_zone_id', 'Zone'), column('placement_group', 'Placement group'),
      ],
      sort: 'Severity',
      help: prose`
        What efa-agent doctor says of each node, without anybody running it. fail before warn. What to do: run efa-agent
        doctor there; each code is explained in deploy/doctor/README.md. Empty is good, if no agent is blind.`,
    }),
    look.table({
      title: 'Nodes in trouble', w: 10, sort: '-Failing',
      queries: [
        only_positive(sum_by(node, of('efa_health_check', 'severity="fail"'))),
        promql`count by (${node}) (${of('efa_device_up')} == 0)`,
        only_positive(promql`${expected} - on (${node}) max by (${node}) (${of('efa_devices')})`),
        only_positive(node_rate('efa_retrans_timeout_events_total')),
        only_positive(node_rate('efa_rx_drops_total')),
      ],
      columns: [
        node_column, column('Value #A', 'Failing', { unit: 'short', thresholds: look.bad_from(1) }),
        column('Value #B', 'Down', { unit: 'short', thresholds: look.bad_from(1) }),
        column('Value #C', 'Missing', { unit: 'short', thresholds: look.bad_from(1) }),
        column('Value #D', 'Time-outs', { unit: 'cps', thresholds: look.bad_above(0.1, 1) }),
        column('Value #E', 'Drops', { unit: 'pps', thresholds: look.warn_from(100) }),
      ],
      help: prose`
        Nodes with at least one thing out of order: checks that fail, devices that are down or missing, retransmission
        time-outs, received packets that were dropped. A dash is none. Click on a node to see its devices.`,
    }),
  ], [7,
    look.table({
      title: 'Devices that are not up', w: 9,
      queries: [promql`
        (${of('efa_device_up')} + 2 * ${of('efa_device_stuck')} != 1)
        * on (${device}) group_left (pci_address, eni_id) ${of('efa_device_info')}
        or (${of('efa_device_up')} + 2 * ${of('efa_device_stuck')} != 1) unless on (${device}) ${of('efa_device_info')}`],
      columns: [
        node_column, column('device', 'Device'), column('Value', 'State', { unit: 'none', mappings: look.device_state }),
        column('pci_address', 'PCI address'), column('eni_id', 'Interface'),
      ],
      help: prose`
        down: the last scrape could not read its counters. stuck: a reader still waits for it in the kernel. A device whose
        admin queue is closed stays down until its driver is loaded anew.`,
    }),
    look.table({
      title: 'Failed reads', w: 7, sort: '-Reads',
      queries: [only_positive(sum_by('cluster, instance, device, reason', counted('efa_read_errors_total')))],
      columns: [
        node_column, column('device', 'Device'), column('reason', 'Reason'), column('Value', 'Reads', { unit: 'short' }),
      ],
      help: prose`
        Reads of counters that failed in the time shown, and why: closed is an admin queue that is shut, stuck and timeout a
        device that does not answer, denied a right that the agent lacks. Files that a driver does not have are no error.`,
    }),
    look.table({
      title: 'Which agents are blind', w: 4, queries: [blind],
      columns: [node_column, column('Value', 'Sees', { unit: 'short' })],
      help: prose`
        Nodes of which nothing is known, and how many devices their agent sees without being able to read one: 0 where it
        does not answer or cannot list them.`,
    }),
    look.table({
      title: 'Device events', w: 4, sort: '-Times',
      queries: [only_positive(sum_by('cluster, instance, event', counted('efa_device_events_total')))],
      columns: [node_column, column('event', 'Event'), column('Value', 'Times', { unit: 'short' })],
      help: prose`
        Devices that came, went or were renamed in the time shown. On a node that is in use there should be none; each is a
        driver or an instance that was changed, or a device that fell off the bus.`,
    }),
  ]],
};

const network = {
  title: 'Network',
  lines: [[11,
    look.heat({
      title: 'Retransmitted share by node', w: 14, unit: 'percentunit',
      queries: [[most(40, retransmitted, node, 'efa_retrans_bytes_total'), '{{instance}}']],
      help: prose`
        A row for each of the 40 nodes that retransmitted most; the brighter, the larger the share of bytes that was sent
        again. One bright row is a bad node or link, a bright column is congestion that all feel at once. Nodes before Nitro
        v4 do not count it and are left out; their 0 would mean nothing.`,
    }),
    look.lines({
      title: 'Trouble on the paths', w: 10, unit: 'cps',
      queries: [
        [promql`sum(${rate('efa_retrans_timeout_events_total')})`, 'time-outs'],
        [promql`sum(${rate('efa_unresponsive_remote_events_total')})`, 'unresponsive'],
        [promql`sum(${rate('efa_impaired_remote_conn_events_total')})`, 'impaired'],
      ],
      help: prose`
        Events a second over all devices. time-outs: SRD gave up on a path and took another, milliseconds in which a
        connection stands still. unresponsive: a peer died or is cut off. impaired: a connection was slowed down. Some at
        the end of a job are normal, a steady rate is not.`,
    }),
  ], [8,
    look.lines({
      title: 'Dropped on receipt', w: 8, unit: 'pps', links: look.series_to_instance,
      queries: [[most(10, node_rate('efa_rx_drops_total'), node, 'efa_rx_drops_total'), '{{instance}}']],
      help: prose`
        Packets a second that arrived and were dropped, of the ten nodes that dropped most. The receiver does not keep up:
        too few receive buffers posted, or a host that is busy elsewhere.`,
    }),
    look.lines({
      title: 'Time-outs by node', w: 8, unit: 'cps', links: look.series_to_instance,
      queries: [
        [most(10, node_rate('efa_retrans_timeout_events_total'), node, 'efa_retrans_timeout_events_total'), '{{instance}}'],
      ],
      help: prose`
        Retransmission time-outs a second of the ten nodes that had most. One node alone: look at that node. All of one zone
        or placement group at once: it is the network.`,
    }),
    look.lines({
      title: 'Failed RDMA requests', w: 8, unit: 'cps', links: look.series_to_instance,
      queries: [
        [promql`topk(10, ${node_rate('efa_rdma_read_wr_err_total')} + ${node_rate('efa_rdma_write_wr_err_total')})`, '{{instance}}'],
      ],
      help: prose`
        RDMA reads and writes a second that ended in an error, of the ten nodes with most at each moment. A single one ends
        most jobs; the node that counts it is seldom the one that caused it.`,
    }),
  ]],
};

const owner_traffic = promql`
  topk(15, sum by (cluster, workload) (${with_workload(promql`group by (${device}, owner) (${of('efa_device_owner_info')})`)}
    * on (${device}) group_left () ${device_moved}
    and on (${device}) ${of('efa_device_owners')} == 1))`;
const talkers = {
  title: 'Top talkers',
  lines: [[9,
    look.table({
      title: 'Busiest nodes', w: 8, sort: '-Sent',
      queries: [
        `topk(15, ${tx})`, `(${rx}) and on (${node}) topk(15, ${tx})`,
        `(${tx} / on (${node}) ${bandwidth}) and on (${node}) topk(15, ${tx})`,
      ],
      columns: [
        node_column, column('Value #A', 'Sent', { unit: 'Bps' }), column('Value #B', 'Received', { unit: 'Bps' }),
        column('Value #C', 'Of bandwidth', { unit: 'percentunit', gauge: 1 }),
      ],
      help: prose`
        The 15 nodes that send most now, and the share of their bandwidth that it is. Nodes of one job should be about
        equal.`,
    }),
    look.table({
      title: 'Busiest devices', w: 8, sort: '-Moved', queries: [`topk(15, ${device_moved})`],
      columns: [node_column, column('device', 'Device'), column('Value', 'Moved', { unit: 'Bps' })],
      help: prose`
        The 15 devices that move most now, sent and received added. One device far above the others of its node: a job that
        uses only one of its rails.`,
    }),
    look.table({
      title: 'Busiest jobs', w: 8, sort: '-Moved', queries: [owner_traffic],
      columns: [column('workload', 'Job', { links: look.to_job }), column('Value', 'Moved', { unit: 'Bps' })],
      help: prose`
        The 15 workloads (Slurm jobs, pods, units) whose devices move most now. Only devices that one workload holds: what a
        shared device moves is nobody’s alone. Click on one to see it.`,
    }),
  ], [8,
    look.lines({
      title: 'Utilisation over nodes', w: 8, unit: 'percentunit',
      queries: [
        [promql`max(${tx} / on (${node}) ${bandwidth})`, 'busiest'],
        [promql`quantile(0.95, ${tx} / on (${node}) ${bandwidth})`, '95 %'],
        [promql`avg(${tx} / on (${node}) ${bandwidth})`, 'mean'],
      ],
      help: prose`
        What nodes send, of what they could, as an average over each step of the graph. Near 100 % the network is what jobs
        wait for; far below, it is not, or bursts are averaged away.`,
    }),
    look.table({
      title: 'Queue pairs without traffic', w: 8,
      queries: [promql`
        count by (cluster, instance, owner) (group by (${device}, owner) (${of('efa_device_owner_info')})
          and on (${device}) ${of('efa_device_resources', 'type="qp"')} > 0
          and on (${device}) ${sum_by(device, `rate(${of('efa_tx_bytes_total')}[10m])`)} + ${sum_by(device, `rate(${of('efa_rx_bytes_total')}[10m])`)} == 0)`],
      columns: [node_column, column('owner', 'Owner'), column('Value', 'Idle devices', { unit: 'short' })],
      help: prose`
        Who holds queue pairs of devices that have moved no byte for ten minutes: a job that waits, hangs, or sends over TCP
        instead. A device of a node where all else is busy may just not be used by the job.`,
    }),
    look.table({
      title: 'Shared devices', w: 8, sort: '-Owners',
      queries: [promql`max by (${device}) (${of('efa_device_owners')}) > 1`],
      columns: [node_column, column('device', 'Device'), column('Value', 'Owners', { unit: 'short' })],
      help: prose`
        Devices that more than one workload holds objects of. They share its bandwidth, and its counters cannot be told
        apart.`,
    }),
  ]],
};

const place = (title, label, info, join, value, unit, help) => look.lines({
  title, w: 6, unit, queries: [[by_place(label, info, join, value), `{{${label}}}`]], help,
});
const places = {
  title: 'By place',
  lines: [[8,
    place('Sent by zone', 'availability_zone_id', 'efa_instance_info', node, tx, 'Bps',
      'Bytes a second by availability zone. EFA traffic does not cross zones, so each is an island. The identity (use1-az1) is the same for all accounts, the letter is not.'),
    place('Sent by subnet', 'subnet_id', 'efa_device_info', device, device_rate('efa_tx_bytes_total'), 'Bps',
      'Bytes a second by the subnet of each device. unknown: the agent could not ask the instance metadata for the device’s interface.'),
    place('Sent by placement group', 'placement_group', 'efa_instance_info', node, tx, 'Bps',
      'Bytes a second by placement group. unknown is every node outside of one: more hops between its peers.'),
    place('Sent by instance type', 'instance_type', 'efa_instance_info', node, tx, 'Bps', 'Bytes a second by instance type.'),
  ], [8,
    ...[
      ['zone', 'availability_zone_id', 'efa_instance_info', node, node_rate],
      ['subnet', 'subnet_id', 'efa_device_info', device, device_rate],
      ['placement group', 'placement_group', 'efa_instance_info', node, node_rate],
    ].map(([name, label, info, join, rates]) => look.lines({
      title: `Retransmitted by ${name}`, w: 6, unit: 'percentunit',
      queries: [[promql`
        ${by_place(label, info, join, `(${rates('efa_retrans_bytes_total')} ${counts_retransmissions})`)}
        / (${by_place(label, info, join, `(${rates('efa_tx_bytes_total')} ${counts_retransmissions})`)} > 0)`, `{{${label}}}`]],
      help: `Share of bytes that was sent again, by ${name}. One far above the others is where to look, or to drain; all together is load. Nodes before Nitro v4 do not count it and are left out.`,
    })),
    look.table({
      title: 'Nodes by place', w: 6, sort: '-Nodes',
      queries: [promql`count by (availability_zone_id, placement_group, instance_type) (${of('efa_instance_info')})`],
      columns: [
        column('availability_zone_id', 'Zone'), column('placement_group', 'Group'), column('instance_type', 'Type'),
        column('Value', 'Nodes', { unit: 'short' }),
      ],
      help: 'How many nodes there are of each type in each zone and placement group.',
    }),
  ]],
};

const versions = {
  title: 'What is installed',
  lines: [[7,
    look.table({
      title: 'Drivers', w: 8, sort: '-Nodes',
      queries: [promql`count by (driver_version, kernel, efa_installer_version) (${of('efa_host_info')})`],
      columns: [
        column('driver_version', 'Driver'), column('kernel', 'Kernel'), column('efa_installer_version', 'Installer'),
        column('Value', 'Nodes', { unit: 'short' }),
      ],
      help: prose`
        Nodes by what they run. Few nodes with another version than the rest are the first to look at when a job is slow on
        some nodes only. The kernel’s own driver has no version.`,
    }),
    look.table({
      title: 'Libraries', w: 10, sort: '-Nodes',
      queries: [
        promql`count by (libfabric_version, openmpi_version, intel_mpi_version, ofi_nccl_version) (${of('efa_host_info')})`,
      ],
      columns: [
        column('libfabric_version', 'libfabric'), column('openmpi_version', 'Open MPI'), column('intel_mpi_version', 'Intel MPI'),
        column('ofi_nccl_version', 'NCCL plugin'), column('Value', 'Nodes', { unit: 'short' }),
      ],
      help: prose`
        Nodes by what is installed on the host; containers bring their own, of which nothing is seen here. All ranks of a
        job should have the same.`,
    }),
    look.table({
      title: 'Agents', w: 6, sort: '-Nodes', queries: [promql`count by (version, revision) (${of('efa_agent_build_info')})`],
      columns: [column('version', 'Version'), column('revision', 'Revision'), column('Value', 'Nodes', { unit: 'short' })],
      help: 'Nodes by the agent they run. More than one for long is an upgrade that got stuck.',
    }),
  ]],
};

export default look.dashboard({
  uid: 'efa-fleet',
  title: 'EFA / Fleet',
  description: 'Elastic Fabric Adapters of all nodes: who is unhealthy, who talks most, where packets are lost. Of efa-agent.',
  variables: [
    look.variable('instance', 'Node', 'label_values(efa_agent_build_info{cluster=~"$cluster",job=~"$job"}, instance)', look.any),
  ],
  rows: [now, unhealthy, network, talkers, places, versions],
});

// One node: its devices, what they carry, what goes wrong on them, who uses them, and what stands beside them.
import * as look from './look.mjs';
import { check_titles } from './checks.mjs';
import { ena_rows } from './ena.mjs';
import { host_and_agent } from './host.mjs';
import { chosen, counted, device, of, of_chosen as of_devices, promql, rate, ratio, union, with_workload } from './queries.mjs';

const { column, prose, text } = look;
const by_device = (metric) => promql`sum by (device) (${rate(metric, chosen)})`;
const total = (metric) => promql`sum(${rate(metric, chosen)})`;
const in_time = (metric) => promql`sum by (${device}) (${counted(metric, chosen)})`;
const port_rate = promql`sum by (device) (${of_devices('efa_port_rate_bytes_per_second')})`;
const no_v3 = promql`unless on (cluster, instance) ${of('efa_instance_type_info', 'nitro_version="v3"')}`;
const state = promql`${of_devices('efa_device_up')} + on (${device}) 2 * ${of_devices('efa_device_stuck')}`;
const device_column = column('device', 'Device');

const what_it_is = {
  title: 'The node',
  lines: [[3,
    look.number({
      title: 'Agent', w: 2, unit: 'none', thresholds: look.bad_below(1), mappings: look.values_as({ 0: ['down', 'vermilion'], 1: ['answers', 'blue'] }),
      queries: [[promql`max(${of('up')})`, 'agent']],
      help: 'Whether the agent answered Prometheus’s last scrape. While it does not, everything below is old or empty.',
    }),
    look.number({
      title: 'Devices up', w: 4, unit: 'short',
      queries: [
        [promql`sum(${of('efa_device_up')})`, 'up'], [promql`max(${of('efa_devices')})`, 'found'],
        [promql`max(${of('efa_devices_expected')})`, 'expected'],
      ],
      help: prose`
        Devices that are read, that were found, and that should be there: what devices.expected says, else the maximum of
        the instance type.`,
    }),
    look.number({
      title: 'Stuck', w: 2, unit: 'short', thresholds: look.bad_from(1),
      queries: [[promql`sum(${of('efa_device_stuck')})`, 'stuck']],
      help: prose`
        Devices a reader of which hangs in the kernel now. It costs the others nothing; jobs on the device hang the same way
        when they set up queue pairs or memory.`,
    }),
    look.number({
      title: 'Checks', w: 3, unit: 'short', thresholds: look.bad_from(1),
      queries: [
        [promql`count(${of('efa_health_check', 'severity="fail"')} == 1) or vector(0)`, 'fail'],
        [promql`count(${of('efa_health_check', 'severity="warn"')} == 1) or vector(0)`, 'warn'],
      ],
      help: 'Checks of efa-agent doctor that fail here; the table below has them.',
    }),
    look.number({
      title: 'Bandwidth', w: 3, unit: 'bps',
      queries: [[promql`8 * max(${of('efa_instance_network_bytes_per_second')})`, 'type']],
      help: prose`
        Network bandwidth that is published for the instance type, over all cards, in one direction. TCP/IP takes its part
        of it, too.`,
    }),
    look.number({
      title: 'Now', w: 6, unit: 'Bps',
      queries: [[total('efa_tx_bytes_total'), 'sent'], [total('efa_rx_bytes_total'), 'received']],
      help: 'Bytes a second over the chosen devices, of all verbs.',
    }),
    look.number({
      title: 'Type known', w: 2, unit: 'none', thresholds: look.bad_below(1), mappings: look.yes_or_no,
      queries: [[promql`max(${of('efa_instance_supported')})`, 'known']],
      help: prose`
        Whether the agent’s table has this instance type as one with EFA. no: a type without EFA, or newer than the agent;
        then bandwidth and the expected number of devices are missing.`,
    }),
    look.number({
      title: 'Simulated', w: 2, unit: 'none', thresholds: look.warn_from(1), mappings: look.values_as({ 0: ['no', 'blue'], 1: ['yes', 'orange'] }),
      queries: [[promql`count(${of('efa_agent_simulated')}) or vector(0)`, 'simulated']],
      help: 'yes: this agent runs with --simulate, and all its numbers are made up.',
    }),
  ], [4,
    look.table({
      title: 'Instance', w: 12,
      queries: [promql`
        ${of('efa_instance_info')} * on (cluster, instance, instance_type) group_left (generation, nitro_version, rdma_read, rdma_write, accelerator) ${of('efa_instance_type_info')}
        or ${of('efa_instance_info')} unless on (cluster, instance, instance_type) ${of('efa_instance_type_info')}`],
      columns: text({
        instance_id: 'Identity', instance_type: 'Type', availability_zone: 'Zone', availability_zone_id: 'Zone id', placement_group: 'Placement group',
        image_id: 'Image', node_name: 'Kubernetes node', generation: 'EFA', nitro_version: 'Nitro', rdma_read: 'RDMA read',
        rdma_write: 'RDMA write', accelerator: 'Accelerator',
      }),
      help: prose`
        What is known of the instance and published of its type. RDMA write no: zero rdma_write bytes are then all there can
        be. Nitro v3: retransmissions are not counted.`,
    }),
    look.table({
      title: 'Installed', w: 12, queries: [of('efa_host_info')],
      columns: text({
        os: 'System', kernel: 'Kernel', driver_version: 'Driver', efa_installer_version: 'Installer', libfabric_version: 'libfabric',
        openmpi_version: 'Open MPI', intel_mpi_version: 'Intel MPI', ofi_nccl_version: 'NCCL plugin',
      }),
      help: prose`
        What is installed on the host; containers bring their own. Of several versions of one thing all stand here. No
        driver version: the kernel’s own driver.`,
    }),
  ]],
};

const devices = {
  title: 'Devices',
  lines: [[7,
    look.number({
      title: 'Device grid', w: 12, unit: 'none', tiles: true, thresholds: look.bad_below(1), mappings: look.device_state,
      queries: [[promql`sum by (device) (${state})`, '{{device}}']],
      help: prose`
        A tile for each device, up to 32. up: its counters were read. down: they were not. stuck: a reader waits in the
        kernel for a device that does not answer. A tile that is missing is a device that is missing.`,
    }),
    look.states({
      title: 'State of devices', w: 12, unit: 'none', mappings: look.device_state,
      queries: [[promql`sum by (device) (${state})`, '{{device}}']],
      help: prose`
        The same over time: a row for each device. A row that begins or ends is a device that came or went; gaps in all rows
        at once are scrapes that failed.`,
    }),
  ], [12,
    look.table({
      title: 'Device by device', w: 24, sort: 'Device',
      queries: [
        promql`
          max by (${device}, network_card, numa_node, pci_address, pci_id, p2p, eni_id, subnet_id) (
            ${of_devices('efa_device_info')} * on (${device}) group_left () (${state}))`,
        ...['efa_tx_bytes_total', 'efa_rx_bytes_total'].map((metric) => promql`
          sum by (${device}) (${rate(metric, chosen)}) / on (${device}) (sum by (${device}) (${of_devices('efa_port_rate_bytes_per_second')}) > 0)`),
        in_time('efa_retrans_pkts_total'), in_time('efa_retrans_timeout_events_total'), in_time('efa_rx_drops_total'),
        in_time('efa_cmds_err_total'), promql`max by (${device}) (${of_devices('efa_device_owners')})`,
        promql`sum by (${device}) (${of_devices('efa_device_resources', 'type="qp"')})`,
      ],
      columns: [
        device_column, column('Value #A', 'State', { unit: 'none', mappings: look.device_state }),
        column('Value #B', 'Tx', { unit: 'percentunit', gauge: 1 }), column('Value #C', 'Rx', { unit: 'percentunit', gauge: 1 }),
        column('Value #D', 'Retransmitted', { unit: 'short' }), column('Value #E', 'Time-outs', { unit: 'short', thresholds: look.warn_from(1) }),
        column('Value #F', 'Dropped', { unit: 'short', thresholds: look.warn_from(1) }),
        column('Value #G', 'Command errors', { unit: 'short', thresholds: look.warn_from(1) }),
        column('Value #H', 'Owners', { unit: 'short', thresholds: look.warn_from(2) }), column('Value #I', 'QPs', { unit: 'short' }),
        ...text({
          network_card: 'Card', numa_node: 'NUMA', pci_address: 'PCI address', pci_id: 'PCI id', p2p: 'GPU memory', eni_id: 'Interface', subnet_id: 'Subnet',
        }),
      ],
      help: prose`
        A row for each device. Tx and Rx: share of the port’s rate, now; the rate is rounded down to one that InfiniBand
        has, so that a little over 100 % is legal. The counts are of the time shown. Devices of one job should look alike.`,
    }),
  ], [8,
    look.lines({
      title: 'Sent, of the port’s rate', w: 8, unit: 'percentunit',
      queries: [[ratio(by_device('efa_tx_bytes_total'), port_rate), '{{device}}']],
      help: prose`
        Utilisation of each device as a sender. All lines together: an even job. One below the others: a rail that is slow
        or not used. The agent knows nothing of bursts between two scrapes; a step of the graph is an average.`,
    }),
    look.lines({
      title: 'Received, of the port’s rate', w: 8, unit: 'percentunit',
      queries: [[ratio(by_device('efa_rx_bytes_total'), port_rate), '{{device}}']],
      help: prose`
        Utilisation of each device as a receiver. Much more received than sent on one node only is an incast, such as a
        parameter server or a checkpoint’s writer.`,
    }),
    look.lines({
      title: 'Sent by NUMA node', w: 8, unit: 'Bps',
      queries: [
        [promql`sum by (numa_node) (sum by (${device}) (${rate('efa_tx_bytes_total', chosen)}) * on (${device}) group_left (numa_node) ${of('efa_device_info')})`, 'NUMA {{numa_node}}'],
      ],
      help: prose`
        Bytes a second by the NUMA node that the devices are attached to. Uneven where all devices are in use: processes
        bound to the wrong processors, which reach half of the devices across the socket. -1: the host does not tell.`,
    }),
  ]],
};

const verbs = (pairs) => Object.entries(pairs).map(([name, metric]) => [total(metric), name]);
const per = (bytes, things) => ratio(promql`sum(${rate(bytes, chosen)})`, promql`sum(${rate(things, chosen)})`);
const traffic = {
  title: 'Traffic',
  lines: [[8,
    look.lines({
      title: 'Sent by verb', w: 8, unit: 'Bps', stack: true,
      queries: verbs({ send: 'efa_send_bytes_total', write: 'efa_rdma_write_bytes_total', 'answers to reads': 'efa_rdma_read_resp_bytes_total' }),
      help: prose`
        What sent bytes were sent for. Zero rdma_write bytes are legal: NCCL and MPI choose the verbs, and devices without
        RDMA write cannot. Zero of everything while a job runs means that it does not use EFA.`,
    }),
    look.lines({
      title: 'Received by verb', w: 8, unit: 'Bps', stack: true,
      queries: verbs({ receive: 'efa_recv_bytes_total', 'written by peers': 'efa_rdma_write_recv_bytes_total', read: 'efa_rdma_read_bytes_total' }),
      help: prose`
        What received bytes came for. read is what this node fetched from peers, written by peers what they put here. They
        are parts of the received total, not beside it.`,
    }),
    look.lines({
      title: 'Throughput', w: 8, unit: 'Bps',
      queries: [[total('efa_tx_bytes_total'), 'sent'], [total('efa_rx_bytes_total'), 'received']],
      help: prose`
        All bytes of all verbs. It falls to zero at a checkpoint or when a job hangs; which of the two, First event on the
        Job dashboard helps to tell.`,
    }),
  ], [8,
    look.lines({
      title: 'Packet size', w: 6, unit: 'bytes',
      queries: [
        [per('efa_tx_bytes_total', 'efa_tx_pkts_total'), 'sent'],
        [per('efa_rx_bytes_total', 'efa_rx_pkts_total'), 'received'],
      ],
      help: prose`
        Mean bytes of a packet. The most that an EFA sends is about 8,900: near it, large messages and a network used well. Some hundred
        bytes: many small messages, and latency counts, not bandwidth.`,
    }),
    look.lines({
      title: 'Packets', w: 6, unit: 'pps',
      queries: [[total('efa_tx_pkts_total'), 'sent'], [total('efa_rx_pkts_total'), 'received']],
      help: 'Packets a second over the chosen devices.',
    }),
    look.lines({
      title: 'Work requests', w: 6, unit: 'ops',
      queries: verbs({ send: 'efa_send_wrs_total', receive: 'efa_recv_wrs_total', read: 'efa_rdma_read_wrs_total', write: 'efa_rdma_write_wrs_total' }),
      help: 'Work requests a second that were completed. Reads and writes are counted by the side that asked for them only.',
    }),
    look.lines({
      title: 'Request size', w: 6, unit: 'bytes',
      queries: [
        [per('efa_send_bytes_total', 'efa_send_wrs_total'), 'send'], [per('efa_rdma_read_bytes_total', 'efa_rdma_read_wrs_total'), 'read'],
        [per('efa_rdma_write_bytes_total', 'efa_rdma_write_wrs_total'), 'write'],
      ],
      help: 'Mean bytes of a work request. A verb that is not used has no line.',
    }),
  ]],
};

const network = {
  title: 'Network trouble',
  lines: [[8,
    look.lines({
      title: 'Retransmitted share', w: 6, unit: 'percentunit',
      queries: [
        [promql`${ratio(promql`sum by (cluster, instance, device) (${rate('efa_retrans_bytes_total', chosen)})`, promql`sum by (cluster, instance, device) (${rate('efa_tx_bytes_total', chosen)})`)} ${no_v3}`, '{{device}}'],
      ],
      help: prose`
        Share of sent bytes that was sent again. Below 0.01 % is nothing; more for minutes is congestion, or if on one
        device only, a bad path. Empty before Nitro v4 and with drivers before 2.17, which do not count it.`,
    }),
    look.lines({
      title: 'Retransmitted packets', w: 6, unit: 'pps', queries: [[by_device('efa_retrans_pkts_total'), '{{device}}']],
      help: 'Packets a second that were sent again, by device.',
    }),
    look.lines({
      title: 'Events of connections', w: 6, unit: 'cps',
      queries: verbs({
        'time-outs': 'efa_retrans_timeout_events_total', unresponsive: 'efa_unresponsive_remote_events_total', impaired: 'efa_impaired_remote_conn_events_total',
      }),
      help: prose`
        Events a second. time-outs: a path was given up for another. unresponsive: a peer does not answer, as when its
        process has died. impaired: a connection was slowed down. Once at the end of a job is normal.`,
    }),
    look.lines({
      title: 'Dropped on receipt', w: 6, unit: 'pps', queries: [[by_device('efa_rx_drops_total'), '{{device}}']],
      help: prose`
        Packets a second that arrived and were dropped, by device: the receiver did not keep up. The sender sends them
        again.`,
    }),
  ]],
};

const object_errors = Object.fromEntries(
  ['alloc_pd', 'create_qp', 'create_cq', 'reg_mr', 'alloc_ucontext', 'create_ah', 'mmap', 'alloc_mr', 'get_dma_mr']
    .map((name) => [name, promql`sum(${counted(`efa_${name}_err_total`, chosen)})`]));
const errors = {
  title: 'Errors',
  lines: [[8,
    look.bars({
      title: 'Failed verbs', w: 6, unit: 'short', thresholds: look.warn_from(1),
      queries: [[union('call', object_errors), '{{call}}']],
      help: prose`
        Calls that failed in the time shown. They count mistakes of programs, too: libraries try what a device may not have.
        One is no fault; thousands are a job that cannot get what it needs. The last two are of out-of-tree drivers only.`,
    }),
    look.lines({
      title: 'Failed RDMA requests', w: 6, unit: 'cps',
      queries: verbs({ read: 'efa_rdma_read_wr_err_total', write: 'efa_rdma_write_wr_err_total' }),
      help: 'RDMA work requests a second that ended in a local or remote error. A job ends or hangs on its first one.',
    }),
    look.lines({
      title: 'Admin commands', w: 6, unit: 'ops',
      queries: verbs({ submitted: 'efa_submitted_cmds_total', completed: 'efa_completed_cmds_total', failed: 'efa_cmds_err_total', unanswered: 'efa_no_completion_cmds_total' }),
      help: prose`
        Commands a second to the devices’ admin queues. Each reading of a device’s port counters is up to five, so a scrape
        is seen here; peaks are jobs that set up queue pairs and memory. unanswered: even one closes the queue until the
        driver is loaded anew.`,
    }),
    look.lines({
      title: 'Keep-alives', w: 6, unit: 'cps', queries: [[by_device('efa_keep_alive_rcvd_total'), '{{device}}']],
      help: prose`
        Keep-alive events a second from each device. How many there should be is not published: compare devices, and with
        yesterday. A device that sends none any more, while others do, has died; the driver does not act on it.`,
    }),
  ], [7,
    look.table({
      title: 'Checks that fail', w: 12, sort: 'Severity', queries: [promql`${of('efa_health_check')} == 1`],
      columns: [
        column('code', 'Check', { mappings: check_titles, plain: true, width: 480 }),
        column('severity', 'Severity', { mappings: look.values_as({ fail: ['fail', 'vermilion'], warn: ['warn', 'orange'] }) }),
      ],
      help: prose`
        What efa-agent doctor says of this node. Run it there for what was found and what to do; codes are explained in
        deploy/doctor/README.md. Judged once a minute.`,
    }),
    look.table({
      title: 'Failed reads', w: 7, sort: '-Reads',
      queries: [promql`sum by (device, reason) (${counted('efa_read_errors_total', chosen)}) > 0`],
      columns: [device_column, column('reason', 'Reason'), column('Value', 'Reads', { unit: 'short' })],
      help: prose`
        Reads of counters that failed in the time shown. closed: the admin queue is shut. stuck, timeout: the device did not
        answer. denied: the agent lacks a right. transient: anything else.`,
    }),
    look.bars({
      title: 'Device events', w: 5, unit: 'short', thresholds: look.warn_from(1),
      queries: [[promql`sum by (event) (${counted('efa_device_events_total')})`, '{{event}}']],
      help: prose`
        Devices that came, went or were renamed in the time shown, since the agent started. On a node in use all three
        should be 0.`,
    }),
  ]],
};

const owners = {
  title: 'Who uses the devices',
  lines: [[8,
    look.table({
      title: 'Owners', w: 14, sort: '-Registered',
      queries: [
        with_workload(promql`max by (cluster, instance, owner, kind, job_name, unit, uid, command) (${of('efa_owner_info')})`),
        promql`sum by (cluster, instance, owner) (${of_devices('efa_owner_registered_bytes')})`,
        promql`max by (cluster, instance, owner) (${of('efa_owner_processes')})`,
        promql`1000 * min by (cluster, instance, owner) (${of('efa_owner_start_time_seconds')})`,
        promql`count by (cluster, instance, owner) (${of_devices('efa_device_owner_info')})`,
      ],
      columns: [
        column('workload', 'Job', { links: look.to_job }), column('owner', 'Owner'), column('kind', 'Kind'), ...text({ job_name: 'Job name', unit: 'Unit', uid: 'User', command: 'Command' }),
        column('Value #E', 'Devices', { unit: 'short' }), column('Value #C', 'Processes', { unit: 'short' }),
        column('Value #B', 'Registered', { unit: 'bytes' }), column('Value #D', 'Since', { unit: 'dateTimeFromNow' }),
      ],
      help: prose`
        Workloads that hold objects of the devices: Slurm jobs, pods, containers, units. Registered: memory that the devices
        may read and write; what is registered twice counts twice. Click on the job to see all its nodes.`,
    }),
    look.lines({
      title: 'Objects', w: 10, unit: 'short',
      queries: [[promql`sum by (type) (${of_devices('efa_device_resources')})`, '{{type}}']],
      help: prose`
        Queue pairs, completion queues, memory regions, protection domains and contexts that processes hold. They appear
        when a job starts and go with it; what stays after the last job was left by a process that hangs.`,
    }),
  ], [8,
    look.table({
      title: 'Owners by device', w: 9, sort: 'Device',
      queries: [promql`sum by (device, owner, type) (${of_devices('efa_owner_resources')})`],
      columns: [device_column, column('owner', 'Owner'), column('type', 'Object'), column('Value', 'Held', { unit: 'short' })],
      help: 'Who holds how many objects of which device. qp stands here only if ownership.queue_pairs is on.',
    }),
    look.table({
      title: 'Ranks', w: 8, sort: 'Device', queries: [of_devices('efa_device_rank_info')],
      columns: [device_column, ...text({ owner: 'Owner', rank: 'Rank', local_rank: 'Local rank' })],
      help: prose`
        Which rank of a job holds which device. Empty unless ownership.environment is on. A rank may hold many devices, and
        a device many ranks.`,
    }),
    look.table({
      title: 'Allocations', w: 7, sort: 'Device', queries: [of_devices('efa_device_allocation_info')],
      columns: [device_column, ...text({ namespace: 'Namespace', pod: 'Pod', container: 'Container', resource: 'Resource' })],
      help: prose`
        Which container the kubelet allocated each device to, used or not. Empty unless collectors.allocations is on.
        Allocated here and not among the owners: a pod that does not use it.`,
    }),
  ]],
};

export default look.dashboard({
  uid: 'efa-instance',
  title: 'EFA / Instance',
  description: 'One node’s Elastic Fabric Adapters: state, use, trouble, owners, and the ENA interfaces beside them. Of efa-agent.',
  variables: [
    look.variable('instance', 'Node', 'label_values(efa_agent_build_info{cluster=~"$cluster",job=~"$job"}, instance)'),
    look.variable('device', 'Device', 'label_values(efa_device_up{cluster=~"$cluster",job=~"$job",instance=~"$instance"}, device)', look.any),
  ],
  rows: [what_it_is, devices, traffic, network, errors, owners, ...ena_rows, host_and_agent],
});

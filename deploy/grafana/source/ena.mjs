// The ENA interfaces beside the EFA devices, on the Instance dashboard.
import * as look from './look.mjs';
import { counted, of, promql, rate, union } from './queries.mjs';

const { column, prose } = look;
const total = (metric) => promql`sum(${rate(metric)})`;
const named = (prefix, names, query) => Object.fromEntries(names.map((name) => [name, query(`${prefix}${name}_total`)]));

const allowances = named('ena_', ['bw_in', 'bw_out', 'pps', 'conntrack', 'linklocal'].map((name) => `${name}_allowance_exceeded`), total);
const resets = named('ena_', [
  'total_resets', 'reset_fail', 'device_request_reset', 'wd_expired', 'tx_timeout', 'os_netdev_wd', 'missing_tx_cmpl', 'missing_intr',
  'missing_first_intr', 'missing_admin_interrupt', 'admin_to', 'suspected_poll_starvation', 'bad_tx_req_id', 'bad_rx_req_id',
  'bad_rx_desc_num', 'rx_desc_malformed', 'tx_desc_malformed', 'invalid_state', 'admin_q_pause', 'suspend', 'resume', 'interface_up',
  'interface_down',
], (metric) => promql`sum by (interface) (${counted(metric)})`);
const queue_errors = named('ena_queue_', [
  'tx_queue_stop', 'tx_dma_mapping_err', 'tx_prepare_ctx_err', 'tx_missed_tx', 'rx_csum_bad', 'rx_page_alloc_fail', 'rx_skb_alloc_fail',
  'rx_dma_mapping_err', 'rx_empty_rx_ring',
], (metric) => promql`sum by (interface) (${counted(metric)})`);

const by_interface = (metric) => promql`max by (cluster, instance, interface) (${of(metric)})`;

export const ena_rows = [
  {
    title: 'ENA beside EFA',
    lines: [[8,
      look.table({
        title: 'Interfaces', w: 10, sort: 'Interface',
        queries: [
          promql`max by (cluster, instance, interface, device, network_card, mac, pci_address) (${of('ena_info')})`,
          by_interface('ena_carrier'), by_interface('ena_srd_mode'), by_interface('ena_num_of_active_io_queues'),
          by_interface('ena_conntrack_allowance_available'), by_interface('ena_srd_resource_utilization'),
        ],
        columns: [
          column('interface', 'Interface'), column('device', 'EFA'), column('network_card', 'Card'),
          column('Value #B', 'Link', { unit: 'none', mappings: look.yes_or_no }),
          column('Value #C', 'ENA Express', { unit: 'none', mappings: look.values_as({ 0: ['off'], 1: ['TCP'], 2: ['off, UDP set'], 3: ['TCP and UDP'] }), plain: true }),
          column('Value #D', 'Queues', { unit: 'short' }), column('Value #E', 'Connections left', { unit: 'short' }),
          column('Value #F', 'Express memory', { unit: 'percent' }), column('mac', 'MAC'), column('pci_address', 'PCI address'),
        ],
        help: prose`
          The host’s ENA interfaces, and the EFA of the same interface or card. Link is the only true link signal of the
          card: an EFA always reports one. Connections left: what may still be tracked before new ones fail.`,
      }),
      look.lines({
        title: 'TCP/IP traffic', w: 7, unit: 'Bps', queries: [[total('ena_tx_bytes_total'), 'sent'], [total('ena_rx_bytes_total'), 'received']],
        help: prose`
          Bytes a second of the ENA interfaces, of which EFA traffic is no part. Much of it in both directions while jobs hold
          queue pairs and EFA moves nothing: a job has fallen back to TCP. One direction only: a checkpoint, or data being loaded.`,
      }),
      look.lines({
        title: 'Allowances exceeded', w: 7, unit: 'pps', queries: [[union('allowance', allowances), '{{allowance}}']],
        help: prose`
          Packets of TCP/IP a second that were delayed or dropped because the instance exceeded an allowance. EFA traffic
          does not count in it, but shares the card: storage, checkpoints and the start of jobs suffer. Any steady rate
          deserves a look; linklocal are DNS, IMDS and time.`,
      }),
    ]],
  },
  {
    title: 'ENA in depth',
    collapsed: true,
    lines: [[8,
      look.lines({
        title: 'ENA Express', w: 8, unit: 'pps',
        queries: [
          [total('ena_srd_tx_pkts_total'), 'sent'], [total('ena_srd_eligible_tx_pkts_total'), 'fit to be sent'], [total('ena_srd_rx_pkts_total'), 'received'],
        ],
        help: prose`
          Packets a second that went by ENA Express (SRD for TCP and UDP). Those of the EFA do not count. Fit and not sent:
          the peer has it off, or its memory for connections is full.`,
      }),
      look.lines({
        title: 'Admin queue', w: 8, unit: 'ops',
        queries: [
          [total('ena_admin_q_submitted_cmd_total'), 'submitted'], [total('ena_admin_q_completed_cmd_total'), 'completed'],
          [total('ena_admin_q_aborted_cmd_total'), 'aborted'], [total('ena_admin_q_out_of_space_total'), 'queue full'],
          [total('ena_admin_q_no_completion_total'), 'unanswered'],
        ],
        help: prose`
          Admin commands a second of the ENA. Reading allowances is one or two of them. aborted, queue full and unanswered
          should be 0.`,
      }),
      look.table({
        title: 'Resets and their causes', w: 8, sort: '-Times', queries: [union('cause', resets)],
        columns: [
          column('interface', 'Interface'), column('cause', 'What'),
          column('Value', 'Times', { unit: 'short', thresholds: look.warn_from(1) }),
        ],
        help: prose`
          Resets of each interface in the time shown, and what made the driver do them; suspend, resume, up and down, too. A
          reset interrupts TCP/IP for a moment. All 0 is as it should be.`,
      }),
    ], [8,
      look.lines({
        title: 'Bytes by queue', w: 6, unit: 'Bps',
        queries: [
          [promql`sum by (interface, queue) (${rate('ena_queue_tx_bytes_total')})`, '{{interface}} tx {{queue}}'],
          [promql`sum by (interface, queue) (${rate('ena_queue_rx_bytes_total')})`, '{{interface}} rx {{queue}}'],
        ],
        help: prose`
          Bytes of TCP/IP a second by queue, which only ena.queues: true publishes. A job that moves much here and nothing
          over EFA has fallen back to TCP.`,
      }),
      look.lines({
        title: 'Packets by queue', w: 6, unit: 'pps',
        queries: [
          [promql`sum by (interface, queue) (${rate('ena_queue_tx_cnt_total')})`, '{{interface}} tx {{queue}}'],
          [promql`sum by (interface, queue) (${rate('ena_queue_rx_cnt_total')})`, '{{interface}} rx {{queue}}'],
        ],
        help: prose`
          Packets a second by queue (ena.queues). All in one queue: a single connection, or interrupts that are not spread.`,
      }),
      look.table({
        title: 'Trouble of queues', w: 12, sort: '-Times', queries: [union('what', queue_errors)],
        columns: [
          column('interface', 'Interface'), column('what', 'What'),
          column('Value', 'Times', { unit: 'short', thresholds: look.warn_from(1) }),
        ],
        help: prose`
          What went wrong in the queues of each interface in the time shown (ena.queues). tx_queue_stop is a full queue and
          no error by itself.`,
      }),
    ]],
  },
];

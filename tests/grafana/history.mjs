// Makes an hour and a half of samples of the recorded scrapes, as OpenMetrics with timestamps:
//
//   history.mjs SCRAPE [--without-cluster] >FILE
//
// What series there are, and their labels, is what real agents said in the lab (data/, by record.sh), and a simulated one
// just now (SCRAPE); what ENA and kubelet would add is written by hand (data/made.prom), as the lab has neither. How counters grow is made up here: node b is slow on one device, retransmits, and one of its devices dies.
// Of node d, no agent answers.
import { readFileSync } from 'node:fs';
import { root } from './dashboards.mjs';

const end = 1767268800; // 2026-01-01 12:00 UTC; blocks of Prometheus begin at even hours
const step = 30;
const begin = end - 5400;
const minute = (number) => begin + 60 * number;

const read = (path) => readFileSync(path, 'utf8').split('\n').filter((line) => line && !line.startsWith('#'));
const data = (name) => read(`${root}tests/grafana/data/${name}.prom`);
const made = data('made');
// What the lab's guests have not: AWS's software, Kubernetes, accelerators.
const more_labels = {
  efa_host_info: 'driver_version="3.1.0g",efa_installer_version="1.44.0",libfabric_version="2.3.1",openmpi_version="4.1.7,5.0.8",' +
    'intel_mpi_version="2021.16",ofi_nccl_version="1.17.1"',
  efa_instance_info: 'node_name="b"',
  efa_device_info: 'p2p="NVIDIA"',
};
// One device of the simulated node goes.
const gone = 'device="rdmap79s0"';
const simulated = read(process.argv[2]);
const one_gone = simulated.filter((line) => !line.includes(gone)).map((line) => line.replace(/^(efa_devices(?:\{.*\})?) 32$/, '$1 31'));

const targets = [
  { instance: 'a.example:10045', cluster: 'research', scrapes: [[begin, data('a')]] },
  {
    instance: 'b.example:10045', cluster: 'research', more_labels,
    scrapes: [[begin, [...data('b'), ...made]], [minute(60), [...data('b_stuck'), ...made]], [minute(61), [...data('b_closed'), ...made]]],
  },
  { instance: 'c.example:10045', scrapes: [[begin, simulated], [minute(50), one_gone]] },
  { instance: 'd.example:10045', cluster: 'research', down: true, scrapes: [] },
];

const rates = { // a second, of each device, interface or queue
  efa_tx_bytes_total: 4e9, efa_tx_pkts_total: 5e5, efa_rx_bytes_total: 4e9, efa_rx_pkts_total: 5e5,
  efa_send_bytes_total: 1e9, efa_send_wrs_total: 2e4, efa_recv_bytes_total: 1e9, efa_recv_wrs_total: 2e4,
  efa_rdma_read_bytes_total: 1e9, efa_rdma_read_wrs_total: 1e3, efa_rdma_read_resp_bytes_total: 1e9,
  efa_rdma_write_bytes_total: 2e9, efa_rdma_write_wrs_total: 2e3, efa_rdma_write_recv_bytes_total: 2e9,
  efa_retrans_bytes_total: 4e3, efa_retrans_pkts_total: 0.5,
  efa_submitted_cmds_total: 5 / step, efa_completed_cmds_total: 5 / step, efa_keep_alive_rcvd_total: 1,
  efa_agent_http_requests_total: 1 / step, efa_agent_scrape_duration_seconds_count: 1 / step,
  efa_agent_scrape_duration_seconds_sum: 0.002 / step, process_cpu_seconds_total: 0.001,
};
const still = { // what does not grow where nothing is wrong
  efa_rx_drops_total: [20, 200], efa_retrans_timeout_events_total: [20, 0.5], efa_impaired_remote_conn_events_total: [22, 0.2],
  efa_unresponsive_remote_events_total: [25, 0.1], efa_rdma_read_wr_err_total: [30, 0.01], efa_rdma_write_wr_err_total: [61, 0.05],
  efa_cmds_err_total: [61, 0.01], efa_create_qp_err_total: [61, 0.01],
};

// How much a counter has grown at a time: of b, which is `faulty`, and its neighbour a, which notices it later.
function growth(name, labels, { instance }, at) {
  const is_b = instance.startsWith('b');
  const age = at - begin;
  if (name === 'efa_read_errors_total') return Math.max(0, at - minute(61)) / 60;
  if (name === 'efa_retrans_bytes_total' && is_b) return age * 8e6;
  if (name === 'efa_unresponsive_remote_events_total' && instance.startsWith('a')) return Math.max(0, at - minute(62)) * 0.2;
  if (name in still) return is_b ? Math.max(0, at - minute(still[name][0])) * still[name][1] : 0;
  if (/_(bytes|pkts|wrs)_total$/.test(name) && name in rates) {
    // One rail of a is left alone in the end, as it is by a job that has fallen back to TCP.
    if (instance.startsWith('a') && labels.includes('device="efa_3"')) return Math.min(age, 60 * 60) * rates[name];
    return age * rates[name] * (is_b && labels.includes('device="efa_1"') ? 0.25 : 1);
  }
  if (name in rates) return age * rates[name];
  return name.startsWith('ena_') && name.endsWith('_total') ? age * 10 : 0;
}

function* samples(target, without_cluster) {
  const own = `job="efa",instance="${target.instance}"` + (target.cluster && !without_cluster ? `,cluster="${target.cluster}"` : '');
  for (let at = begin; at < end; at += step) {
    yield [`up{${own}}`, target.down ? 0 : 1, at];
    const lines = target.scrapes.findLast(([from]) => from <= at)?.[1] ?? [];
    if (!target.down) yield [`scrape_duration_seconds{${own}}`, 0.004, at];
    for (const line of lines) {
      const [, name, labels = '', value] = line.match(/^([^{ ]+)(?:\{(.*)\})? (\S+)$/);
      const grown = /_total$|_sum$|_count$/.test(name) ? growth(name, labels, target, at) : 0;
      const all = [labels, target.more_labels?.[name], own].filter(Boolean).join(',');
      yield [`${name}{${all}}`, Number(value) + Math.floor(grown * 1000) / 1000, at];
    }
  }
}

const series = new Map();
for (const target of targets) {
  for (const [name, value, at] of samples(target, process.argv.includes('--without-cluster'))) {
    if (!series.has(name)) series.set(name, []);
    series.get(name).push(`${value} ${at}`);
  }
}
const out = [];
for (const name of [...series.keys()].sort()) {
  for (const sample of series.get(name)) out.push(`${name} ${sample}`);
}
process.stdout.write(out.join('\n') + '\n# EOF\n');

// The nodes a and b: what agents said in the lab (data/, by record.sh), and how their counters go on from there.
//
// What ENA and kubelet would add is written by hand (data/made.prom), as the lab has neither. How counters grow is made up
// here: b is slow on one device, retransmits, and one of its devices dies; a notices it later, and leaves a rail alone.
import { readFileSync } from 'node:fs';
import { root } from './dashboards.mjs';

export const read = (path) => readFileSync(path, 'utf8').split('\n').filter(Boolean);
const data = (name) => read(`${root}tests/grafana/data/${name}.prom`);
const made = data('made');

// What the lab's guests have not: AWS's software, Kubernetes, accelerators.
const more_labels = {
  efa_host_info: 'driver_version="3.1.0g",efa_installer_version="1.44.0",libfabric_version="2.3.1",openmpi_version="4.1.7,5.0.8",' +
    'intel_mpi_version="2021.16",ofi_nccl_version="1.17.1"',
  efa_instance_info: 'node_name="b"',
  efa_device_info: 'p2p="NVIDIA"',
};
// Scrapes, each with the minute from which it is what the node says.
export const lab_nodes = {
  a: [[0, data('a')]],
  b: [[0, [...data('b'), ...made]], [60, [...data('b_stuck'), ...made]], [61, [...data('b_closed'), ...made]]],
};

const rates = { // a second, of each device, interface or queue
  efa_tx_bytes_total: 4e9, efa_tx_pkts_total: 5e5, efa_rx_bytes_total: 4e9, efa_rx_pkts_total: 5e5,
  efa_send_bytes_total: 1e9, efa_send_wrs_total: 2e4, efa_recv_bytes_total: 1e9, efa_recv_wrs_total: 2e4,
  efa_rdma_read_bytes_total: 1e9, efa_rdma_read_wrs_total: 1e3, efa_rdma_read_resp_bytes_total: 1e9,
  efa_rdma_write_bytes_total: 2e9, efa_rdma_write_wrs_total: 2e3, efa_rdma_write_recv_bytes_total: 2e9,
  efa_retrans_bytes_total: 4e3, efa_retrans_pkts_total: 0.5,
  efa_submitted_cmds_total: 0.2, efa_completed_cmds_total: 0.2, efa_keep_alive_rcvd_total: 1,
  efa_agent_http_requests_total: 1 / 30, efa_agent_scrape_duration_seconds_count: 1 / 30,
  efa_agent_scrape_duration_seconds_sum: 0.002 / 30, process_cpu_seconds_total: 0.001,
};
const still = { // what does not grow where nothing is wrong
  efa_rx_drops_total: [20, 200], efa_retrans_timeout_events_total: [20, 0.5], efa_impaired_remote_conn_events_total: [22, 0.2],
  efa_unresponsive_remote_events_total: [25, 0.1], efa_rdma_read_wr_err_total: [30, 0.01], efa_rdma_write_wr_err_total: [61, 0.05],
  efa_cmds_err_total: [61, 0.01], efa_create_qp_err_total: [61, 0.01],
};

// How much a counter of a node has grown at an age, in seconds; a minute has as many as `minute` says.
function growth(name, labels, node, age, { minute, unused_from }) {
  const since = (number) => Math.max(0, age - number * minute);
  if (name === 'efa_read_errors_total') return since(61) / 60;
  if (name === 'efa_retrans_bytes_total' && node === 'b') return age * 8e6;
  if (name === 'efa_unresponsive_remote_events_total' && node === 'a') return since(62) * 0.2;
  if (name in still) return node === 'b' ? since(still[name][0]) * still[name][1] : 0;
  if (/_(bytes|pkts|wrs)_total$/.test(name) && name in rates) {
    if (node === 'a' && labels.includes('device="efa_3"')) return Math.min(age, unused_from * minute) * rates[name];
    return age * rates[name] * (node === 'b' && labels.includes('device="efa_1"') ? 0.25 : 1);
  }
  if (name in rates) return age * rates[name];
  return name.startsWith('ena_') && name.endsWith('_total') ? age * 10 : 0;
}

// A line of a scrape, as it is at that age: [name, labels, value]; of a comment, nothing.
export function sample_at(line, node, age, time) {
  const [, name, labels = '', value] = line.match(/^([a-z_]+)(?:\{(.*)\})? (\S+)$/) ?? [];
  if (!name) return undefined;
  const grown = /_total$|_sum$|_count$/.test(name) ? growth(name, labels, node, age, time) : 0;
  const all = [labels, node === 'b' && more_labels[name]].filter(Boolean).join(',');
  return [name, all, Number(value) + Math.floor(grown * 1000) / 1000];
}
export const scrape_at = (scrapes, age, { minute }) => scrapes.findLast(([from]) => from * minute <= age)?.[1] ?? [];

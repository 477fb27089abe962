// What the dashboards have to say of the hour that history.mjs makes: by query, the labels to look at, and the rows, each the
// labels and the value. With
// `more` there may be other rows, too; with `lowest` the first is the one with the smallest value of all.
const at = (minute) => 1000 * (1767268800 - 5400 + 60 * minute);
const rows = (labels, ...list) => ({ labels: labels.split(' ').filter(Boolean), rows: list });
const among = (labels, ...list) => ({ ...rows(labels, ...list), more: true });
const lowest = (labels, ...list) => ({ ...among(labels, ...list), lowest: true });

export const expected = {
  'EFA / Fleet: Agents that answer: A': rows('', '3'),
  'EFA / Fleet: Agents that answer: B': rows('', '4'),
  'EFA / Fleet: Blind agents: A': rows('', '1'),
  'EFA / Fleet: Which agents are blind: A': rows('instance', 'd 0'),
  'EFA / Fleet: Stuck or down: B': rows('', '1'),
  'EFA / Fleet: Devices: A': rows('', '38'),
  'EFA / Fleet: Devices: C': rows('', '40'),
  'EFA / Fleet: Devices that are not up: A': rows('instance device eni_id', 'b efa_3 eni-0aaaa065efa000007 0'),
  'EFA / Fleet: Checks that fail: A': among('instance code severity instance_type', 'a EFA-403 warn p5.48xlarge 1', 'b EFA-701 fail p5.48xlarge 1', 'b EFA-703 fail p5.48xlarge 1'),
  'EFA / Fleet: Nodes in trouble: A': rows('instance', 'b 2'),
  'EFA / Fleet: Nodes in trouble: C': rows('instance', 'c 1'),
  'EFA / Fleet: Retransmitted share by node: A': among('instance', 'a 0.000001', 'b 0.00267'),
  'EFA / Fleet: Busiest jobs: A': rows('workload', 'slurm:1234 32000000000'),
  'EFA / Fleet: Queue pairs without traffic: A': rows('instance owner', 'a slurm:1234.0 1'),
  'EFA / Fleet: Sent by zone: A': rows('availability_zone_id', 'use1-az4 21000000000', 'unknown 124000000000'),
  'EFA / Instance: Instance: A': rows('instance_type nitro_version rdma_write', 'p5.48xlarge v4 yes 1'),
  'EFA / Instance: Device grid: A': rows('device', 'efa_3 0', 'efa_0 1', 'efa_1 1', 'efa_2 1'),
  'EFA / Instance: Packet size: A': rows('', '8000'),
  'EFA / Instance: Owners: A': rows('workload owner', 'slurm:1234 slurm:1234.0 1', 'pod:ml/train pod:ml/train-0/worker 1', 'unit:trainer.service unit:trainer.service 1'),
  'EFA / Instance: Interfaces: B': rows('interface', 'ens6 0', 'ens5 1'),
  'EFA / Job: Nodes: A': rows('', '2'),
  'EFA / Job: Devices: A': rows('', '8'),
  'EFA / Job: Slowest rails: A': lowest('instance device', 'a efa_3 0', 'b efa_1 0.25'),
  'EFA / Job: Node by node: E': rows('instance', 'b 0.857', 'a 1.14'),
  'EFA / Job: Ranks that retransmit: A': lowest('instance device rank', 'a efa_3 3 0', 'b efa_1 5 0.125'),
  'EFA / Job: Shared devices: A': rows('device owner', 'efa_1 slurm:1234.0 1', 'efa_1 unit:trainer.service 1', 'efa_2 slurm:1234.0 1', 'efa_2 pod:ml/train-0/worker 1'),
  'EFA / Job: Zones and networks: A': rows('subnet_id', 'subnet-0c0ffee0c0ffee001 4', 'subnet-0c0ffee0c0ffee002 4'),
};

// Who was first, by the table of first events: b, and a only after it.
export function first_events_problems(series) {
  const first = (instance, event) => Math.min(...series.filter((one) => one.instance.startsWith(instance) && one.event === event).map(({ value }) => value));
  const near = (found, minute) => Math.abs(found - at(minute)) <= 90e3;
  const wrong = [];
  if (!near(first('b', 'RDMA read failed'), 30)) wrong.push(`b's RDMA reads fail first at ${first('b', 'RDMA read failed')}`);
  if (!near(first('b', 'device not up'), 60)) wrong.push(`b's device is not up first at ${first('b', 'device not up')}`);
  if (!near(first('a', 'peer unresponsive'), 62)) wrong.push(`a finds peers unresponsive first at ${first('a', 'peer unresponsive')}`);
  return wrong.map((problem) => `EFA / Job: First events: ${problem}`);
}

// Where 0 of nothing is right in that hour.
export const of_nothing = { 'EFA / Instance: Simulated: A': 'node b is a real agent' };

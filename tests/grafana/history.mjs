// Makes an hour and a half of samples of four nodes, as OpenMetrics with timestamps:
//
//   history.mjs SCRAPE [--without-cluster] >FILE
//
// Nodes a and b are those of model.mjs; c is what a simulated agent said just now (SCRAPE), and loses a device; of node d, no
// agent answers.
import { lab_nodes, read, sample_at, scrape_at } from './model.mjs';

const end = 1767268800; // 2026-01-01 12:00 UTC; blocks of Prometheus begin at even hours
const step = 30;
const begin = end - 5400;
const time = { minute: 60, unused_from: 60 };

const simulated = read(process.argv[2]);
const one_gone = simulated.filter((line) => !line.includes('device="rdmap79s0"')).map((line) => line.replace(/^(efa_devices(?:\{.*\})?) 32$/, '$1 31'));
const targets = [
  { node: 'a', cluster: 'research', scrapes: lab_nodes.a },
  { node: 'b', cluster: 'research', scrapes: lab_nodes.b },
  { node: 'c', scrapes: [[0, simulated], [50, one_gone]] },
  { node: 'd', cluster: 'research', scrapes: [] },
];

function* samples({ node, cluster, scrapes }, without_cluster) {
  const own = `job="efa",instance="${node}.example:10045"` + (cluster && !without_cluster ? `,cluster="${cluster}"` : '');
  for (let at = begin; at < end; at += step) {
    yield [`up{${own}}`, scrapes.length > 0 ? 1 : 0, at];
    if (scrapes.length > 0) yield [`scrape_duration_seconds{${own}}`, 0.004, at];
    for (const line of scrape_at(scrapes, at - begin, time)) {
      const [name, labels, value] = sample_at(line, node, at - begin, time) ?? [];
      if (name) yield [`${name}{${labels ? labels + ',' : ''}${own}}`, value, at];
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

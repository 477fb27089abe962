// What efa-agent doctor's checks say, from its reference page: for the column that shows efa_health_check's code.
import { readFileSync } from 'node:fs';

const reference = new URL('../../doctor/README.md', import.meta.url);
const rows = readFileSync(reference, 'utf8').matchAll(/^\| (EFA-\d+) \| (.*?) \| .* \| (FAIL|WARN) \| (yes|by growth) \|$/gm);
export const check_titles = [{
  type: 'value',
  options: Object.fromEntries([...rows].map(([, code, title], index) => [code, { text: `${code} not so: ${title}`, index }])),
}];

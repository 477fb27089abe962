// The committed dashboards, and what tests look at in them.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

export const root = new URL('../../', import.meta.url).pathname;
export const folder = process.env.EFA_DASHBOARDS ?? join(root, 'deploy/grafana/dashboards');

export function dashboards() {
  return readdirSync(folder).filter((name) => name.endsWith('.json')).sort().map((name) => {
    try {
      return { name, ...JSON.parse(readFileSync(join(folder, name), 'utf8')) };
    } catch (error) {
      throw new Error(`${name} is no JSON: ${error.message}`);
    }
  });
}

// Those in collapsed rows, too; rows are panels.
export const panels_of = (dashboard) => dashboard.panels.flatMap((panel) => [panel, ...(panel.panels ?? [])]);
export const queries_of = (dashboard) => panels_of(dashboard).flatMap((panel) =>
  (panel.targets ?? []).map((target) => ({ dashboard, panel, target, where: `${dashboard.title}: ${panel.title}: ${target.refId}` })));
export const variables_of = (dashboard) => dashboard.templating.list;

// The names of metrics in an expression: words that no bracket of arguments, no label and no function is.
export function metrics_in(expression) {
  const bare = expression
    .replace(/"(?:\\.|[^"\\])*"/g, '""')
    .replace(/\{[^{}]*\}/g, '{}')
    .replace(/\b(by|without|on|ignoring|group_left|group_right)\s*\([^()]*\)/g, ' ')
    .replace(/\[[^\]]*\]/g, ' ');
  const keywords = new Set(['and', 'or', 'unless', 'bool', 'offset', 'group_left', 'group_right', 'label_values']);
  return [...bare.matchAll(/\b[a-zA-Z_:][a-zA-Z0-9_:]*\b(?!\s*\()/g)].map(([word]) => word)
    .filter((word) => !keywords.has(word) && !/^e\d/.test(word));
}

// report(problems): ends the test.
export function report(problems, passed) {
  for (const problem of problems) console.log(`FAILED: ${problem}`);
  if (problems.length > 0) process.exit(1);
  console.log(passed);
}

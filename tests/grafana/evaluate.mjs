// Asks a Prometheus every query of every dashboard, as Grafana would: evaluate.mjs URL [--live]. Each has to give data.
//
// The time is the end of what history.mjs made, of which more is known (expected.mjs); or now. What each variable stands for
// is asked as Grafana asks it, and chosen below.
import { expected, first_events_problems, of_nothing } from './expected.mjs';
import { dashboards, queries_of, report, variables_of } from './dashboards.mjs';

const url = process.argv[2];
const live = process.argv.includes('--live');
const end = live ? Math.floor(Date.now() / 1000) - 1 : 1767268800 - 45;
const begin = live ? end - 60 : end - 3600;
const macros = live
  ? { __rate_interval: '15s', __range: '60s', __interval: '2s' }
  : { __rate_interval: '2m', __range: '3600s', __interval: '30s' };
// Of variables that may stand for all, all is taken.
const chosen = { 'efa-instance': { instance: 'b.example:10045' }, 'efa-job': { owner: ['slurm:1234', 'pod:ml/train'] } };

async function api(path, parameters) {
  const answer = await fetch(`${url}/api/v1/${path}?${new URLSearchParams(parameters)}`);
  const { status, data, error } = await answer.json();
  if (status !== 'success') throw new Error(error);
  return data;
}

// As Grafana escapes values of variables with many values in a regular expression.
const escaped = (value) => value.replace(/\\/g, '\\\\\\\\').replace(/[$^*{}[\]+?.()|]/g, '\\\\$&');
const any_of = (values) => (values.length === 1 ? escaped(values[0]) : `(${values.map(escaped).join('|')})`);
const with_values = (text, values) => text.replace(/\$(?:\{(\w+)\}|([a-z_]\w*))/g, (whole, braced, bare) => {
  const value = { ...macros, ...values }[braced ?? bare];
  if (value === undefined) throw new Error(`${whole} is no variable`);
  return value;
});

// What Grafana would offer: label_values(metric{...}, label), and the variable's regex on it.
async function options_of({ query: { query }, regex }, values) {
  const [, selector, label] = query.match(/^label_values\((.*), (\w+)\)$/);
  const found = await api(`label/${label}/values`, { 'match[]': with_values(selector, values), start: begin, end });
  if (!regex) return found;
  const [, pattern, flags] = regex.match(/^\/(.*)\/(\w*)$/);
  const cut = found.map((value) => new RegExp(pattern, flags).exec(value)).filter(Boolean).map((match) => match[1] ?? match[0]);
  return [...new Set(cut)];
}

const problems = [];
async function values_of(dashboard) {
  const values = {};
  for (const variable of variables_of(dashboard)) {
    if (variable.type === 'datasource') continue;
    const options = await options_of(variable, values);
    const wanted = [chosen[dashboard.uid]?.[variable.name] ?? []].flat();
    const missing = wanted.filter((value) => !options.includes(value));
    if (missing.length > 0) problems.push(`${dashboard.title}: $${variable.name}: no ${missing} among ${options}`);
    if (wanted.length > 0) {
      values[variable.name] = variable.multi ? any_of(wanted) : wanted[0];
    } else if (variable.includeAll) {
      if (options.length === 0 && variable.name !== 'cluster') problems.push(`${dashboard.title}: $${variable.name} has no values`);
      values[variable.name] = variable.allValue ?? any_of(options);
    } else {
      problems.push(`${dashboard.title}: $${variable.name}: nothing chosen in evaluate.mjs`);
    }
  }
  return values;
}

// Of a range, the last; of a query that is not a vector, itself.
const is_number = (value) => Number.isFinite(Number(value));
async function ask(target, query) {
  const result = target.instant
    ? (await api('query', { query, time: end })).result
    : (await api('query_range', { query, start: begin, end, step: live ? 2 : 30 })).result;
  return result.map(({ metric, value, values }) => ({ ...metric, value: Number((value ?? values.findLast(([, found]) => is_number(found)) ?? [0, 'NaN'])[1]) }))
    .filter(({ value }) => !Number.isNaN(value));
}

const found = {};
let count = 0;
for (const dashboard of dashboards()) {
  const values = await values_of(dashboard);
  for (const { panel, target, where } of queries_of(dashboard)) {
    count++;
    try {
      const series = await ask(target, with_values(target.expr, values));
      found[where] = series;
      if (series.length === 0) problems.push(`${where}: no data: ${target.expr}`);
      // What says 0 of nothing has to find something, too.
      const of_something = target.expr.replace(/ or vector\(0\)$/, '');
      if (of_something !== target.expr && !(where in of_nothing) && (await ask(target, with_values(of_something, values))).length === 0) {
        problems.push(`${where}: no data but the 0 of nothing: ${of_something}`);
      }
      // A column or a legend that names a label which no series has shows nothing.
      const labels = new Set(series.flatMap(Object.keys));
      const wanted = [...(target.legendFormat ?? '').matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label);
      for (const label of wanted) if (!labels.has(label)) problems.push(`${where}: no series has the legend's label ${label}`);
    } catch (error) {
      problems.push(`${where}: ${error.message}: ${target.expr}`);
    }
  }
  for (const panel of dashboard.panels.flatMap((one) => [one, ...(one.panels ?? [])]).filter(({ type }) => type === 'table')) {
    const labels = new Set(panel.targets.flatMap(({ refId }) => (found[`${dashboard.title}: ${panel.title}: ${refId}`] ?? []).flatMap(Object.keys)));
    for (const field of panel.transformations.find(({ id }) => id === 'filterFieldsByName').options.include.names) {
      const known = field.startsWith('Value') ? field === 'Value' ? panel.targets.length === 1 : panel.targets.some(({ refId }) => field === `Value #${refId}`) : labels.has(field);
      if (!known) problems.push(`${dashboard.title}: ${panel.title}: no series has the column ${field}`);
    }
  }
}

for (const [where, { labels, rows, more, lowest }] of Object.entries(live ? {} : expected)) {
  const said = (found[where] ?? []).sort((one, other) => one.value - other.value)
    .map((one) => [...labels.map((label) => `${one[label] ?? '-'}`.replace('.example:10045', '')), String(Number(one.value.toPrecision(3)))].join(' '));
  const wrong = rows.filter((row) => !said.includes(row));
  const surplus = more ? [] : said.filter((row) => !rows.includes(row));
  if (wrong.length + surplus.length > 0) problems.push(`${where} says ${JSON.stringify(said)}, and not ${JSON.stringify(rows)}`);
  if (lowest && said[0] !== rows[0]) problems.push(`${where}: the first is ${said[0]}, and not ${rows[0]}`);
}
if (!live) problems.push(...first_events_problems(found['EFA / Job: First events: A'] ?? []));

if (process.argv.includes('--print')) console.log(JSON.stringify(found, null, 1));
report(problems, `${count} queries give data`);

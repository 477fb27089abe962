// What has to hold in every dashboard, and between them and the catalogue of metrics.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dashboards, folder, metrics_in, panels_of, queries_of, report, root, variables_of } from './dashboards.mjs';

const read = (path) => readFileSync(join(root, path), 'utf8');
const problems = [];
const hold = (condition, problem) => condition || problems.push(problem);
const all = dashboards();
const uids = Object.fromEntries(all.map((dashboard) => [dashboard.uid, dashboard]));

function generated_anew() {
  const again = mkdtempSync(join(tmpdir(), 'efa-dashboards.'));
  execFileSync('node', [join(root, 'deploy/grafana/generate.mjs'), again]);
  const made = readdirSync(again);
  hold(made.length === 3 && made.length === all.length, `${made.length} dashboards are generated, ${all.length} are there`);
  for (const name of made) {
    const same = existsSync(join(folder, name)) && readFileSync(join(again, name), 'utf8') === readFileSync(join(folder, name), 'utf8');
    hold(same, `${name} is not what deploy/grafana/generate.mjs makes: run it`);
  }
  rmSync(again, { recursive: true });
}

// Metric and labels, as METRICS.md has them.
const labels_of = new Map([...read('deploy/prometheus/METRICS.md').matchAll(/^\| `([a-z0-9_]+)` \| \w+ \|([^|]*)\|/gm)]
  .map(([, name, labels]) => [name, labels.split(',').map((label) => label.trim()).filter(Boolean)]));
const catalogue = new Set(labels_of.keys());
const prometheus_own = new Set(['up', 'scrape_duration_seconds']);
const family = (name) => (catalogue.has(name) ? name : name.replace(/_(sum|count)$/, ''));
const of_targets = ['cluster', 'job', 'instance'];

// Each label that a query asks for is one that the metric has; each that it sums or joins by, one that some metric of the query
// has, or that the query makes.
function labels_in(where, expression) {
  const made = [...expression.matchAll(/, "(\w+)", "[^"]*", "\w*", "[^"]*"\)/g)].map(([, label]) => label);
  const known = new Set([...of_targets, ...made]);
  for (const [, name, matchers] of expression.matchAll(/\b([a-z_]+)\{([^}]*)/g)) {
    const labels = [...of_targets, ...(labels_of.get(family(name)) ?? [])];
    labels.forEach((label) => known.add(label));
    for (const [, label] of matchers.matchAll(/(?:^|,)(\w+)[=!]/g)) hold(labels.includes(label), `${where}: ${name} has no label ${label}`);
  }
  for (const [, list] of expression.matchAll(/\b(?:by|on|group_left) \(([^()]*)\)/g)) {
    for (const label of list.split(', ').filter(Boolean)) hold(known.has(label), `${where}: no label ${label}`);
  }
}

function metrics() {
  hold(catalogue.size > 100, `only ${catalogue.size} metrics in METRICS.md`);
  const labels = new Set([...labels_of.values()].flat());
  const shown = new Set();
  const expressions = all.flatMap((dashboard) => [
    ...queries_of(dashboard).map(({ where, target }) => [where, target.expr]),
    ...variables_of(dashboard).filter(({ type }) => type === 'query')
      .map(({ name, query }) => [`${dashboard.title}: $${name}`, query.query.replace(/^label_values\((.*), \w+\)$/, '$1')]),
  ]);
  for (const [where, expression] of expressions) {
    labels_in(where, expression);
    for (const name of metrics_in(expression).filter((word) => !prometheus_own.has(word))) {
      hold(catalogue.has(family(name)), `${where}: ${name} is not in METRICS.md`);
      shown.add(family(name));
    }
  }
  const rules = join(root, 'deploy/prometheus/rules');
  const rule_text = existsSync(rules) ? readdirSync(rules).map((name) => readFileSync(join(rules, name), 'utf8')).join('\n') : '';
  const in_rules = new Set(rule_text.match(/\b[a-z0-9_]+\b/g));
  const listed = new Map(read('tests/grafana/not_shown.txt').split('\n').filter((line) => line && !line.startsWith('#'))
    .map((line) => line.split(/\s{2,}/)));
  for (const name of catalogue) {
    hold(shown.has(name) || in_rules.has(name) || listed.has(name), `${name} is on no panel, in no rule, and not in not_shown.txt`);
  }
  for (const [name, reason] of listed) {
    hold(catalogue.has(name), `not_shown.txt: ${name} is not in METRICS.md`);
    hold(!shown.has(name), `not_shown.txt: ${name} is shown`);
    hold(reason?.length > 10, `not_shown.txt: ${name} has no reason`);
  }
  for (const [where, text] of [...all.map((dashboard) => [dashboard.title, JSON.stringify(dashboard)]), ['README', read('deploy/grafana/README.md')]]) {
    for (const [word] of text.matchAll(/\b(?:efa|ena)_[a-z0-9_]+\b/g)) {
      hold(catalogue.has(family(word)) || labels.has(word), `${where}: ${word} is not in METRICS.md`);
    }
  }
}

// Grafana's names of units, those that we use.
const units = new Set(['none', 'short', 'percentunit', 'percent', 'bytes', 'Bps', 'bps', 'pps', 'cps', 'ops', 'reqps', 's', 'dateTimeAsIso', 'dateTimeFromNow']);
const safe_colours = new Set(['#0072B2', '#56B4E9', '#009E73', '#F0E442', '#E69F00', '#D55E00', '#CC79A7', '#999999']);
const safe_modes = new Set(['fixed', 'thresholds', 'continuous-YlBl']);

function panel(where, { type, title, description, targets, fieldConfig, transformations, datasource }) {
  hold(title && title.length <= 40, `${where}: title`);
  hold(description?.length >= 20 && /\.$/.test(description), `${where}: the help text is missing or no sentence`);
  hold(datasource?.uid === '${datasource}', `${where}: data source`);
  hold(targets?.length > 0, `${where}: no query`);
  hold(units.has(fieldConfig?.defaults.unit), `${where}: unit ${fieldConfig?.defaults.unit}`);
  for (const { refId, legendFormat, datasource: of_target } of targets ?? []) {
    hold(of_target?.uid === '${datasource}', `${where}: ${refId}: data source`);
    const fixed = legendFormat?.replace(/\{\{\w+\}\}/g, '').trim();
    hold(type === 'table' || (legendFormat && legendFormat !== '__auto' && fixed.length <= 18), `${where}: ${refId}: legend ${legendFormat}`);
  }
  const overrides = new Map(fieldConfig?.overrides.map(({ matcher, properties }) => [matcher.options, properties]));
  const columns = transformations?.find(({ id }) => id === 'organize').options.renameByName ?? {};
  for (const [field, column] of Object.entries(columns).filter(([name]) => name.startsWith('Value'))) {
    const unit = overrides.get(column)?.find(({ id }) => id === 'unit')?.value;
    hold(units.has(unit), `${where}: unit ${unit} of ${column} (${field})`);
  }
  for (const [field, column] of Object.entries(columns)) {
    const link = JSON.stringify(overrides.get(column)?.find(({ id }) => id === 'links')?.value ?? '');
    hold(!link.includes('var-owner=') || field === 'workload', `${where}: a link to a job from ${field}`);
    hold(!link.includes('var-instance=') || field === 'instance', `${where}: a link to a node from ${field}`);
  }
  for (const name of overrides.keys()) {
    const names = type === 'table' ? Object.values(columns) : targets.map(({ legendFormat }) => legendFormat);
    hold(names.includes(name), `${where}: an override of ${name}, which is not there`);
  }
}

function colours(where, thing) {
  if (typeof thing !== 'object' || thing === null) return;
  for (const [key, value] of Object.entries(thing)) {
    if (/^(color|fixedColor|fill)$/.test(key) && typeof value === 'string') {
      hold(safe_colours.has(value) || value === 'solid' || value === 'dash', `${where}: the colour ${value}`);
    }
    if (key === 'color' && value?.mode && value.mode !== 'scheme') hold(safe_modes.has(value.mode), `${where}: the colours ${value.mode}`);
    if (key === 'scheme') hold(value === 'Cividis', `${where}: the colours ${value}`);
    colours(where, value);
  }
}

function layout(dashboard) {
  const taken = new Map();
  const ids = new Set();
  const titles = new Set();
  // The panels of a collapsed row stand below it once it is opened, and push the rest down.
  const place = (group, { id, title, gridPos: { x, y, w, h } }) => {
    hold(!ids.has(id), `${dashboard.title}: ${title}: id ${id} is there twice`);
    hold(!titles.has(title), `${dashboard.title}: two panels are called ${title}`);
    titles.add(title);
    ids.add(id);
    hold(x >= 0 && w > 0 && h > 0 && x + w <= 24, `${dashboard.title}: ${title}: outside of the 24 columns`);
    for (let row = y; row < y + h; row++) {
      for (let cell = x; cell < x + w; cell++) {
        const other = taken.get(`${group} ${cell} ${row}`);
        if (other) return problems.push(`${dashboard.title}: ${title} lies over ${other}`);
        taken.set(`${group} ${cell} ${row}`, title);
      }
    }
    return undefined;
  };
  for (const one of dashboard.panels) {
    place('', one);
    for (const inner of one.panels ?? []) place(one.id, inner);
  }
}

const built_in = new Set(['__rate_interval', '__range', '__interval', '__url_time_range', '__value', '__field', '__data']);
function variables(dashboard) {
  const own = new Set(variables_of(dashboard).map(({ name }) => name));
  for (const name of ['datasource', 'cluster', 'job', 'instance']) hold(own.has(name), `${dashboard.title}: no variable ${name}`);
  for (const [, braced, bare] of JSON.stringify(dashboard.panels).matchAll(/\$(?:\{(\w+)[^}]*\}|([a-z_]\w*))/g)) {
    hold(own.has(braced ?? bare) || built_in.has(braced ?? bare), `${dashboard.title}: $${braced ?? bare} is no variable`);
  }
  for (const { where, target } of queries_of(dashboard)) {
    for (const [selector, labels] of target.expr.matchAll(/\w+\{([^}]*)/g)) {
      hold(labels.startsWith('cluster=~"$cluster",job=~"$job",instance=~"$instance"'), `${where}: ${selector}} leaves a variable out`);
    }
  }
}

function links(dashboard) {
  for (const [, uid, query] of JSON.stringify(dashboard).matchAll(/"\/d\/([\w-]+)\?([^"]*)"/g)) {
    hold(uids[uid], `${dashboard.title}: a link to ${uid}, which is not there`);
    for (const [, name] of query.matchAll(/(?:var-(\w+)=)/g)) {
      hold(uids[uid] && variables_of(uids[uid]).some((variable) => variable.name === name), `${dashboard.title}: ${uid} has no variable ${name}`);
    }
  }
}

generated_anew();
metrics();
for (const dashboard of all) {
  hold(/^efa-[a-z]+$/.test(dashboard.uid) && `${dashboard.uid}.json` === dashboard.name, `${dashboard.name}: uid ${dashboard.uid}`);
  hold(dashboard.tags?.includes('efa'), `${dashboard.title}: not tagged efa`);
  for (const one of panels_of(dashboard).filter(({ type }) => type !== 'row')) panel(`${dashboard.title}: ${one.title}`, one);
  colours(dashboard.title, dashboard);
  layout(dashboard);
  variables(dashboard);
  links(dashboard);
}
const panels = all.map((one) => `${one.title} ${panels_of(one).filter(({ type }) => type !== 'row').length}`);
report(problems, `panels: ${panels.join(', ')}`);

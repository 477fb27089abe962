// Writes the dashboards as TypeScript: literals.mjs NEWEST|OLDEST >FILE. Each panel, field and query is a literal of its own,
// as the compiler looks for properties that a type does not have in literals only.
import { dashboards, panels_of } from '../dashboards.mjs';

const schema = process.argv[2];
const kinds = {
  timeseries: ['TimeSeries', true], stat: ['Stat', false], bargauge: ['BarGauge', false], table: ['Table', true], heatmap: ['Heatmap', true],
  'state-timeline': ['StateTimeline', true],
};
const folder = (kind) => kind.replace('-', '');
const name = (kind) => kinds[kind]?.[0] ?? 'Unknown';
const literal = (thing) => JSON.stringify(thing, null, 1);
let count = 0;
const out = [];
const put = (where, type, thing) => out.push(`// ${where}\nexport const value_${++count}: ${type} = ${literal(thing)};`);

// {'custom.width': 5} is {custom: {width: 5}}.
function nested(properties) {
  const result = {};
  for (const { id, value } of properties) {
    const path = id.split('.');
    const last = path.pop();
    path.reduce((inner, key) => (inner[key] ??= {}), result)[last] = value;
  }
  return result;
}

out.push(`import type { Dashboard, FieldConfig, Panel, RowPanel } from 'schema/dashboard';
import type { PrometheusDataQuery } from 'schema/prometheus';`);
for (const [kind, [name_of_kind, has_field]] of Object.entries(kinds)) {
  out.push(`import type { Options as ${name_of_kind}Options${has_field ? `, FieldConfig as ${name_of_kind}Field` : ''} } from 'schema/${folder(kind)}';`);
  if (!has_field) out.push(`type ${name_of_kind}Field = Record<string, never>;`);
}
out.push(`
// JSON has an enumeration's values. Of the newest Grafana, what was not there in the oldest may be missing.
type Plain<T> = T extends string ? (string extends T ? string : \`\${T}\`)
  : T extends number | boolean | null | undefined ? T
  : T extends Array<infer U> ? Array<Plain<U>>
  : T extends object ? { [K in keyof T]${schema === 'newest' ? '?' : ''}: Plain<T[K]> } : T;
type Sparse<T> = T extends object ? { [K in keyof T]?: Sparse<T[K]> } : T;
interface Link { title: string; url: string; targetBlank: boolean }
type Field<Custom> = Omit<Plain<FieldConfig>, 'custom' | 'links'> & { custom?: Plain<Custom>; links?: Link[] };
type Shell = Omit<Plain<Panel>, 'options' | 'fieldConfig' | 'targets' | 'transformations'>;
type Row = Omit<Plain<RowPanel>, 'panels'>;
type Frame = Omit<Plain<Dashboard>, 'panels'>;
type Query = Plain<PrometheusDataQuery>;
// The schema leaves these open.
type Transformation =
  | { id: 'merge'; options: Record<string, never> }
  | { id: 'filterFieldsByName'; options: { include: { names: string[] } } }
  | { id: 'organize'; options: { excludeByName: Record<string, boolean>; indexByName: Record<string, number>; renameByName: Record<string, string> } };
`);
for (const dashboard of dashboards()) {
  const { panels, name: file, ...frame } = dashboard;
  put(file, 'Frame', frame);
  for (const panel of panels_of(dashboard)) {
    const where = `${dashboard.title}: ${panel.title}`;
    if (panel.type === 'row') {
      const { panels: inner, ...row } = panel;
      put(where, 'Row', row);
      continue;
    }
    const { options, fieldConfig, targets, transformations = [], ...shell } = panel;
    const { defaults, overrides, ...rest } = fieldConfig;
    const kind = name(panel.type);
    put(where, 'Shell', shell);
    put(`${where}: options`, `Plain<${kind}Options>`, options);
    put(`${where}: field`, `Field<${kind}Field>`, defaults);
    put(`${where}: fieldConfig`, 'Record<string, never>', rest);
    for (const { matcher, properties, ...more } of overrides) {
      put(`${where}: override of ${matcher.options}`, `Sparse<Field<${kind}Field>>`, nested(properties));
      put(`${where}: matcher`, `{ id: 'byName'; options: string }`, { ...matcher, ...more });
    }
    for (const target of targets) put(`${where}: ${target.refId}`, 'Query', target);
    for (const transformation of transformations) put(`${where}: ${transformation.id}`, 'Transformation', transformation);
  }
}
process.stdout.write(out.join('\n') + '\n');

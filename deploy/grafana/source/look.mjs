// How panels look: colours, units, kinds of panels, layout. What they show stands in fleet.mjs, instance.mjs, job.mjs.

// prose`...`: a text over several lines, in one.
export const prose = (text) => String.raw({ raw: text }).replace(/\s+/g, ' ').trim();

// Okabe and Ito's palette, which the colour-blind tell apart; good is blue and bad is vermilion, never green and red.
export const colours = {
  blue: '#0072B2', sky: '#56B4E9', green: '#009E73', yellow: '#F0E442', orange: '#E69F00', vermilion: '#D55E00',
  purple: '#CC79A7', grey: '#999999',
};
const palette = ['blue', 'orange', 'green', 'purple', 'sky', 'vermilion', 'yellow', 'grey'].map((name) => colours[name]);

// Steps of a threshold: good below the first number, then a warning, then bad.
export const bad_above = (warning, bad) => steps([null, colours.blue], [warning, colours.orange], [bad, colours.vermilion]);
export const bad_from = (bad) => steps([null, colours.blue], [bad, colours.vermilion]);
export const warn_from = (warning) => steps([null, colours.blue], [warning, colours.orange]);
export const bad_below = (good) => steps([null, colours.vermilion], [good, colours.blue]);
export const neutral = steps([null, colours.blue]);
function steps(...list) {
  return { mode: 'absolute', steps: list.map(([value, color]) => ({ color, value })) };
}

// values_as({0: ['down', 'vermilion']}): what numbers or texts are shown as.
export function values_as(map) {
  const options = {};
  Object.entries(map).forEach(([value, [text, colour]], index) => {
    options[value] = { text, ...(colour && { color: colours[colour] }), index };
  });
  return [{ type: 'value', options }];
}
export const device_state = values_as({ 0: ['down', 'vermilion'], 1: ['up', 'blue'], 2: ['stuck', 'orange'] });
export const yes_or_no = values_as({ 0: ['no', 'vermilion'], 1: ['yes', 'blue'] });

const datasource = { type: 'prometheus', uid: '${datasource}' };

function targets(queries, instant, format) {
  return queries.map(([expr, legendFormat], index) => ({
    refId: String.fromCharCode(65 + index),
    datasource,
    editorMode: 'code',
    expr,
    ...(legendFormat !== undefined && { legendFormat }),
    instant,
    range: !instant,
    ...(format && { format }),
  }));
}

const base = (type, { title, help, w }) => ({ type, title, description: help, datasource, w });
const legend = (shown) => ({ calcs: [], displayMode: 'list', placement: 'bottom', showLegend: shown });
const by_value = { mode: 'continuous-YlBl', seriesBy: 'max' };
const value_of = (frames) => ({ calcs: ['lastNotNull'], fields: '', values: frames });

// Lines over time. Queries whose legend is the same for all series (no {{label}}) get a colour each; where a query gives
// many series, their size is the colour, and the tooltip tells which is which.
export function lines(panel) {
  const many = panel.queries.some(([, name]) => name.includes('{{'));
  return {
    ...base('timeseries', panel),
    targets: targets(panel.queries, false),
    options: { legend: legend(true), tooltip: { mode: 'multi', sort: 'desc' } },
    fieldConfig: {
      defaults: {
        unit: panel.unit,
        color: many ? by_value : { mode: 'fixed', fixedColor: colours.blue },
        custom: {
          drawStyle: panel.bars ? 'bars' : 'line',
          lineWidth: 1,
          fillOpacity: panel.stack ? 40 : panel.bars ? 70 : 5,
          showPoints: 'never',
          spanNulls: false,
          ...(panel.stack && { stacking: { mode: 'normal', group: 'A' } }),
        },
        min: panel.min ?? 0,
        ...(panel.max !== undefined && { max: panel.max }),
        ...(panel.links && { links: panel.links }),
      },
      overrides: many ? [] : panel.queries.map(([, name], index) => override(name, {
        color: { mode: 'fixed', fixedColor: palette[index % palette.length] },
        ...(index % 2 === 1 && { 'custom.lineStyle': { fill: 'dash', dash: [8, 4] } }),
      })),
    },
  };
}

// One number, or one for each series.
export function number(panel) {
  return {
    ...base('stat', panel),
    targets: targets(panel.queries, true),
    options: {
      reduceOptions: value_of(false), orientation: 'auto', justifyMode: 'auto', graphMode: 'none', showPercentChange: false,
      colorMode: panel.tiles ? 'background' : 'value', textMode: panel.tiles || panel.queries.length > 1 ? 'value_and_name' : 'value',
      wideLayout: true,
    },
    fieldConfig: {
      defaults: {
        unit: panel.unit, color: { mode: 'thresholds' }, thresholds: panel.thresholds ?? neutral, mappings: panel.mappings ?? [],
        ...(panel.links && { links: panel.links }),
      },
      overrides: [],
    },
  };
}

// A bar for each series.
export function bars(panel) {
  return {
    ...base('bargauge', panel),
    targets: targets(panel.queries, true),
    options: {
      displayMode: 'basic', orientation: 'horizontal', reduceOptions: value_of(false), valueMode: 'color', namePlacement: 'auto',
      showUnfilled: true, sizing: 'auto', minVizWidth: 8, minVizHeight: 16, maxVizHeight: 300,
    },
    fieldConfig: {
      defaults: {
        unit: panel.unit, color: { mode: 'thresholds' }, thresholds: panel.thresholds ?? neutral, min: 0,
        ...(panel.max !== undefined && { max: panel.max }), ...(panel.links && { links: panel.links }),
      },
      overrides: [],
    },
  };
}

// A row for each series, the colour of which is its state.
export function states(panel) {
  return {
    ...base('state-timeline', panel),
    targets: targets(panel.queries, false),
    options: {
      legend: legend(true), tooltip: { mode: 'single', sort: 'none' }, alignValue: 'left', mergeValues: true, rowHeight: 0.9,
      showValue: 'never',
    },
    fieldConfig: {
      defaults: {
        unit: panel.unit, color: { mode: 'thresholds' }, thresholds: panel.thresholds ?? bad_below(1), mappings: panel.mappings,
        custom: { fillOpacity: 80, lineWidth: 0 },
      },
      overrides: [],
    },
  };
}

// A row for each series, the colour of which is its value; Cividis looks the same to the colour-blind.
export function heat(panel) {
  return {
    ...base('heatmap', panel),
    targets: targets(panel.queries, false),
    options: {
      calculate: false,
      cellGap: 1,
      cellValues: { unit: panel.unit },
      color: { mode: 'scheme', scheme: 'Cividis', exponent: 0.5, fill: colours.orange, reverse: false, steps: 64 },
      exemplars: { color: colours.grey },
      filterValues: { le: 1e-9 },
      legend: { show: true },
      rowsFrame: { layout: 'auto' },
      showValue: 'never',
      tooltip: { mode: 'single', showColorScale: true, yHistogram: false },
      yAxis: { axisPlacement: 'left' },
    },
    fieldConfig: { defaults: { unit: panel.unit }, overrides: [] },
  };
}

// A table: of the queries' labels and values those that are columns, in their order. With several queries, rows that agree
// in all labels are one row.
// column(field, title, {unit, width, thresholds, gauge, links, mappings}): field is a label, or Value of a query.
export const column = (field, title, look = {}) => ({ field, title, ...look });
export const text = (titles) => Object.entries(titles).map(([field, title]) => column(field, title));
export function table(panel) {
  const value_columns = panel.columns.filter(({ field }) => field.startsWith('Value'));
  return {
    ...base('table', panel),
    targets: targets(panel.queries.map((expr) => [expr]), true, 'table'),
    transformations: [
      ...(panel.queries.length > 1 ? [{ id: 'merge', options: {} }] : []),
      { id: 'filterFieldsByName', options: { include: { names: panel.columns.map(({ field }) => field) } } },
      {
        id: 'organize',
        options: {
          excludeByName: {},
          indexByName: Object.fromEntries(panel.columns.map(({ field }, index) => [field, index])),
          renameByName: Object.fromEntries(panel.columns.map(({ field, title }) => [field, title])),
        },
      },
    ],
    options: {
      cellHeight: 'sm', frameIndex: 0, showHeader: true,
      sortBy: panel.sort ? [{ displayName: panel.sort.replace(/^-/, ''), desc: panel.sort.startsWith('-') }] : [],
    },
    fieldConfig: {
      defaults: {
        unit: panel.unit ?? (value_columns.length === 1 ? value_columns[0].unit : undefined) ?? 'none',
        color: { mode: 'thresholds' }, thresholds: neutral, noValue: '-',
        custom: { align: 'auto', cellOptions: { type: 'auto' }, filterable: true, inspect: false },
      },
      overrides: panel.columns.map((look) => override(look.title, {
        ...(look.field.startsWith('Value') && { unit: look.unit }),
        ...(look.width && { 'custom.width': look.width }),
        ...(look.thresholds && { thresholds: look.thresholds, 'custom.cellOptions': { type: 'color-text' } }),
        ...(look.gauge && { 'custom.cellOptions': { type: 'gauge', mode: 'basic', valueDisplayMode: 'text' }, min: 0, max: look.gauge }),
        ...(look.mappings && { mappings: look.mappings }),
        ...(look.mappings && !look.plain && { 'custom.cellOptions': { type: 'color-text' } }),
        ...(look.links && { links: look.links }),
      })).filter(({ properties }) => properties.length > 0),
    },
  };
}

function override(name, properties) {
  return {
    matcher: { id: 'byName', options: name },
    properties: Object.entries(properties).map(([id, value]) => ({ id, value })),
  };
}

const kept_variables = '${datasource:queryparam}&${cluster:queryparam}&${job:queryparam}';
const kept = kept_variables + '&${__url_time_range}';
const link = (title, url) => [{ title, url, targetBlank: false }];
// From a cell that names a node, an owner (a workload: see queries.mjs), or a series with the label.
export const to_instance = link('Instance', `/d/efa-instance?${kept}&var-instance=\${__value.text}`);
export const to_job = link('Job', `/d/efa-job?${kept}&var-owner=\${__value.text}`);
export const series_to_instance = link('Instance', `/d/efa-instance?${kept}&var-instance=\${__field.labels.instance}`);

const variable = (name, label, query, more) => ({
  type: 'query', name, label, query: { qryType: 1, query, refId: name }, datasource, refresh: 2, sort: 7, regex: '',
  includeAll: false, multi: false, hide: 0, skipUrlSync: false, options: [], ...more,
});
// Where no series has a label `cluster`, All still takes all: .* matches a label that is not there.
const shared_variables = [
  {
    type: 'datasource', name: 'datasource', label: 'Data source', query: 'prometheus', regex: '', includeAll: false, multi: false,
    hide: 0, refresh: 1, skipUrlSync: false, options: [],
  },
  variable('cluster', 'Cluster', 'label_values(efa_agent_build_info, cluster)', { includeAll: true, multi: true, allValue: '.*', current: all() }),
  variable('job', 'Scrape job', 'label_values(efa_agent_build_info{cluster=~"$cluster"}, job)', { includeAll: true, multi: true, current: all() }),
];
function all() { return { selected: true, text: ['All'], value: ['$__all'] }; }

// Links at the top. What is chosen goes along, but the node: one dashboard has one of them, the others all.
const names = { 'efa-fleet': 'Fleet', 'efa-instance': 'Instance', 'efa-job': 'Job' };
const to_others = (uid) => Object.keys(names).filter((other) => other !== uid).map((other) => ({
  type: 'link', title: names[other], url: `/d/${other}?${kept_variables}`, keepTime: true, includeVars: false, asDropdown: false,
  icon: 'dashboard', tags: [], targetBlank: false, tooltip: '',
}));

export const any = { includeAll: true, multi: true, allValue: '.*', current: all() };
export { variable };

// rows: [title, line...] or {title, collapsed, lines}; a line is [height, panel...], the panels side by side in 24 columns.
export function dashboard({ uid, title, description, variables, rows }) {
  let y = 0;
  let id = 0;
  const panels = [];
  for (const { title: row_title, collapsed = false, lines: row_lines } of rows) {
    const row = { type: 'row', id: ++id, title: row_title, collapsed, gridPos: { h: 1, w: 24, x: 0, y: y++ }, panels: [] };
    panels.push(row);
    for (const [h, ...line] of row_lines) {
      let x = 0;
      for (const { w, ...panel } of line) {
        (collapsed ? row.panels : panels).push({ id: ++id, ...panel, gridPos: { h, w, x, y } });
        x += w;
      }
      if (x !== 24) throw new Error(`${title}: ${row_title}: a line is ${x} wide: ${line.map((panel) => panel.title)}`);
      y += h;
    }
  }
  return {
    uid, title, description, tags: ['efa'], editable: true, graphTooltip: 1, schemaVersion: 38, version: 1, timezone: 'browser',
    refresh: '1m', time: { from: 'now-3h', to: 'now' }, timepicker: {}, fiscalYearStartMonth: 0, weekStart: '', liveNow: false,
    annotations: { list: [] },
    links: to_others(uid),
    templating: { list: [...shared_variables, ...variables] },
    panels,
  };
}

// The files for provisioning are YAML, have only keys that Grafana knows, and agree with the rest: provisioning.mjs NODE_MODULES.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dashboards, report, root } from '../dashboards.mjs';

const { parse } = createRequire(`${process.argv[2]}/`)('yaml');
const read = (path) => parse(readFileSync(root + path, 'utf8'), { strict: true, uniqueKeys: true });
const problems = [];
const hold = (condition, problem) => condition || problems.push(problem);
const only = (where, thing, known) => Object.keys(thing).forEach((key) => hold(known.split(' ').includes(key), `${where}: ${key}`));

const sources = read('deploy/grafana/provisioning/datasources/prometheus.yaml');
only('data sources', sources, 'apiVersion datasources deleteDatasources prune');
hold(sources.apiVersion === 1 && sources.datasources.length === 1, 'data sources: apiVersion 1 and one of them');
const [source] = sources.datasources;
only('data source', source, 'name type access orgId uid url user database basicAuth basicAuthUser withCredentials isDefault jsonData secureJsonData version editable');
only('data source: jsonData', source.jsonData, 'timeInterval queryTimeout httpMethod prometheusType prometheusVersion manageAlerts');
hold(source.type === 'prometheus' && /^http/.test(source.url), 'the data source is a Prometheus with a URL');
const scrapes = read('deploy/prometheus/prometheus.yml');
const intervals = [scrapes.global?.scrape_interval, ...scrapes.scrape_configs.map((one) => one.scrape_interval)].filter(Boolean);
hold(intervals.includes(source.jsonData.timeInterval), `timeInterval ${source.jsonData.timeInterval}, and prometheus.yml scrapes each ${intervals}`);

const boards = read('deploy/grafana/provisioning/dashboards/efa.yaml');
only('dashboards', boards, 'apiVersion providers');
hold(boards.apiVersion === 1 && boards.providers.length === 1, 'dashboards: apiVersion 1 and one provider');
const [provider] = boards.providers;
only('provider', provider, 'name orgId folder folderUid type disableDeletion updateIntervalSeconds allowUiUpdates editable options');
only('provider: options', provider.options, 'path foldersFromFilesStructure');
hold(provider.type === 'file', 'the provider reads files');
const readme = readFileSync(`${root}deploy/grafana/README.md`, 'utf8');
hold(readme.includes(`-t ${provider.options.path} dashboards/*.json`), `the README installs into ${provider.options.path}`);
for (const { uid } of dashboards()) hold(readme.includes(`\`${uid}\``), `the README does not name ${uid}`);

report(problems, 'the files for provisioning are as Grafana takes them');

#!/usr/bin/env node
// Writes the dashboards: deploy/grafana/generate.mjs [FOLDER], by default dashboards/ beside this file. Needs nothing but node.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fleet from './source/fleet.mjs';
import instance from './source/instance.mjs';
import job from './source/job.mjs';

const folder = process.argv[2] ?? join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, 'dashboards');
mkdirSync(folder, { recursive: true });
for (const dashboard of [fleet, instance, job]) {
  writeFileSync(join(folder, `${dashboard.uid}.json`), JSON.stringify(dashboard, null, 1) + '\n');
}

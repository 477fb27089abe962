// Serves the nodes of model.mjs as agents would, at /a and /b, their hour and a half in three quarters of a minute; prints
// the port. For live_test.sh.
import { createServer } from 'node:http';
import { lab_nodes, sample_at, scrape_at } from './model.mjs';

const time = { minute: 0.5, unused_from: 0 };
const begin = Date.now();

const server = createServer((request, response) => {
  const node = request.url.slice(1);
  if (!(node in lab_nodes)) return response.writeHead(404).end();
  const age = (Date.now() - begin) / 1000;
  const lines = scrape_at(lab_nodes[node], age, time).map((line) => {
    const [name, labels, value] = sample_at(line, node, age, time) ?? [];
    return name ? `${name}{${labels}} ${value}` : line;
  });
  return response.writeHead(200, { 'Content-Type': 'text/plain; version=0.0.4' }).end(lines.join('\n') + '\n');
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));

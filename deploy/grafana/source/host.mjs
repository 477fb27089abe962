// The host beside its devices, and what the agent itself costs, on the Instance dashboard.
import * as look from './look.mjs';
import { of, of_chosen as of_devices, promql, rate, ratio } from './queries.mjs';

const { column, prose, text } = look;

export const host_and_agent = {
  title: 'Host and agent',
  lines: [[7,
    look.table({
      title: 'Huge pages', w: 6,
      queries: [
        promql`sum by (page_size_bytes) (${of('efa_host_hugepages')})`,
        promql`sum by (page_size_bytes) (${of('efa_host_hugepages_free')})`,
      ],
      columns: [
        column('page_size_bytes', 'Page size'), column('Value #A', 'Set aside', { unit: 'short' }),
        column('Value #B', 'Free', { unit: 'short' }),
      ],
      help: prose`
        Huge pages by their size in bytes. Libfabric takes its buffers from those of 2 MiB; none free while a job runs is
        fine, none set aside costs throughput.`,
    }),
    look.number({
      title: 'Modules', w: 3, unit: 'none', thresholds: look.bad_below(1), mappings: look.yes_or_no,
      queries: [[promql`max by (module) (${of('efa_host_module_loaded')})`, '{{module}}']],
      help: 'Whether the kernel modules are loaded or built in. Without ib_uverbs no program can open a device.',
    }),
    look.number({
      title: 'uverbs', w: 3, unit: 'none', tiles: true, thresholds: look.bad_below(1), mappings: look.yes_or_no,
      queries: [[promql`min(${of_devices('efa_host_uverbs_nodes')})`, 'all devices']],
      help: 'Whether the kernel has a character device for every EFA. no: libfabric does not list one of them.',
    }),
    look.table({
      title: 'Oldest versions that AWS asks for', w: 5, queries: [of('efa_host_minimum_version_info')],
      columns: text({ component: 'Component', minimum: 'Now', minimum_2019: 'In 2019' }),
      help: 'To hold against what is installed.',
    }),
    look.lines({
      title: 'Agent’s CPU', w: 7, unit: 'percentunit',
      queries: [[promql`sum(${rate('process_cpu_seconds_total')})`, 'of one processor']],
      help: 'What the agent costs: share of one processor. It works only while it is scraped; far under 1 % is usual.',
    }),
  ], [7,
    look.lines({
      title: 'Agent’s memory', w: 6, unit: 'bytes',
      queries: [
        [promql`max(${of('process_resident_memory_bytes')})`, 'resident'],
        [promql`max(${of('process_virtual_memory_bytes')})`, 'virtual'],
      ],
      help: prose`
        Resident is what it takes, of which most is code; it should not grow for days. Virtual memory is address space and
        costs nothing.`,
    }),
    look.lines({
      title: 'Scrapes', w: 6, unit: 's',
      queries: [
        [ratio(promql`sum(${rate('efa_agent_scrape_duration_seconds_sum')})`, promql`sum(${rate('efa_agent_scrape_duration_seconds_count')})`), 'mean'],
        [promql`max(${of('scrape_duration_seconds')})`, 'with network'],
      ],
      help: prose`
        How long a scrape takes: in the agent, and as Prometheus sees it. A device that is stuck makes it as long as
        reading.timeout once, not again.`,
    }),
    look.lines({
      title: 'Collectors', w: 6, unit: 's',
      queries: [[promql`max by (collector) (${of('efa_scrape_collector_duration_seconds')})`, '{{collector}}']],
      help: 'Wall time of each collector in a scrape. hw_counters asks the devices and takes most.',
    }),
    look.states({
      title: 'Collectors with all they want', w: 6, unit: 'none', mappings: look.yes_or_no,
      queries: [[promql`min by (collector) (${of('efa_scrape_collector_success')})`, '{{collector}}']],
      help: prose`
        no: a collector lacked something in that scrape, as hw_counters with a device that is down, or owners without the
        host’s pid namespace. The agent’s log says what.`,
    }),
  ], [6,
    look.lines({
      title: 'HTTP', w: 6, unit: 'reqps',
      queries: [[promql`sum by (code) (${rate('efa_agent_http_requests_total')})`, '{{code}}']],
      help: 'Requests a second by status. 503: more scrapes at once than web.max_requests.',
    }),
    look.lines({
      title: 'Descriptors and threads', w: 6, unit: 'short',
      queries: [
        [promql`max(${of('process_open_fds')})`, 'open files'], [promql`max(${of('process_max_fds')})`, 'limit'],
        [promql`max(${of('process_threads')})`, 'threads'],
      ],
      help: prose`
        Every counter’s file is kept open: about 35 for each device. At the limit the agent opens files anew in each scrape,
        which costs more. Threads grow by one for each device that is stuck.`,
    }),
    look.number({
      title: 'Agent since', w: 4, unit: 'dateTimeFromNow',
      queries: [[promql`1000 * max(${of('process_start_time_seconds')})`, 'start']],
      help: 'When the agent was started. Device events and failed reads are counted from then.',
    }),
    look.table({
      title: 'Agent version', w: 4,
      queries: [of('efa_agent_build_info')], columns: text({ version: 'Version', revision: 'Revision', compiler: 'Compiler' }),
      help: 'Which agent this is.',
    }),
    look.number({
      title: 'Counter age', w: 4, unit: 's',
      queries: [[promql`max(${of_devices('efa_counters_lifespan_seconds')})`, 'lifespan']],
      help: prose`
        Age up to which the kernel answers from its own copy of the port counters. Anything under a second is far below a
        scrape interval and of no consequence.`,
    }),
  ]],
};

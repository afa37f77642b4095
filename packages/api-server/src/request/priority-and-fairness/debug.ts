import type { FastifyReply, FastifyRequest } from 'fastify'
import { sendText } from '../respond.ts'
import type { Dispatcher } from './dispatcher.ts'
import type { PriorityLevel } from './priority-level.ts'
import type { Ticket } from './queue.ts'

type Row = readonly (string | number | boolean)[]

/** What is in the levels at this moment, a line each, in columns. */
export const debugHandlers = (
  dispatcher: Dispatcher,
  toDate: (monotonic: number) => Date,
): Record<string, (request: FastifyRequest, reply: FastifyReply) => void> => ({
  '/debug/api_priority_and_fairness/dump_priority_levels': (_request, reply) =>
    sendText(reply, 200, table([levelHeaders, ...dispatcher.levels.map(levelRow)])),
  '/debug/api_priority_and_fairness/dump_queues': (_request, reply) =>
    sendText(reply, 200, table([queueHeaders, ...dispatcher.levels.flatMap(queueRows)])),
  '/debug/api_priority_and_fairness/dump_requests': (request, reply) => {
    const details = request.kube.parameter('includeRequestDetails') !== undefined
    const rows = dispatcher.levels.flatMap((level) => requestRows(level, { details, toDate }))
    sendText(reply, 200, table([details ? [...requestHeaders, ...detailHeaders] : requestHeaders, ...rows]))
  },
})

const levelHeaders = [
  'PriorityLevelName',
  'ActiveQueues',
  'IsIdle',
  'IsQuiescing',
  'WaitingRequests',
  'ExecutingRequests',
  'DispatchedRequests',
  'RejectedRequests',
  'TimedoutRequests',
  'CancelledRequests',
]

const levelRow = ({ name, queueSet, quiescing }: PriorityLevel): Row => [
  name,
  queueSet.queues.filter(({ waiting }) => waiting.length > 0).length,
  queueSet.idle,
  quiescing,
  queueSet.waiting,
  queueSet.executing,
  queueSet.dispatched,
  queueSet.rejected,
  0,
  queueSet.cancelled,
]

const queueHeaders = [
  'PriorityLevelName',
  'Index',
  'PendingRequests',
  'ExecutingRequests',
  'SeatsInUse',
  'NextDispatchR',
  'InitialSeatsSum',
  'MaxSeatsSum',
  'TotalWorkSum',
]

const seatSeconds = (value: number): string => `${value.toFixed(8)}ss`

const queueRows = ({ name, queueSet }: PriorityLevel): Row[] =>
  queueSet.queues.map(({ waiting, executing, seatsInUse, nextDispatchR, workWaiting }, index) => [
    name,
    index,
    waiting.length,
    executing,
    seatsInUse,
    seatSeconds(nextDispatchR),
    waiting.reduce((sum, { estimate }) => sum + estimate.seats, 0),
    waiting.reduce((sum, { seats }) => sum + seats, 0),
    seatSeconds(workWaiting),
  ])

const requestHeaders = [
  'PriorityLevelName',
  'FlowSchemaName',
  'QueueIndex',
  'RequestIndexInQueue',
  'FlowDistingsher',
  'ArriveTime',
  'InitialSeats',
  'FinalSeats',
  'AdditionalLatency',
  'StartTime',
]
const detailHeaders = ['UserName', 'Verb', 'APIPath', 'Namespace', 'Name', 'APIVersion', 'Resource', 'SubResource']

interface Showing {
  details: boolean
  toDate: (monotonic: number) => Date
}

function requestRows({ name, queueSet }: PriorityLevel, { details, toDate }: Showing): Row[] {
  const row = (ticket: Ticket, queue: number, place: number): Row => [
    name,
    ticket.statistics.schema,
    queue,
    place,
    ticket.flow.slice(ticket.flow.indexOf('\0') + 1),
    toDate(ticket.arrivedAt).toISOString(),
    ticket.estimate.seats,
    ticket.estimate.finalSeats,
    `${ticket.estimate.additionalLatency}ms`,
    ticket.state === 'executing' ? toDate(ticket.startedAt).toISOString() : '0001-01-01T00:00:00Z',
    ...(details ? ticket.details() : []),
  ]
  const waiting = queueSet.queues.flatMap((queue, index) =>
    queue.waiting.map((ticket, place) => row(ticket, index, place)),
  )
  const executing = [...queueSet.under].map((ticket) =>
    row(ticket, ticket.queue ? queueSet.queues.indexOf(ticket.queue) : -1, -1),
  )
  return [...waiting, ...executing]
}

/** Columns as wide as their widest cell, a comma after each but the last. */
function table(rows: readonly Row[]): string {
  const cells = rows.map((row) => row.map((cell, index) => (index < row.length - 1 ? `${cell},` : String(cell))))
  const widths: number[] = []
  for (const row of cells)
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length + 1, 8)
  const line = (row: readonly string[]) =>
    row.map((cell, index) => (index < row.length - 1 ? cell.padEnd(widths[index] ?? 0) : cell)).join('')
  return `${cells.map(line).join('\n')}\n`
}

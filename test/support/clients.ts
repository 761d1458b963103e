import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** Of HTTP, or the code of gRPC. */
type Status = number | string

/** What became of the requests of clients: their sum is what was sent. */
export interface Tally {
  sent: number
  /** How many answers there were of each status. */
  readonly statuses: Map<Status, number>
  /** The server took no connection any more. */
  refused: number
  /** Without an answer, on a connection that had been answered before, and on a new one. */
  readonly lost: { kept: number; made: number }
}

export function createTally(): Tally {
  return { sent: 0, statuses: new Map(), refused: 0, lost: { kept: 0, made: 0 } }
}

/** Requests of which it is known what became of them. */
export function settledOf({ statuses, refused, lost }: Tally): number {
  return Array.from(statuses.values()).reduce((sum, count) => sum + count, refused + lost.kept + lost.made)
}

export function addAnswer({ statuses }: Tally, status: Status, count = 1): void {
  statuses.set(status, (statuses.get(status) ?? 0) + count)
}

export interface Asking {
  readonly port: number
  readonly path: string
  readonly body: string
  /** Requests that are sent in one write; the next come when all are answered. */
  readonly pipelined?: number
  /** Each request has a connection of its own. */
  readonly isOnce?: boolean
  /** The body comes in two parts, so long apart. */
  readonly bodyPauseMs?: number
  readonly isOver?: () => boolean
}

/** Asks on one connection after the other, until it is over or the server takes no more. */
export async function keepAsking(asking: Asking, tally: Tally): Promise<void> {
  while (!asking.isOver?.()) {
    const socket = connect(asking.port, '127.0.0.1').setNoDelay()
    const opened = await once(socket, 'connect').catch((error: NodeJS.ErrnoException) => error)
    if (opened instanceof Error) {
      tally.sent++
      if (opened.code === 'ECONNREFUSED') tally.refused++
      else tally.lost.made++
      return
    }
    if (!(await askOnConnection(socket, asking, tally))) return
  }
}

/** @returns Whether all that was sent on the connection has been answered. */
async function askOnConnection(socket: Socket, asking: Asking, tally: Tally): Promise<boolean> {
  const { pipelined = 1, isOnce = false, isOver = () => false } = asking
  const answers = readAnswers(socket)
  const request = toRequest(asking)
  for (let answered = 0; ; answered += pipelined) {
    tally.sent += pipelined
    for (const [index, part] of splitForPause(request.repeat(pipelined), asking).entries()) {
      if (index > 0) await delay(asking.bodyPauseMs)
      socket.write(part)
    }
    const batch = await answers.take(pipelined)
    for (const { status } of batch) addAnswer(tally, status)
    tally.lost[answered + batch.length > 0 ? 'kept' : 'made'] += pipelined - batch.length
    if (batch.length < pipelined) return false
    if (isOnce || batch.at(-1)!.isLast || isOver()) {
      socket.destroy()
      return true
    }
  }
}

function toRequest({ path, body, isOnce = false }: Asking): string {
  const connection = isOnce ? 'connection: close\r\n' : ''
  const length = `content-length: ${body.length}\r\n`
  return `POST ${path} HTTP/1.1\r\nhost: x\r\n${connection}content-type: application/json\r\n${length}\r\n${body}`
}

function splitForPause(text: string, { bodyPauseMs, body }: Asking): string[] {
  return bodyPauseMs === undefined ? [text] : [text.slice(0, -body.length / 2), text.slice(-body.length / 2)]
}

interface Answer {
  readonly status: number
  readonly isLast: boolean
}

/** Reads answers that have a content-length. */
function readAnswers(socket: Socket): { take(count: number): Promise<Answer[]> } {
  const answers: Answer[] = []
  let [text, isOver] = ['', false]
  let notify = (): void => undefined
  const end = (): void => {
    isOver = true
    notify()
  }
  socket.setEncoding('latin1').on('error', end).on('close', end).on('end', end)
  socket.on('data', (chunk: string) => {
    text += chunk
    for (let match = HEAD.exec(text); match; match = HEAD.exec(text)) {
      const [head, status, length] = match
      if (text.length < head.length + Number(length)) break
      text = text.slice(head.length + Number(length))
      answers.push({ status: Number(status), isLast: /^connection: close\r$/im.test(head) })
    }
    notify()
  })
  return {
    take: (count) =>
      new Promise((resolve) => {
        notify = () => {
          if (answers.length >= count || isOver) resolve(answers.splice(0, count))
        }
        notify()
      }),
  }
}

const HEAD = /^HTTP\/1\.1 (\d+) [^]*?content-length: (\d+)\r\n[^]*?\r\n\r\n/i

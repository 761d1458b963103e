import { Agent, request } from 'node:http'
import { text } from 'node:stream/consumers'

/** What became of the requests that clients sent: their sum is what was sent. */
export interface Tally {
  sent: number
  /** How many answers there were of each status. */
  readonly statuses: Map<number, number>
  /** The server took no connection any more. */
  refused: number
  /** Connections that ended before the answer: kept from an answer before, or new. */
  readonly cut: { kept: number; made: number }
}

export function createTally(): Tally {
  return { sent: 0, statuses: new Map(), refused: 0, cut: { kept: 0, made: 0 } }
}

/** Requests of which it is known what became of them. */
export function settledOf({ statuses, refused, cut }: Tally): number {
  let sum = refused + cut.kept + cut.made
  for (const count of statuses.values()) sum += count
  return sum
}

/** Sends one request after the other on one connection, until it is told to stop or the server takes no more. */
export async function keepAsking(url: string, body: string, tally: Tally, isOver = () => false): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  while (!isOver()) {
    tally.sent++
    const outcome = await ask(`${url}/predict`, body, agent)
    if (typeof outcome === 'number') tally.statuses.set(outcome, (tally.statuses.get(outcome) ?? 0) + 1)
    else if (outcome === 'refused') tally.refused++
    else tally.cut[outcome]++
    if (typeof outcome !== 'number') break
  }
  agent.destroy()
}

function ask(url: string, body: string, agent: Agent): Promise<number | 'refused' | 'kept' | 'made'> {
  const headers = { 'content-type': 'application/json' }
  return new Promise((resolve) => {
    const fail = (error: NodeJS.ErrnoException): void => {
      resolve(error.code === 'ECONNREFUSED' ? 'refused' : client.reusedSocket ? 'kept' : 'made')
    }
    const client = request(url, { method: 'POST', headers, agent }, (response) => {
      text(response).then(() => resolve(response.statusCode!), fail)
    })
    client.on('error', fail)
    client.end(body)
  })
}

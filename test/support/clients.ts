import { Agent, request } from 'node:http'
import { text } from 'node:stream/consumers'

/** How many answers of each status clients got. */
export type Statuses = Map<number, number>

/** Sends one request after the other on one connection, until it is told to stop or the server takes no more. */
export async function keepAsking(url: string, body: string, statuses: Statuses, isOver = () => false): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const headers = { 'content-type': 'application/json' }
  for (;;) {
    const status = await new Promise<number>((resolve) => {
      const client = request(`${url}/predict`, { method: 'POST', headers, agent }, (response) => {
        text(response).then(
          () => resolve(response.statusCode!),
          () => resolve(0),
        )
      })
      client.on('error', () => resolve(0))
      client.end(body)
    })
    if (status === 0) return agent.destroy()
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
    if (isOver()) return agent.destroy()
  }
}

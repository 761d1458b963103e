/** Sends a JSON body and returns what came back. */
export async function post(url: string, body: unknown): Promise<{ status: number; body: any }> {
  const headers = { 'content-type': 'application/json' }
  const reply = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  return { status: reply.status, body: await reply.json() }
}

export async function get(url: string): Promise<{ status: number; body: any }> {
  const reply = await fetch(url)
  return { status: reply.status, body: await reply.json() }
}

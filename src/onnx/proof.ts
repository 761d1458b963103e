/** What was proven of a graph, or what stopped the proof; the reason names the operator. */
export type Proof = { readonly isProven: true } | { readonly isProven: false; readonly reason: string }

export const PROVEN: Proof = { isProven: true }

export function unproven(reason: string): Proof {
  return { isProven: false, reason }
}

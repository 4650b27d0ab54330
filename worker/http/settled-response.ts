/**
 * A JSON answer that tells when it has left. UCloud must have stored the answer of a create before it hears of the job,
 * so the queue is told when the body's last byte was taken by the line.
 */

export type Settled = { response: Response; left: Promise<boolean> };

/** `left` is false when the caller hung up first; it never rejects. */
export function settledJson(body: unknown): Settled {
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  const { readable, writable } = new FixedLengthStream(bytes.byteLength);
  const writer = writable.getWriter();
  const left = writer
    .write(bytes)
    .then(() => writer.close())
    .then(
      () => true,
      () => false,
    );
  return { response: new Response(readable, { headers: { "Content-Type": "application/json" } }), left };
}
